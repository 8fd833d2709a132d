"""The control room as an ASGI application, and the server that carries it.

Needs    starlette, uvicorn; campus; operate.face: room, routes, pages, shield, onlooker, listening.
Gives    make_app, serve, refuse_unsafe.
Used by  operate.face.__main__, cli, tests, benchmarks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wattstack.errors import Fault, InputError
from wattstack.operate.face.certificate import check_certificate
from wattstack.operate.face.listening import BACKLOG, Listening, listen
from wattstack.operate.face.onlooker import Line
from wattstack.operate.face.pages import Pages
from wattstack.operate.face.room import Room
from wattstack.operate.face.routes_people import PEOPLE, answered
from wattstack.operate.face.routes_requests import REQUESTS
from wattstack.operate.face.routes_site import SITE
from wattstack.operate.face.shield import Refused, Shield
from wattstack.operate.face.wire import IDLE_S, Wire

if TYPE_CHECKING:
    from wattstack.campus import Campus

MOST_CONNECTIONS = 300
MOST_SAID = 1024  # bytes of a message on a WebSocket: nothing is said there to us
PING_S = 20.0  # a WebSocket whose other end went away without a word is closed


def make_app(
    campus: Campus, folder: str | Path, path: str | Path | None = None, simulated: bool | None = None
) -> Shield:
    """The application.

    Args:
        campus: Sizes stand.
        folder: Of the live site: its sockets, history, users and audit; it is made where it is not there.
        path: The campus file, for its checksum.
        simulated: Whether the devices are; None = where all are on this machine.

    Returns:
        An ASGI application. Its `room` has the users and the audit.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    room = Room(campus, folder, None if path is None else Path(path), simulated)
    pages = Pages()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await room.start()
        try:
            yield
        finally:
            await room.stop()

    routes = [Route(at, _page(pages, name), methods=["GET"]) for at, name in pages.paths.items()]
    handlers: dict[Any, Any] = {HTTPException: _plain_fault, Refused: _refused, Exception: _ours}
    app = Starlette(
        routes=[*routes, *SITE, *REQUESTS, *PEOPLE], lifespan=lifespan, exception_handlers=handlers
    )
    app.router.redirect_slashes = False
    app.state.room = room
    shield = Shield(app, tls=room.tls)
    shield.room = room
    return shield


def refuse_unsafe(campus: Campus, room: Room) -> None:
    """Refuse to listen where others reach it, before it is safe.

    Raises:
        InputError: Another address than this machine's own without TLS, or without users.
    """
    face = campus.operate.face
    if face.loopback:
        return
    wrong = []
    if face.certificate is None or face.key is None:
        wrong.append(
            Fault(
                "operate.face.certificate",
                f"is missing, must be given with host {face.host}: others reach it.",
            )
        )
    if room.users.empty:
        wrong.append(
            Fault(
                "operate.face.host",
                f"is {face.host}, must be 127.0.0.1 until the first person is there. Start it so once, open the page "
                "with the token, then set the host.",
            )
        )
    if wrong:
        raise InputError(campus.source, wrong)


def serve(app: Shield, campus: Campus, say: Callable[[str], None] = print) -> Listening:
    """A server for the application, at its place already; `await server.serve()` runs it.

    Args:
        app: From make_app.
        campus: Says where it listens, and with what certificate.
        say: Told the address, and once the first-run token where nobody is known yet.

    Raises:
        InputError: It would be reached by others without TLS or users; a key that others may read; a certificate that
            cannot be used with it; a port that is in use, a host that is not of this machine.
    """
    from wattstack.operate.audit import read_secret

    refuse_unsafe(campus, app.room)
    face = campus.operate.face
    tls: dict[str, Any] = {}
    if face.certificate is not None and face.key is not None:
        key = campus.base_dir / face.key
        read_secret(key)  # only its mode and owner count here
        check_certificate(campus.source, campus.base_dir / face.certificate, key)
        tls = {"ssl_certfile": str(campus.base_dir / face.certificate), "ssl_keyfile": str(key)}
    config = uvicorn.Config(
        app, host=face.host, port=face.port, log_level="error", access_log=False, proxy_headers=False,
        server_header=False, date_header=True, limit_concurrency=MOST_CONNECTIONS, backlog=BACKLOG, ws=Line,
        ws_max_size=MOST_SAID, ws_ping_interval=PING_S, ws_ping_timeout=PING_S, ws_per_message_deflate=False,
        timeout_keep_alive=IDLE_S, timeout_graceful_shutdown=2, h11_max_incomplete_event_size=16_384,
        http=Wire, lifespan="on", **tls,
    )  # fmt: skip
    config.load()
    if config.ssl is not None:
        import ssl

        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    places = listen(campus)
    address = f"{'https' if tls else 'http'}://{face.host}:{face.port}/"
    say(f"The control room is at {address}")
    if app.room.users.empty:
        say(f"Nobody is known yet. First-run token, shown this once: {app.room.users.first_token()}")
    return Listening(config, places)


def _page(pages: Pages, name: str) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        return pages.answer(name, request.headers.get("if-none-match"))

    return page


async def _plain_fault(request: Request, fault: Exception) -> Response:
    status = getattr(fault, "status_code", 500)
    return answered(
        {"why": {404: "is not here.", 405: "must be asked for in another way."}.get(status, "failed.")},
        status,
    )


async def _refused(request: Request, refused: Exception) -> Response:
    status, body, headers = refused.answer
    return Response(
        body, status, headers={n.decode(): v.decode() for n, v in headers} | {"cache-control": "no-store"}
    )


async def _ours(request: Request, fault: Exception) -> Response:
    return answered({"why": "failed here; it is in the log of this process."}, 500)
