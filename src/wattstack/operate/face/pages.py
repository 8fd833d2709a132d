"""The files of the control room: read once, given out by an exact table of names.

Needs    importlib.resources.
Gives    Pages.
Used by  operate.face.app.

No path of a request ever reaches the disk, and no part of a file is given out: Range is not known here.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files

from starlette.responses import Response

KINDS = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8",
         "svg": "image/svg+xml"}  # fmt: skip
NAMES = (
    "index.html", "room.css", "icon.svg", "main.js", "base.js", "diagram.js", "trends.js", "alarms.js", "why.js",
    "requests.js", "system.js",
)  # fmt: skip


class Pages:
    """What the browser is given."""

    def __init__(self) -> None:
        folder = files("wattstack.operate.face") / "web"
        self._bodies = {name: (folder / name).read_bytes() for name in NAMES}
        self._marks = {
            name: '"' + hashlib.sha256(body).hexdigest()[:24] + '"' for name, body in self._bodies.items()
        }

    @property
    def paths(self) -> dict[str, str]:
        """Address of each file; "/" is index.html."""
        return {"/": "index.html"} | {f"/{name}": name for name in NAMES if name != "index.html"}

    def answer(self, name: str, known: str | None) -> Response:
        """One file, or 304 where the browser has it."""
        mark = self._marks[name]
        headers = {"etag": mark, "cache-control": "no-cache"}
        if known == mark:
            return Response(status_code=304, headers=headers)
        return Response(self._bodies[name], headers=headers, media_type=KINDS[name.rpartition(".")[2]])
