"""Empty machines: Debian with systemd as process 1, in namespaces of its own, to follow the documents on.

`page` reads the commands out of a document, `image` makes the root filesystem, `machine` starts and ends a machine
(`keeper` is the process that holds it), `terminal` is a person at its keyboard.
"""
