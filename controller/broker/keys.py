"""The office's signing keys: two key pairs, made at the first start, in files that only the office's user can read.

The daily key signs. The safe's key is exported once into the commune's safe and deleted here: with it a stolen office
can be replaced without a visit to every speaker. Each speaker gets both public keys.
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
from host.whole_file import write_whole_file
from wire.envelope import OfficeKey, Signer, encode_base64url
from wire.model import BulletinClass

_DAILY_KEY, _SAFE_KEY, _PUBLIC_KEYS = "office.key", "safe.key", "public.json"
_HOW_TO_RESTORE = Phrase("keys_restore")


@dataclass(frozen=True)
class OfficeKeys:
    """The signer with the daily key, and the public keys that speakers have to trust: the daily key first."""

    signer: Signer
    public: tuple[OfficeKey, ...]


class KeysUnusable(PhrasedError):
    """No speaker would accept what the office signs with these keys. The sentence ends with what to do."""

    @classmethod
    def not_given(cls, folder: Path) -> Self:
        """The error for keys in `folder` that speakers were never told to trust."""
        return cls("keys_not_given", folder=str(folder), restore=_HOW_TO_RESTORE)


def load_or_make(folder: Path) -> OfficeKeys:
    """Read the keys; make them if the folder has none. Raises OSError, KeysUnusable (unreadable or incomplete)."""
    if not (folder / _PUBLIC_KEYS).exists():
        _make_missing(folder)
    try:
        listed = json.loads((folder / _PUBLIC_KEYS).read_text(encoding="utf-8"))
        public = tuple(OfficeKey.from_fields(fields) for fields in listed)
        signer = Signer(public[0].kid, _read_private_key(folder / _DAILY_KEY).private_bytes_raw())
    except (ValueError, IndexError) as error:
        raise KeysUnusable("keys_unreadable", folder=str(folder), detail=str(error), restore=_HOW_TO_RESTORE) from error
    if signer.public_key != public[0].public_key:
        raise KeysUnusable(
            "keys_not_first", file=str(folder / _DAILY_KEY), listed=_PUBLIC_KEYS, restore=_HOW_TO_RESTORE
        )
    return OfficeKeys(signer, public)


def second_key_is_here(folder: Path) -> bool:
    """Whether the safe's key has not been exported yet and lies on this machine."""
    return (folder / _SAFE_KEY).exists()


def export_second_key(folder: Path, target: Path) -> None:
    """Write the safe's key to `target` and delete it here. Raises FileExistsError, FileNotFoundError, OSError."""
    secret = (folder / _SAFE_KEY).read_text(encoding="ascii")
    write_secret(target, secret)
    (folder / _SAFE_KEY).unlink()


def _make_missing(folder: Path) -> None:
    """Make the missing files, the public list last. A readable key is never replaced: speakers may trust it."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    # The safe's key is made first: where the daily key stands alone, the safe's key was exported.
    if (folder / _DAILY_KEY).exists() and not (folder / _SAFE_KEY).exists():
        raise KeysUnusable("keys_list_missing", file=str(folder / _PUBLIC_KEYS), restore=_HOW_TO_RESTORE)
    second, first = (_read_or_make_private_key(folder / name) for name in (_SAFE_KEY, _DAILY_KEY))
    listed = json.dumps([_public_fields(first), _public_fields(second)], indent=1) + "\n"
    write_whole_file(folder / _PUBLIC_KEYS, listed.encode("ascii"))


def _read_or_make_private_key(file: Path) -> Ed25519PrivateKey:
    try:
        return _read_private_key(file)
    except FileNotFoundError:
        pass
    except ValueError:  # an earlier start was cut off while it wrote the file
        file.unlink()
    write_secret(file, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
    return _read_private_key(file)


def _read_private_key(file: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text(encoding="ascii").strip()))


def _public_fields(pair: Ed25519PrivateKey) -> dict[str, object]:
    raw_public = pair.public_key().public_bytes_raw()
    return {
        "kid": sha256(raw_public).hexdigest()[:16],
        "public_key": encode_base64url(raw_public),
        "may": list(get_args(BulletinClass)),
    }


def own_password(file: Path) -> str:
    """The office's own password at the broker, from `file`; made if the file is missing, or empty after a crash."""
    if not file.exists() or not file.read_text(encoding="ascii").strip():
        file.unlink(missing_ok=True)
        write_secret(file, new_password())
    return file.read_text(encoding="ascii").strip()


def write_secret(path: Path, secret: str) -> None:
    """Write a new file with mode 0600 and flush it to the disk. Raises FileExistsError, OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
