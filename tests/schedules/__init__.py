"""Which broadcast sounds when: each sentence of the protocol, and laws for any plan."""
