"""One reader for each kind of writing: dates, times, amounts, phones, addresses, capitals and more."""
