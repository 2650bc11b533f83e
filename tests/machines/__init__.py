"""Empty machines on which tests follow the documents: Debian with systemd as process 1, in its own namespaces.

`page` reads the commands out of a document, `image` makes the root filesystem, `machine` starts and ends a machine
(`keeper` is the process that owns it), `terminal` is a person at its keyboard.
"""
