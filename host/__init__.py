"""What both programs need of the machine under them. Imports the standard library alone."""
