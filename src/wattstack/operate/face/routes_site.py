"""How the site is: now, before, and why; its alarms; what another controller has to know.

Needs    starlette; operate.link; operate.face: room, history, metrics, onlooker, routes_people (answered, words).
Gives    SITE.
Used by  operate.face.app.
"""

from __future__ import annotations

import asyncio
import secrets
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute

from wattstack.errors import InputError
from wattstack.operate.face import history
from wattstack.operate.face.metrics import metrics_text
from wattstack.operate.face.onlooker import look_on
from wattstack.operate.face.room import Room
from wattstack.operate.face.routes_people import answered, words
from wattstack.operate.face.shield import Refused, read_json, said_why
from wattstack.operate.link import Memory

MOST_CHANNELS = 12
ORDER = (
    "device", "connection", "island and lockout", "backup reserve", "instruction", "ramp", "peak", "smoothing", "cost",
)  # fmt: skip


def _room(request: Request) -> Room:
    return request.app.state.room


async def site(request: Request) -> Response:
    """The campus, its assets and devices."""
    room = _room(request)
    room.gate.need(request, "viewer")
    return answered(room.site | {"running": room.started_sum})


async def state(request: Request) -> Response:
    """The guard's state and every value, or those whose channel begins with `prefix`."""
    room = _room(request)
    room.gate.need(request, "viewer")
    picture = room.picture.now()
    values = room.picture.all_values(request.query_params.get("prefix", "")[:100])
    return answered(
        {key: picture[key] for key in ("utc_s", "guard", "state", "file", "started_file")} | values
    )


async def live(request: Request) -> Response:
    """Who comes here without asking for a WebSocket."""
    _room(request).gate.need(request, "viewer")
    raise Refused(426, "is a WebSocket; ask for an upgrade, with wss:// or ws://.")


async def why(request: Request) -> Response:
    """Each command with its reason, the steps that could not be kept, the requests in force."""
    room = _room(request)
    room.gate.need(request, "viewer")
    seen = room.live.seen
    told = seen.state
    if told is None:
        return answered({"heard": False, "order": ORDER, "commands": [], "slack_mw": {}, "requests": []})
    commands = [
        {"path": path, "setpoint_mw": told.setpoints_mw.get(path), "reason": told.reasons.get(path, "")}
        for path in {**told.setpoints_mw, **told.reasons}
    ]
    return answered(
        {"heard": seen.heard, "utc_s": told.utc_s, "mode": told.mode, "order": ORDER, "commands": commands,
         "slack_mw": told.slack_mw, "requests": told.requests, "lockouts": told.lockouts}
    )  # fmt: skip


async def curves(request: Request) -> Response:
    """Channels over time."""
    room = _room(request)
    room.gate.need(request, "viewer")
    channels = request.query_params.getlist("channel")
    if not 1 <= len(channels) <= MOST_CHANNELS:
        raise Refused(400, f"channel must be given, at most {MOST_CHANNELS} times.")
    start_s, end_s = _span(request)
    points = int(_number(request, "points", 600, 10, history.MOST_POINTS))
    async with room.queries:
        found = []
        for channel in channels:
            try:
                one = await asyncio.to_thread(history.curve, room.folder, channel, start_s, end_s, points)
            except InputError as error:
                one = {"channel": channel, "start_s": start_s, "step_s": (end_s - start_s) / points, "low": [],
                       "mean": [], "high": [], "fault": error.faults[0].what}  # fmt: skip
            found.append(one)
    return answered({"curves": found})


async def channels(request: Request) -> Response:
    """Which channels were ever kept, and from when to when."""
    room = _room(request)
    room.gate.need(request, "viewer")
    return answered(await asyncio.to_thread(history.kept, room.folder))


async def events(request: Request) -> Response:
    """What happened: from history, and what is newer than it."""
    room = _room(request)
    room.gate.need(request, "viewer")
    start_s, end_s = _span(request)
    level, channel = request.query_params.get("level"), request.query_params.get("channel")
    if level not in (None, "alarm", "command", "info"):
        raise Refused(400, "level must be alarm, command or info.")
    most = int(_number(request, "most", 200, 1, 2000))
    async with room.queries:
        found = await asyncio.to_thread(history.happened, room.folder, start_s, end_s, level, channel, most)
    newest_s = found[-1]["utc_s"] if found else start_s
    found += [
        one.model_dump(mode="json", exclude={"kind"})
        for one in list(room.live.events)
        if newest_s + 1e-3 < one.utc_s < end_s
        and level in (None, one.level)
        and one.channel.startswith(channel or "")
    ]
    return answered({"events": found[-most:]})


async def alarms(request: Request) -> Response:
    """The list of alarms."""
    room = _room(request)
    room.gate.need(request, "viewer")
    return answered(room.alarms())


async def acknowledge(request: Request) -> Response:
    """Somebody has seen an alarm."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    (key,) = words(await read_json(request), "key")
    await room.record(who.name, "alarm.acknowledge", None, key, "seen")
    return answered(await room.alarm("acknowledge", key=key, user=who.name))


async def shelve(request: Request) -> Response:
    """Set an alarm aside for a time."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    body = await read_json(request)
    for_s = body.pop("for_s", None)
    if isinstance(for_s, bool) or not isinstance(for_s, int | float) or not 1.0 <= for_s <= 86_400.0:
        raise Refused(400, "for_s must be a number of seconds, 1 to 86400.")
    key, reason = words(body, "key", "reason")
    said_why(reason)
    await room.record(who.name, "alarm.shelve", None, {"key": key, "for_s": for_s}, reason)
    return answered(await room.alarm("shelve", key=key, user=who.name, for_s=for_s, why=reason))


async def unshelve(request: Request) -> Response:
    """Take an alarm back into the list."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    (key,) = words(await read_json(request), "key")
    await room.record(who.name, "alarm.unshelve", key, None, "taken back")
    return answered(await room.alarm("unshelve", key=key, user=who.name))


async def metrics(request: Request) -> Response:
    """For Prometheus, on this machine only: never through a proxy, never by a name, which anybody can let lead here."""
    server = request.scope.get("server")
    reached = _numbered(server[0] if server else "")
    try:
        asked = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        asked = None
    for said in (request.client.host if request.client else "", asked or ""):
        number = _numbered(said)
        if number is None or not (number.is_loopback or number == reached):
            raise Refused(403, "must be asked for on this machine, by the number of its address.")
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        raise Refused(403, "must be asked for on this machine, not through a proxy.")
    return Response(metrics_text(_room(request)), media_type="text/plain; version=0.0.4; charset=utf-8")


def _numbered(host: str) -> IPv4Address | IPv6Address | None:
    """The number of an address; None of a name. One of IPv4 that came in by IPv6 is that of IPv4."""
    try:
        number = ip_address(host)
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number


async def memory(request: Request) -> Response:
    """What the guard must not forget, for the controller of another machine: it has the secret of operate.standby."""
    room = _room(request)
    kind, _, told = request.headers.get("authorization", "").partition(" ")
    shared = room.shared or ""
    if (
        kind.lower() != "bearer"
        or not shared
        or not secrets.compare_digest(told.strip().encode(), shared.encode())
    ):
        raise Refused(401, "the secret is not that of operate.standby, or the campus declares none.")
    try:
        text = await asyncio.to_thread((room.folder / Memory.OWN).read_text, encoding="utf-8")
    except OSError:
        raise Refused(503, "the guard has not saved anything yet.", 1.0) from None
    return Response(text, headers={"cache-control": "no-store"}, media_type="application/json")


def _span(request: Request) -> tuple[float, float]:
    now_s = _room(request).live.utc_s
    end_s = _number(request, "end_s", now_s, 0.0, 4e9)
    start_s = _number(request, "start_s", end_s - 3600.0, 0.0, 4e9)
    if not 0.0 < end_s - start_s <= history.MOST_SPAN_S:
        raise Refused(400, f"start_s must be before end_s, by at most {history.MOST_SPAN_S:.0f} s.")
    return start_s, end_s


def _number(request: Request, name: str, usual: float, least: float, most: float) -> float:
    text: Any = request.query_params.get(name, usual)
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not (isfinite(value) and least <= value <= most):
        raise Refused(400, f"{name} must be a number, {least:g} to {most:g}.")
    return value


SITE = [
    Route("/api/site", site, methods=["GET"]),
    Route("/api/state", state, methods=["GET"]),
    Route("/api/live", live, methods=["GET"]),
    WebSocketRoute("/api/live", look_on),
    Route("/api/why", why, methods=["GET"]),
    Route("/api/history", curves, methods=["GET"]),
    Route("/api/channels", channels, methods=["GET"]),
    Route("/api/events", events, methods=["GET"]),
    Route("/api/alarms", alarms, methods=["GET"]),
    Route("/api/alarms/acknowledge", acknowledge, methods=["POST"]),
    Route("/api/alarms/shelve", shelve, methods=["POST"]),
    Route("/api/alarms/unshelve", unshelve, methods=["POST"]),
    Route("/api/memory", memory, methods=["GET"]),
    Route("/metrics", metrics, methods=["GET"]),
]
