"""What both programs need of a disk: a file that is there whole or not at all. The standard library alone."""
