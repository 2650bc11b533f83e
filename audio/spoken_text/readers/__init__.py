"""A table of readers for each form of writing: dates, times, amounts, phones, addresses, capitals and more."""
