"""Requests of people and their programs: what one would do, sending it, a second person, ending it.

Needs    starlette; operate.face: room, asks, openapi, routes_people (answered, words).
Gives    REQUESTS.
Used by  operate.face.app.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wattstack.operate.face.asks import LEAST_ROLE, TWO_PERSONS
from wattstack.operate.face.openapi import openapi_document
from wattstack.operate.face.room import Room
from wattstack.operate.face.routes_people import answered, words
from wattstack.operate.face.shield import read_json
from wattstack.operate.face.users import Who, at_least
from wattstack.operate.link import Request as Asked


def _room(request: Request) -> Room:
    return request.app.state.room


async def listed(request: Request) -> Response:
    """Requests in force, those that wait for a second person, and what I may ask for."""
    room = _room(request)
    who = room.gate.need(request, "viewer")
    state = room.live.seen.state
    mine = {
        what: {"may": at_least(who.role, least), "role": least, "two_persons": what in TWO_PERSONS}
        for what, least in LEAST_ROLE.items()
    }
    return answered(
        {"in_force": () if state is None else state.requests, "waiting": room.asks.waiting(), "what": mine}
    )


async def preview(request: Request) -> Response:
    """What a request would do; nothing is sent."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    made, for_s = room.asks.read(await read_json(request), who)
    return answered(
        {"effect": room.asks.effect(made), "for_s": for_s, "two_persons": made.what in TWO_PERSONS,
         "until_s": made.until_s}
    )  # fmt: skip


async def send(request: Request) -> Response:
    """Ask the guard, or wait for a second person."""
    return await _submitted(request, _room(request).asks.read)


async def end(request: Request) -> Response:
    """End a request in force before its time."""
    return await _submitted(request, _room(request).asks.ending)


async def _submitted(
    request: Request, read: Callable[[dict[str, Any], Who], tuple[Asked, float]]
) -> Response:
    """What `read` makes of the body, sent; 202 where it waits, 409 where the guard refuses it."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    made, for_s = read(await read_json(request), who)
    done = await room.asks.submit(made, for_s, who)
    return answered(done, 200 if done["taken"] else 202 if "waiting" in done else 409)


async def agree(request: Request) -> Response:
    """I am the second person."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    (id_,) = words(await read_json(request), "id")
    done = await room.asks.agree(id_, who)
    return answered(done, 200 if done["taken"] else 409)


async def decline(request: Request) -> Response:
    """What waits is not sent."""
    room = _room(request)
    who = room.gate.need(request, "operator")
    (id_,) = words(await read_json(request), "id")
    await room.asks.decline(id_, who)
    return answered({"waiting": room.asks.waiting()})


async def openapi(request: Request) -> Response:
    """The interface, described."""
    return answered(openapi_document())


REQUESTS = [
    Route("/api/requests", listed, methods=["GET"]),
    Route("/api/requests", send, methods=["POST"]),
    Route("/api/requests/preview", preview, methods=["POST"]),
    Route("/api/requests/end", end, methods=["POST"]),
    Route("/api/requests/agree", agree, methods=["POST"]),
    Route("/api/requests/decline", decline, methods=["POST"]),
    Route("/api/openapi.json", openapi, methods=["GET"]),
]
