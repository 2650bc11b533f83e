"""A real Mosquitto for the tests, run from deploy/mosquitto/: same rules, same limits, other paths and port.

The installed one; tests of the broker itself also run Debian unstable's (`mosquitto_builds.py`).

    with Mosquitto(tmp_path, tls=True) as broker:
        broker.admit(office="…", **{"loa-1": "…"})
        client.tls_set(broker.ca_file)
        client.connect(broker.host, broker.port)

Or the fixtures `mosquitto` (plain TCP, quick) and `mosquitto_tls`. `kill()` is SIGKILL; `start()` after it, or after
`stop()`, is the same broker again: same port, same accounts, and, as on a real station, nothing that was retained.
"""

import contextlib
import datetime
import getpass
import ipaddress
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from controller.broker.accounts import Account, hash_password
from controller.broker.accounts_mosquitto import MosquittoAccounts, catches_hangup
from tests.servers.mosquitto_builds import DEPLOY, Build, installed
from wire.topics import DEFAULT_ROOT

HOST = "127.0.0.1"
_START_LIMIT_S = 10.0


class Mosquitto:
    """One broker process in `folder`. `.accounts` is the port that the office uses; `.admit()` is shorter."""

    host = HOST

    def __init__(
        self, folder: Path, *, tls: bool = False, topic_root: str = DEFAULT_ROOT, build: Build | None = None
    ) -> None:
        """`build` None: the installed one."""
        folder.mkdir(parents=True, exist_ok=True)
        self._build = build or installed()
        self.password_file = folder / "accounts"
        self.pid_file = folder / "mosquitto.pid"
        self.acl_file = folder / "acl"
        self.ca_file = folder / "ca.crt" if tls else None
        self.accounts = MosquittoAccounts(self.password_file, self.pid_file)
        self._config = folder / "loa-xa.conf"
        self._log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

        # A bound socket that doesn't listen reserves the port for this broker, also while the broker is down.
        self._reservation = socket.socket()
        self._reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._reservation.bind((HOST, 0))
        self.port: int = self._reservation.getsockname()[1]

        self.password_file.touch()
        self.acl_file.write_text((DEPLOY / "acl").read_text().replace("loa/v1", topic_root))
        if self.ca_file is not None:
            make_certificates(self.ca_file, folder / "broker.crt", folder / "broker.key")
        access = folder / "access"
        access.mkdir(exist_ok=True)
        (access / "access.conf").write_text(self._build.access(self.password_file, self.acl_file))
        self._config.write_text(
            _with_values(
                (DEPLOY / "loa-xa.conf").read_text(),
                {
                    "include_dir": str(access),
                    "listener": f"{self.port} {HOST}",
                    "certfile": str(folder / "broker.crt") if tls else None,
                    "keyfile": str(folder / "broker.key") if tls else None,
                    "tls_version": "tlsv1.2" if tls else None,
                    "pid_file": str(self.pid_file),
                },
            )
            # Started by root, Mosquitto would become a user who can't read the test's folder.
            + f"user {getpass.getuser()}\n"
        )

    def admit(self, passwords: Mapping[str, str] | None = None, /, **more: str) -> None:
        """Let exactly these accounts sign in: name=password (a mapping for names with a hyphen)."""
        named = {**(passwords or {}), **more}
        self.accounts.replace([Account(name, hash_password(password)) for name, password in named.items()])

    @property
    def version(self) -> tuple[int, int]:
        return self._build.version

    def configure(self, **values: str) -> None:
        """Give lines of loa-xa.conf other values, from the next start on."""
        self._config.write_text(_with_values(self._config.read_text(), values))

    def start(self) -> None:
        """Start it; returns once it accepts connections and handles SIGHUP, the signal to read its accounts again."""
        assert self._process is None, "it runs already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*self._build.command, "-c", self._config], stderr=log, stdout=log)
        until = time.monotonic() + _START_LIMIT_S
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection((HOST, self.port), timeout=1).close()
                if catches_hangup(self._process.pid):
                    return
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.01)
            if self._process.returncode is not None or time.monotonic() > until:
                self.kill()
                raise RuntimeError("mosquitto did not start:\n" + "\n".join(self.log_lines()))

    def stop(self) -> None:
        """End it by SIGTERM and wait; does nothing if it doesn't run."""
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        """End it by SIGKILL and wait; does nothing if it doesn't run."""
        self._end(subprocess.Popen.kill)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it doesn't run"
        return self._process.pid

    def log_lines(self) -> list[str]:
        """Its log lines of all runs."""
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    def close(self) -> None:
        """End it for good, and release its port."""
        self.stop()
        self._reservation.close()

    def __enter__(self) -> "Mosquitto":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self._process is None:
            return
        how(self._process)
        self._process.wait(10)
        self._process = None


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto on plain TCP, with the rules and limits of deploy/; it has no account yet."""
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


@pytest.fixture
def mosquitto_tls(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto as deploy/ configures it; its `ca_file` vouches for 127.0.0.1 and localhost."""
    with Mosquitto(tmp_path / "mosquitto-tls", tls=True) as broker:
        yield broker


def make_certificates(ca_file: Path, certificate_file: Path, key_file: Path) -> None:
    """A new authority, and by it a certificate for 127.0.0.1 and localhost, good for a day."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    now = datetime.datetime.now(datetime.UTC)
    blank = (
        x509.CertificateBuilder()
        .issuer_name(ca_name)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    ca = (
        blank.subject_name(ca_name)
        .public_key(ca_key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key()), critical=False)
        .add_extension(_MAY_SIGN_CERTIFICATES, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))]
    certificate = (
        blank.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test broker")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


# Python 3.13 and later refuse an authority without this extension.
_MAY_SIGN_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def _with_values(config: str, values: Mapping[str, str | None]) -> str:
    """The configuration with other values; None removes the line. Each name must be in it exactly once."""
    lines = config.splitlines()
    for name, value in values.items():
        [index] = [number for number, line in enumerate(lines) if line.split(" ", 1)[0] == name]
        lines[index : index + 1] = [] if value is None else [f"{name} {value}"]
    return "\n".join(lines) + "\n"
