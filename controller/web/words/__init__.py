"""The words of the pages: states, numbers, times and places as they are said."""
