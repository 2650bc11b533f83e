"""Changed Ogg Opus files, as no encoder makes them."""

import struct

_HEADER_BYTES = 27


def with_new_checksum(clip: bytes, page: int) -> bytes:
    """The file with a new checksum (RFC 3533, section 6) for the changed page that begins at byte `page`."""
    segments = clip[page + _HEADER_BYTES : page + _HEADER_BYTES + clip[page + 26]]
    end = page + _HEADER_BYTES + len(segments) + sum(segments)
    whole = clip[page : page + 22] + bytes(4) + clip[page + 26 : end]
    checksum = 0
    for byte in whole:
        checksum ^= byte << 24
        for _ in range(8):
            checksum = (checksum << 1 ^ (0x04C11DB7 if checksum >> 31 else 0)) & 0xFFFFFFFF
    return clip[: page + 22] + struct.pack("<I", checksum) + clip[page + 26 :]


def with_a_tag_that_is_no_text(clip: bytes) -> bytes:
    """The same sound with a comment (RFC 7845, section 5.2) that isn't UTF-8."""
    comment = b"TITLE=\xff\xfe\xfd"
    tags = b"OpusTags" + struct.pack("<I4sII", 4, b"test", 1, len(comment)) + comment
    page = clip.index(b"OggS", 1)
    behind = clip.index(b"OggS", page + 1)
    changed = clip[: page + 26] + bytes([1, len(tags)]) + tags + clip[behind:]
    return with_new_checksum(changed, page)
