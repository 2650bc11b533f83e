"""`loa-controller serve`: run the office and serve its pages and REST, until SIGTERM or SIGINT."""

import asyncio
import gc
import logging
import signal
import socket

import uvicorn

from controller.running.app import Office
from controller.running.data_lock import alone_in
from controller.settings import OfficeSettings
from controller.web.application import make_application
from controller.words.phrases import PhrasedError
from host import systemd

log = logging.getLogger(__name__)

FINISH_REQUESTS_WITHIN_S = 1.0
"""How long running requests may take at shutdown. Event streams would never finish by themselves."""

KEEP_ALIVE_S = 150
"""Longer than a reverse proxy keeps its idle connections (Caddy: 120 s). Otherwise the proxy may send a request on a
connection that is closed at that moment, and the request is lost."""

TICKS_BETWEEN_WATCHDOGS = 100
"""uvicorn's main loop ticks every 0.1 s, so systemd hears every 10 s; `WatchdogSec=` is twelve times that."""


class PortTaken(PhrasedError):
    """Another program listens on this address and port."""


class _Server(uvicorn.Server):
    """uvicorn that notifies systemd, and at shutdown closes the connections that are still open.

    Event streams never end by themselves; for their clients a closed connection is an orderly end.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        systemd.tell("READY=1")

    async def on_tick(self, counter: int) -> bool:
        # Not uvicorn's callback_notify: it goes by the wall clock, and would pause for as long as that is set back.
        if counter % TICKS_BETWEEN_WATCHDOGS == 0:
            systemd.tell("WATCHDOG=1")
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        hang_up_timer = asyncio.get_running_loop().call_later(FINISH_REQUESTS_WITHIN_S, self._hang_up)
        try:
            await super().shutdown(sockets)
        finally:
            hang_up_timer.cancel()

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            connection.transport.close()


def collect_garbage_less_often() -> None:
    """Freeze the objects of now, and raise the thresholds of the garbage collector.

    A batch of thousands of receipts isn't garbage before its commit. With the default thresholds the collector would
    walk through it thirty times: a third of the time that receipts take.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def serve(settings: OfficeSettings) -> None:
    """Serve until SIGTERM or SIGINT. Raises SettingsError, PortTaken, InUse, KeysUnusable, OSError."""
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
                timeout_keep_alive=KEEP_ALIVE_S,
                timeout_graceful_shutdown=round(2 * FINISH_REQUESTS_WITHIN_S),
            )
        )
        # uvicorn raises the signal again after its shutdown; with these handlers that does nothing, and the office is
        # stopped below. They are set before the start, so that no signal is lost meanwhile.
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
