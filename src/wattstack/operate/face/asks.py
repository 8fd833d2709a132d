"""Requests of people: who may ask for what, what it would do, a second person where one is needed, a line in the audit.

Needs    campus, operate.link.Request, operate.audit, operate.face: live, users, effect.
Gives    Asks, LEAST_ROLE, TWO_PERSONS.
Used by  operate.face.routes_requests.

A change is written to the audit before it is sent. What waits for a second person is forgotten after ten minutes, and
when this process ends: it was never sent.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wattstack.errors import InputError
from wattstack.operate.audit import Audit, Change
from wattstack.operate.face.effect import Line, effects
from wattstack.operate.face.live import Live
from wattstack.operate.face.shield import Refused, json_bytes, said_why
from wattstack.operate.face.users import Who, at_least
from wattstack.operate.link import Request, read_message

if TYPE_CHECKING:
    from wattstack.campus import Campus

LEAST_ROLE = {
    "battery_mw": "operator", "generator_mw": "operator", "load_cap_mw": "operator", "peak_mw": "engineer",
    "import_limit_mw": "engineer", "export_limit_mw": "engineer", "reserve_mwh": "engineer", "mode": "engineer",
    "clear_lockout": "engineer",
}  # fmt: skip
# the guard wants it too
TWO_PERSONS = "mode", "import_limit_mw", "export_limit_mw", "peak_mw", "reserve_mwh"
LONGEST_S = 24 * 3600.0
WAITS_S = 600.0  # for a second person
MOST_WAITING = 20
ENDING_S = 60.0  # a request that ends another one is read as if it lasted so long
WIDEST = 1e5
FIELDS = ("what", "path", "low", "high", "value", "mode", "until_s", "reason")
ENDING = ("what", "path", "reason")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for a second person."""

    request: Request
    for_s: float
    lines: tuple[Line, ...]
    ends_s: float  # monotonic


class Asks:
    """What people ask of the guard.

    Args:
        campus: Sizes stand.
        live: The guard.
        audit: Where each change is written before it is made.
    """

    def __init__(self, campus: Campus, live: Live, audit: Audit) -> None:
        self._campus, self._live, self._audit = campus, live, audit
        self._waiting: dict[str, Waiting] = {}

    def read(self, body: dict[str, Any], who: Who) -> tuple[Request, float]:
        """A request from what a page or program sent, and for how long it is to last [s].

        Raises:
            Refused: 400 not a request, or for what this campus does not have; 403 may not ask for that.
        """
        body = dict(body)
        now_s = self._live.utc_s
        for_s = body.pop("for_s", None)
        _only(body, FIELDS, ", for_s")
        if for_s is not None:
            if isinstance(for_s, bool) or not isinstance(for_s, int | float) or not 1.0 <= for_s <= LONGEST_S:
                raise Refused(400, f"for_s must be a number of seconds, 1 to {LONGEST_S:.0f}.")
            body["until_s"] = now_s + for_s
        said_why(body.get("reason"))
        body |= {"kind": "request", "id": secrets.token_hex(8), "source": "user", "user": who.name}
        try:
            request = read_message(json_bytes(body))
        except InputError as error:
            raise Refused(400, str(error)) from None
        if not now_s < request.until_s <= now_s + LONGEST_S + 1.0:
            raise Refused(400, f"until_s must be ahead, by at most {LONGEST_S:.0f} s.")
        self._may(request, who)
        self._known_path(request)
        return request, request.until_s - now_s

    def ending(self, body: dict[str, Any], who: Who) -> tuple[Request, float]:
        """A request that ends the one in force for the same thing: as wide as can be, and over at once.

        Raises:
            Refused: As `read`.
        """
        _only(body, ENDING)  # a misspelt path would end the request of all
        what, path = body.get("what"), body.get("path")
        if not isinstance(what, str) or what in ("mode", "clear_lockout") or what not in LEAST_ROLE:
            raise Refused(400, "what must be a request that has bounds. Ask for mode: run instead.")
        wide: dict[str, float] = {"high": WIDEST}
        if what == "reserve_mwh":
            wide = {"low": 0.0}
        elif what in ("battery_mw", "generator_mw"):
            kind = what.removesuffix("_mw")
            sizes = {
                f"{kind}.{name}": float(one.power_mw) for name, one in getattr(self._campus, kind).items()
            }
            most = sum(size for key, size in sizes.items() if path in (None, key))
            wide = {"low": -most if kind == "battery" else 0.0, "high": most}
        words = {"what": what, "path": path, "for_s": ENDING_S, "reason": body.get("reason", "ended early")}
        request, for_s = self.read(words | wide, who)
        return request.model_copy(update={"ends": True}), for_s

    def effect(self, request: Request) -> list[dict[str, Any]]:
        """What it would do, line by line."""
        return _plain(effects(request, self._campus, self._live, self._live.utc_s))

    async def submit(self, request: Request, for_s: float, who: Who) -> dict[str, Any]:
        """Send it, or keep it for a second person.

        Returns:
            taken: Whether the guard took it. why: In its words. waiting: Its id where a second person must agree.

        Raises:
            Refused: Nothing was sent.
        """
        if request.what not in TWO_PERSONS:
            return await self._send(request)
        self._forget()
        if len(self._waiting) >= MOST_WAITING:
            raise Refused(429, f"{MOST_WAITING} requests wait for a second person, must be fewer.")
        lines = tuple(effects(request, self._campus, self._live, self._live.utc_s))
        await self._record(request, "request.proposed", None)
        self._waiting[request.id] = Waiting(request, for_s, lines, time.monotonic() + WAITS_S)
        return {"taken": False, "why": "waits for a second person", "waiting": request.id}

    async def agree(self, id_: str, who: Who) -> dict[str, Any]:
        """A second person agrees; then it is sent, and its time begins.

        Raises:
            Refused: Nothing waits under that id, the same person, or one who may not.
        """
        self._forget()
        waiting = self._waiting.get(id_)
        if waiting is None:
            raise Refused(404, "nothing waits under that id; it may have been forgotten.")
        self._may(waiting.request, who)
        if who.name.lower() == (waiting.request.user or "").lower():
            raise Refused(403, "must be agreed to by another person than the one who asked.")
        del self._waiting[id_]
        until_s = self._live.utc_s + waiting.for_s
        return await self._send(
            waiting.request.model_copy(update={"second_user": who.name, "until_s": until_s})
        )

    async def decline(self, id_: str, who: Who) -> None:
        """It is not sent; whoever may ask for it may take it away.

        Raises:
            Refused: Nothing waits under that id, or may not.
        """
        waiting = self._waiting.get(id_)
        if waiting is None:
            raise Refused(404, "nothing waits under that id.")
        self._may(waiting.request, who)
        await self._record(waiting.request, "request.declined", who.name)
        self._waiting.pop(id_, None)

    def waiting(self) -> list[dict[str, Any]]:
        """What waits for a second person."""
        self._forget()
        now_s = time.monotonic()
        return [
            {
                **one.request.model_dump(mode="json", exclude={"kind", "source", "second_user", "until_s"}),
                "for_s": one.for_s, "left_s": one.ends_s - now_s, "effect": _plain(one.lines),
            }
            for one in self._waiting.values()
        ]  # fmt: skip

    def _may(self, request: Request, who: Who) -> None:
        least = LEAST_ROLE[request.what]
        if not at_least(who.role, least):
            raise Refused(403, f"{who.name} is {who.role}, must be {least} to ask for {request.what}.")
        if who.machine and request.what in TWO_PERSONS:
            raise Refused(403, f"{request.what} must be asked for by two people, not by a program.")

    def _known_path(self, request: Request) -> None:
        """A path that the guard will not take is refused at once, in its words: nobody is to agree to it."""
        if request.path is None or request.what == "clear_lockout":
            return
        kind = {"battery_mw": "battery", "generator_mw": "generator"}.get(request.what)
        known = [] if kind is None else [f"{kind}.{name}" for name in getattr(self._campus, kind)]
        if request.path not in known:
            must = f"one of {', '.join(known)}" if known else "absent"
            raise Refused(400, f"path is {request.path!r}, must be {must}")

    async def _send(self, request: Request) -> dict[str, Any]:
        if not self._live.seen.heard:
            raise Refused(503, "the guard is not heard; nothing was sent.", 1.0)
        await self._record(request, "request", request.second_user)
        answer = await self._live.ask(request)
        if not answer.taken:
            await self._record(request, "request.refused", request.second_user, answer.why)
        return {"taken": answer.taken, "why": answer.why, "id": request.id, "until_s": request.until_s}

    async def _record(self, request: Request, kind: str, second: str | None, why: str | None = None) -> None:
        """Into the audit, on disk before anything is sent."""
        shown = {"path", "low", "high", "value", "mode", "id"} | ({"ends"} if request.ends else set())
        new = request.model_dump(exclude_none=True, include=shown)
        what = f"{kind}.{request.what}" + (f":{request.path}" if request.path else "")
        change = Change(
            request.user or "",
            what,
            self._before(request),
            new,
            why or request.reason,
            request.until_s,
            second,
        )
        await written(self._audit, change)

    def _before(self, request: Request) -> Any:
        state = self._live.seen.state
        if state is None:
            return None
        if request.what == "mode":
            return state.mode
        same = [
            one
            for one in state.requests
            if (one.get("what"), one.get("path")) == (request.what, request.path)
        ]
        return dict(same[0]) if same else None

    def _forget(self) -> None:
        now_s = time.monotonic()
        self._waiting = {key: one for key, one in self._waiting.items() if one.ends_s > now_s}


async def written(audit: Audit, change: Change) -> None:
    """Write a change to the audit, away from the loop.

    Raises:
        Refused: The disk does not take it: the change must not be made.
    """
    try:
        await asyncio.to_thread(audit.record, change)
    except OSError as error:
        raise Refused(503, f"the audit cannot be written ({error.strerror}); nothing was changed.") from None


def _only(body: dict[str, Any], fields: tuple[str, ...], more: str = "") -> None:
    unknown = [key for key in body if key not in fields]
    if unknown:
        raise Refused(400, f"{unknown[0]:.40} is not known, must be one of {', '.join(fields)}{more}.")


def _plain(lines: Any) -> list[dict[str, Any]]:
    return [{"text": line.text, "warns": line.warns} for line in lines]
