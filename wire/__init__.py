"""What travels between the office and the loudspeakers: topics, the signed envelope, every message of the protocol.

Both programs and anybody's loudspeaker stand on this room alone; it imports the standard library, pydantic and the
signing library. docs/protocol.md says the same in prose.
"""
