"""All routes of the application, REST and pages, with what each says that it needs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from controller.web.frame.access import Needs

PUBLIC: Mapping[str, str] = {
    "/api/v1/openapi.json": "describes the interface",
    "/api/v1/sessions": "signs in",
    "/api/v1/health": "is asked by programs that watch the office",
    "/health": "the same",
    "/tinh/{version}/{name}": "styles and scripts, also of the sign-in page",
    "/dang-nhap": "signs in",
    "/dang-nhap/ma": "signs in",
    "/dang-nhap/khoa-truy-cap": "signs in",
    "/dang-nhap/khoa-truy-cap/bat-dau": "gives a challenge for a passkey",
    "/dat-mat-khau": "sets one's own password by a link",
    "/ngon-ngu/{wanted}": "keeps the language in the browser alone",
}
"""The routes that need no officer, with what each does."""
FOR_VIEWERS: Mapping[str, str] = {
    "/dang-xuat": "ends one's own session",
    "/tai-khoan/mat-khau": "changes one's own password",
    "/tai-khoan/da-biet": "acknowledges that one's own password was reset",
    "/tai-khoan/hai-buoc": "begins one's own second factor",
    "/tai-khoan/hai-buoc/xac-nhan": "switches on one's own second factor",
    "/tai-khoan/hai-buoc/tat": "switches off one's own second factor",
    "/tai-khoan/khoa-truy-cap": "begins to add one's own passkey",
    "/tai-khoan/khoa-truy-cap/xac-nhan": "adds one's own passkey",
    "/tai-khoan/khoa-truy-cap/bo": "removes one's own passkey",
    "/api/v1/account/second-factor": "begins, and switches on and off one's own second factor",
    "/tai-khoan/phien": "ends one's own session",
    "/tai-khoan/phien-khac": "ends one's own sessions",
    "/uy-quyen/{deputy}/thoi": "declines to be a deputy; all others need to be an administrator there",
    "/api/v1/account/password": "changes one's own password",
    "/api/v1/account/sessions": "ends one's own sessions",
    "/api/v1/account/sessions/{session_id}": "ends one's own session",
}
"""The routes that change something and may be called by any officer, with what each does."""
READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Route:
    """One method of one route. `needs`: what it says that it needs; more than one, or none, is a fault."""

    method: str
    path: str
    needs: tuple[Needs, ...]

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.method in READS

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes_of(app: FastAPI) -> list[Route]:
    """All routes, by path and method. HEAD is answered as GET is."""
    found = [
        Route(method, each.path or "", tuple(dict.fromkeys(_needs(getattr(each, "dependant", None)))))
        for each in iter_route_contexts(app.routes)
        for method in each.methods or ("GET",)
        if method != "HEAD"
    ]
    return sorted(found, key=str)


def _needs(dependant: Dependant | None) -> Iterator[Needs]:
    if dependant is None:
        return
    if isinstance(dependant.call, Needs):
        yield dependant.call
    for each in dependant.dependencies:
        yield from _needs(each)


def undeclared(routes: list[Route]) -> list[str]:
    """The routes that don't say what they need."""
    faults = []
    for route in routes:
        if route.path in PUBLIC:
            continue
        if len(route.needs) != 1:
            faults.append(f"{route} says {len(route.needs)} needs")
        elif route.needs[0].role == "viewer" and not route.reads and route.path not in FOR_VIEWERS:
            faults.append(f"{route} changes something and may be called by viewers")
    return faults
