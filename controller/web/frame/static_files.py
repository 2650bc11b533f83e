"""Style, scripts and shapes. Their addresses hold a hash of them all, so that browsers may keep them for ever."""

import hashlib
from pathlib import Path

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

_FOLDER = Path(__file__).parents[1] / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class StaticFiles:
    """The files of one folder, read once."""

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
        """The path of a file; raises KeyError. Scripts import each other from the same folder."""
        if name not in self._files:
            raise KeyError(name)
        return f"/tinh/{self._version}/{name}"

    def router(self) -> APIRouter:
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
