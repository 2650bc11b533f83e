"""Style, scripts and shapes, served from here. Their address holds the hash of them all, so browsers may keep them."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

_FOLDER = Path(__file__).parents[1] / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFiles:
    """The files, read once."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files = {
            file.name: (file.read_bytes(), _MEDIA_TYPES[file.suffix])
            for file in sorted(folder.iterdir())
            if file.suffix in _MEDIA_TYPES
        }
        whole = hashlib.sha256()
        for name, (content, _) in self._files.items():
            whole.update(f"{name} {len(content)}\n".encode() + content)
        self._version = whole.hexdigest()[:16]

    def url(self, name: str) -> str:
        """Where a file is; scripts find each other beside themselves."""
        if name not in self._files:
            raise KeyError(name)
        return f"/tinh/{self._version}/{name}"

    def router(self) -> APIRouter:
        """What serves them."""
        router = APIRouter()

        @router.get("/tinh/{version}/{name}", include_in_schema=False)
        def get(version: str, name: str) -> Response:
            if version != self._version or name not in self._files:
                raise HTTPException(404)
            content, media_type = self._files[name]
            return Response(
                content, media_type=media_type, headers={"Cache-Control": "public, max-age=31536000, immutable"}
            )

        return router
