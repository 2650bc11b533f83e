"""The office's signing keys: two pairs, made at the first start, in files that only the office's user can read.

The first signs day by day. The second is for the commune's safe: it is exported once and then deleted here, so that a
stolen office can be replaced without going to every loudspeaker. Both public keys are given to each speaker.
"""

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.broker_accounts import new_password
from wire.envelope import OfficeKey, Signer, raw_key_text

_ALL = ("normal", "priority", "emergency")
_FIRST, _SECOND, _PUBLIC = "office.key", "safe.key", "public.json"


@dataclass(frozen=True)
class OfficeKeys:
    """The signer of today, and all public keys that speakers shall trust."""

    signer: Signer
    public: tuple[OfficeKey, ...]


def load_or_make(folder: Path) -> OfficeKeys:
    """Read the keys; make them where the folder has none. Raises OSError, ValueError for what can't be read."""
    if not (folder / _PUBLIC).exists():
        _make(folder)
    public = tuple(
        OfficeKey.from_fields(fields) for fields in json.loads((folder / _PUBLIC).read_text(encoding="utf-8"))
    )
    signer = Signer(public[0].kid, bytes.fromhex((folder / _FIRST).read_text(encoding="ascii").strip()))
    if signer.public_key != public[0].public_key:
        raise ValueError(f"{folder / _FIRST} is not the key that {_PUBLIC} names first: no speaker would believe it")
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
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    public = []
    for name in (_FIRST, _SECOND):
        if (folder / name).exists():  # a start that was cut off before the public list was written
            (folder / name).unlink()
        pair = Ed25519PrivateKey.generate()
        raw_public = pair.public_key().public_bytes_raw()
        write_secret(folder / name, pair.private_bytes_raw().hex() + "\n")
        kid = sha256(raw_public).hexdigest()[:16]
        public.append({"kid": kid, "public_key": raw_key_text(raw_public), "may": list(_ALL)})
    temporary = folder / (_PUBLIC + ".new")
    temporary.unlink(missing_ok=True)
    write_secret(temporary, json.dumps(public, indent=1) + "\n")
    temporary.replace(folder / _PUBLIC)


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
