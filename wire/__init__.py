"""What travels between the office and the loudspeakers: topics, the signed envelope, every message of the protocol.

Imports only the standard library, pydantic and the signing library, so that another maker's loudspeaker can use this
room without the rest. docs/protocol.md says the same in prose.
"""
