"""When what sounds: each sentence of the protocol, and the laws of any plan."""
