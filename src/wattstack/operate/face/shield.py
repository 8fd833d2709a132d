"""What stands before every route: how large and how slow a request may be, and the headers that each answer carries.

Needs    operate.face.limits.
Gives    Shield, read_json, said_why, json_bytes, Refused, MOST_BODY.
Used by  operate.face.

Plain ASGI, so that a body is refused before a byte of it is read. JSON that comes in has no NaN, no infinity and no key
twice; JSON that goes out has none either.
"""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any
from unicodedata import bidirectional, category

from wattstack.operate.face.limits import Rate, origin_of

MOST_BODY = 65_536  # bytes
SLOWEST_BODY_S = 10.0
PER_S, BURST = 50.0, 200.0  # requests of one address: assumption, a page asks for about two a second
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
# controls of Unicode's order
TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")


class Refused(Exception):  # noqa: N818 - an answer, not a fault of ours
    """A request that is answered with a status and one sentence.

    Args:
        status: Of HTTP.
        why: Where, what is, what must be, how to mend.
        wait_s: When it may be tried again [s]; None: not a matter of time.
    """

    def __init__(self, status: int, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.status, self.why, self.wait_s = status, why, wait_s

    @property
    def answer(self) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """Status, body and headers."""
        more = [] if self.wait_s is None else [(b"retry-after", str(math.ceil(self.wait_s)).encode())]
        if self.status in (408, 413):  # what is still on its way is not read
            more.append((b"connection", b"close"))
        return self.status, json_bytes({"why": self.why}), [(b"content-type", b"application/json"), *more]


class Shield:
    """Before the routes.

    Args:
        app: The routes.
        tls: Answers say that only TLS is to be used.
        rate: Requests by address.
    """

    def __init__(self, app: Any, tls: bool = False, rate: Rate | None = None) -> None:
        self.app, self._rate = app, rate or Rate(PER_S, BURST)
        self._headers = [*HEADERS, *([STRICT_TRANSPORT] if tls else [])]

    async def __call__(self, scope: dict, receive: Any, send: Any) -> None:
        """One request, one WebSocket, or the beginning and end of the server."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"range"]
        address = origin_of((scope.get("client") or ("unknown", 0))[0])
        refusal = None if self._rate.take(address) else Refused(429, "too many requests; wait a moment.", 1.0)
        refusal = refusal or _too_large(scope)
        # how an answer that opens nothing is named
        before = "websocket." if scope["type"] == "websocket" else ""
        if refusal is not None:
            await self._refuse(refusal, send, before)
            return
        begun = False

        async def guarded_send(message: dict) -> None:
            nonlocal begun
            if message["type"] == f"{before}http.response.start":
                begun = True
                message = {**message, "headers": [*message["headers"], *self._headers]}
            await send(message)

        try:
            await self.app(scope, receive if before else _Body(receive), guarded_send)
        except Refused as refused:
            if not begun:  # else the server closes what was begun
                await self._refuse(refused, send, before)

    async def _refuse(self, refused: Refused, send: Any, before: str) -> None:
        """Answer at once."""
        status, body, headers = refused.answer
        headers = [
            *headers,
            (b"content-length", str(len(body)).encode()),
            *self._headers,
        ]
        await send({"type": f"{before}http.response.start", "status": status, "headers": headers})
        await send({"type": f"{before}http.response.body", "body": body})


class _Body:
    """Receives a body that is counted and timed."""

    def __init__(self, receive: Any) -> None:
        self._receive, self._seen, self._whole = receive, 0, False
        self._until_s = asyncio.get_running_loop().time() + SLOWEST_BODY_S

    async def __call__(self) -> dict:
        if self._whole:
            return await self._receive()  # waits for the end of the connection
        try:
            async with asyncio.timeout_at(self._until_s):
                message = await self._receive()
        except TimeoutError:
            raise Refused(408, f"the body did not come within {SLOWEST_BODY_S:g} s.") from None
        self._seen += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._seen > MOST_BODY:
            raise _large(self._seen)
        return message


def _too_large(scope: dict) -> Refused | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            if not value.isdigit():
                return Refused(400, "content-length must be a number of bytes.")
            if int(value) > MOST_BODY:
                return _large(int(value))
    return None


def _large(size: int) -> Refused:
    return Refused(413, f"the body has {size} bytes or more, must have at most {MOST_BODY}.")


async def read_json(request: Any) -> dict[str, Any]:
    """The body of a request as an object.

    Raises:
        Refused: It is not JSON, not an object, has NaN or infinity, half a character, a key twice, or comes as
            something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "content-type must be application/json.")
    body = await request.body()
    try:
        found = json.loads(body, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_once)
        json.dumps(
            found, ensure_ascii=False
        ).encode()  # half a character ("\ud800") is no text: nobody could keep it
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body must be JSON: {error}.") from None
    if not isinstance(found, dict):
        raise Refused(400, "the body must be a JSON object.")
    return found


def said_why(reason: Any) -> str:
    """The reason that somebody gives, which others read on pages, in logs and in mails.

    Raises:
        Refused: It is missing, or more than one line, or turns the order in which it is read (bidirectional controls).
    """
    if not isinstance(reason, str) or len(reason.strip()) < 3:
        raise Refused(400, "reason is missing, must be said in a few words: it is kept.")
    if any(category(one) == "Cc" or bidirectional(one) in TURNS for one in reason):
        raise Refused(400, "reason must be one line of plain text, without control characters.")
    return reason


def json_bytes(value: Any) -> bytes:
    """JSON without NaN: a number that is none becomes null."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        return json.dumps(_plain(value), allow_nan=False, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _finite(word: str) -> float:
    value = float(word)
    if not math.isfinite(value):
        raise ValueError(f"{word:.20} is too large")  # 1e999 would become infinity
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found
