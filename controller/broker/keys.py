"""The office's signing keys: two pairs, made at the first start, in files that only the office's user can read.

The first signs day by day. The second is for the commune's safe: it is exported once and then deleted here, so that a
stolen office can be replaced without going to every loudspeaker. Both public keys are given to each speaker.
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Self, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.broker.accounts import new_password
from controller.words.phrases import Phrase, PhrasedError
from disk.whole_file import write_whole_file
from wire.envelope import OfficeKey, Signer, encode_base64url
from wire.model import BulletinClass

_FIRST, _SECOND, _PUBLIC = "office.key", "safe.key", "public.json"
_RESTORE = Phrase("keys_restore")


@dataclass(frozen=True)
class OfficeKeys:
    """The signer of today, and all public keys that speakers shall trust."""

    signer: Signer
    public: tuple[OfficeKey, ...]


class KeysUnusable(PhrasedError):
    """With these keys no speaker would believe the office. What it says ends with what to do."""

    @classmethod
    def not_given(cls, folder: Path) -> Self:
        """The speakers were told to trust other keys than these."""
        return cls("keys_not_given", folder=str(folder), restore=_RESTORE)


def load_or_make(folder: Path) -> OfficeKeys:
    """Read the keys; make them where the folder has none. Raises OSError, KeysUnusable for what can't be read."""
    if not (folder / _PUBLIC).exists():
        _make(folder)
    try:
        listed = json.loads((folder / _PUBLIC).read_text(encoding="utf-8"))
        public = tuple(OfficeKey.from_fields(fields) for fields in listed)
        signer = Signer(public[0].kid, _read(folder / _FIRST).private_bytes_raw())
    except (ValueError, IndexError) as error:
        raise KeysUnusable("keys_unreadable", folder=str(folder), detail=str(error), restore=_RESTORE) from error
    if signer.public_key != public[0].public_key:
        raise KeysUnusable("keys_not_first", file=str(folder / _FIRST), listed=_PUBLIC, restore=_RESTORE)
    return OfficeKeys(signer, public)


def second_key_is_here(folder: Path) -> bool:
    """Whether the safe's key still lies on this machine, where it should not stay."""
    return (folder / _SECOND).exists()


def export_second_key(folder: Path, target: Path) -> None:
    """Write the safe's key to `target` and delete it here. Raises FileExistsError, FileNotFoundError, OSError."""
    secret = (folder / _SECOND).read_text(encoding="ascii")
    write_secret(target, secret)
    (folder / _SECOND).unlink()


def _make(folder: Path) -> None:
    """Make what is missing, the public list last. A key that can be read is never replaced: speakers may trust it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # The second is made before the first, so that a first one alone is one whose second was exported.
    if (folder / _FIRST).exists() and not (folder / _SECOND).exists():
        raise KeysUnusable("keys_list_missing", file=str(folder / _PUBLIC), restore=_RESTORE)
    second, first = (_read_or_make(folder / name) for name in (_SECOND, _FIRST))
    listed = json.dumps([_public(first), _public(second)], indent=1) + "\n"
    write_whole_file(folder / _PUBLIC, listed.encode("ascii"))


def _read_or_make(file: Path) -> Ed25519PrivateKey:
    try:
        return _read(file)
    except FileNotFoundError:
        pass
    except ValueError:  # a start that was cut off while it wrote
        file.unlink()
    write_secret(file, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
    return _read(file)


def _read(file: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text(encoding="ascii").strip()))


def _public(pair: Ed25519PrivateKey) -> dict[str, object]:
    raw_public = pair.public_key().public_bytes_raw()
    return {
        "kid": sha256(raw_public).hexdigest()[:16],
        "public_key": encode_base64url(raw_public),
        "may": list(get_args(BulletinClass)),
    }


def own_password(file: Path) -> str:
    """The office's own password at the broker; made where there is none, or where a crash left an empty one."""
    if not file.exists() or not file.read_text(encoding="ascii").strip():
        file.unlink(missing_ok=True)
        write_secret(file, new_password())
    return file.read_text(encoding="ascii").strip()


def write_secret(path: Path, secret: str) -> None:
    """Write a new file that only the office's user can read; raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
