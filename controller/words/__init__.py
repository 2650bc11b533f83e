"""The one door for what a person reads: sentences by their codes, said in the reader's language."""
