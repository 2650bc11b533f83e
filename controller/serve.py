"""`loa-controller serve`: the office on the air and its pages on one address, until SIGTERM or SIGINT."""

import asyncio
import gc
import logging
import signal
import socket

import uvicorn

from controller.running import systemd
from controller.running.app import Office
from controller.running.data_lock import alone_in
from controller.settings import OfficeSettings
from controller.web.application import make_application
from controller.words.phrases import PhrasedError

log = logging.getLogger(__name__)

FINISH_WITHIN_S = 1.0
"""How long requests under way may take at the end; streams of events would never finish by themselves."""

IDLE_CONNECTIONS_LIVE_S = 150
"""Longer than a reverse proxy keeps its own (Caddy: 120 s): else an order is sent on one that is closed in that moment,
and is lost."""


TICKS_BETWEEN_WORDS = 100
"""uvicorn's main loop ticks each 0.1 s; the unit's `WatchdogSec=` is twelve times these ten seconds."""


class PortTaken(PhrasedError):
    """Somebody else listens there."""


class _Server(uvicorn.Server):
    """uvicorn, which tells systemd how it is, and at the end hangs up on whoever still listens: a cut line ends a
    stream in order.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        systemd.tell("READY=1")

    async def on_tick(self, counter: int) -> bool:
        # Not uvicorn's callback_notify: that goes by the wall clock, and would be silent for as long as it is set back.
        if counter % TICKS_BETWEEN_WORDS == 0:
            systemd.tell("WATCHDOG=1")
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hanging_up = asyncio.get_running_loop().call_later(FINISH_WITHIN_S, self._hang_up)
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()


def collect_garbage_less_often() -> None:
    """What is here now stays for good. What comes in by the thousand isn't garbage before it is committed: the
    interpreter's own thresholds would walk through all of it thirty times, a third of the time that receipts take.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def serve(settings: OfficeSettings) -> None:
    """Serve until told to end. Raises SettingsError, PortTaken, InUse, OSError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with alone_in(settings.data_dir), _listen(settings.host, settings.port) as listener:
        office = Office(settings)
        server = _Server(
            uvicorn.Config(
                make_application(office),
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_keep_alive=IDLE_CONNECTIONS_LIVE_S,
                timeout_graceful_shutdown=round(2 * FINISH_WITHIN_S),
            )
        )
        # uvicorn raises the signal again after its shutdown: with these, that does nothing, and the office is stopped.
        # Set before the start, so that a signal that comes meanwhile isn't lost.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, server.handle_exit)
        collect_garbage_less_often()
        office.start()
        log.info("serving on http://%s:%d", settings.host, settings.port)
        try:
            server.run([listener])
        finally:
            office.stop()
        log.info("ended in order")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise PortTaken("port_taken", port=str(port), host=host, detail=str(error.strerror)) from None
