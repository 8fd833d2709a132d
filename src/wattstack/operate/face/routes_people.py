"""Coming in and going out; who there is.

Needs    starlette; operate.face: room, gate, shield, users.
Gives    PEOPLE.
Used by  operate.face.app.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wattstack.errors import InputError
from wattstack.operate.face.gate import address_of
from wattstack.operate.face.room import Room
from wattstack.operate.face.shield import Refused, json_bytes, read_json
from wattstack.operate.face.users import Who


def answered(value: Any, status: int = 200) -> Response:
    """JSON that is not kept by anybody on its way."""
    return Response(
        json_bytes(value), status, headers={"cache-control": "no-store"}, media_type="application/json"
    )


def words(body: dict[str, Any], *names: str) -> list[str]:
    """Texts of a body.

    Raises:
        Refused: One is missing, no text, or too long; or there is something else.
    """
    wrong = [name for name in names if not isinstance(body.get(name), str) or len(body[name]) > 500]
    wrong += [name for name in body if name not in names]
    if wrong:
        raise Refused(400, f"{wrong[0]:.40} must be a text, and nothing but {', '.join(names)} be given.")
    return [body[name] for name in names]


def told(who: Who) -> dict[str, Any]:
    """Who is signed in, as the page needs it."""
    return {"name": who.name, "role": who.role, "csrf": who.csrf}


def _room(request: Request) -> Room:
    return request.app.state.room


async def me(request: Request) -> Response:
    """Who I am; and whether anybody is known yet."""
    room = _room(request)
    who = room.gate.who(request)
    if who is not None:
        return answered({"who": told(who)})
    return answered({"who": None, "first": room.users.empty})


async def first(request: Request) -> Response:
    """The first person, by the token that was printed."""
    room = _room(request)
    room.gate.same_page(request)
    token, name, password = words(await read_json(request), "token", "name", "password")
    if not await room.gate.slowed(request, "first", lambda: _begun(room, token, name, password)):
        raise Refused(
            403, "token is not the one that was printed at the start, or somebody is there already."
        )
    await room.record(name, "user.first", None, "admin", "first run")
    return await _come_in(room, request, name)


def _begun(room: Room, token: str, name: str, password: str) -> bool:
    try:
        room.users.begin(token, name, password)
    except InputError as error:
        if error.source == "user":
            raise Refused(400, str(error)) from None
        return False
    return True


async def sign_in(request: Request) -> Response:
    """Name and password for a session."""
    room = _room(request)
    room.gate.same_page(request)
    name, password = words(await read_json(request), "name", "password")
    if not await room.gate.proved(request, name, password):
        raise Refused(401, "name or password is wrong.")
    return await _come_in(room, request, name)


async def _come_in(room: Room, request: Request, name: str) -> Response:
    address = address_of(request)
    room.gate.forget(request)  # a session that was there before does not live on beside the new one
    token, who = await asyncio.to_thread(room.users.sign_in, name, address)
    await room.record(who.name, "session.begin", None, address, "signed in")
    answer = answered({"who": told(who)})
    room.gate.put_cookie(answer, token)
    return answer


async def sign_out(request: Request) -> Response:
    """End my session."""
    room = _room(request)
    room.gate.need(request, "viewer")
    answer = answered({"who": None})
    room.gate.end(request, answer)
    return answer


async def password(request: Request) -> Response:
    """My own new password; all my sessions end."""
    room = _room(request)
    who = room.gate.need(request, "viewer")
    if who.machine:
        raise Refused(403, "a program has no password; an admin gives it a new key.")
    old, new = words(await read_json(request), "old", "new")
    if not await room.gate.proved(request, who.name, old):
        raise Refused(403, "old is not your password.")
    await room.record(who.name, "user.password", None, None, "own new password")
    await _changed(room.users.add, who.name, new, who.role)
    return answered({"who": None})


async def sessions(request: Request) -> Response:
    """Who is signed in from where: all for an admin, for others their own."""
    room = _room(request)
    who = room.gate.need(request, "viewer")
    return answered({"sessions": room.users.sessions(None if who.role == "admin" else who.name)})


async def end_session(request: Request) -> Response:
    """End a session; what it has open is closed."""
    room = _room(request)
    who = room.gate.need(request, "viewer")
    (id_,) = words(await read_json(request), "id")
    mine = {one["id"]: one for one in room.users.sessions(None if who.role == "admin" else who.name)}
    if id_ not in mine:
        raise Refused(404, "nobody is signed in so.")
    told = f"{mine[id_]['name']} at {mine[id_]['address']}"
    await room.record(who.name, "session.end", told, None, "ended from the list")
    await asyncio.to_thread(room.users.end_session, id_)
    return await sessions(request) if room.gate.who(request) is not None else answered({"sessions": []})


async def people(request: Request) -> Response:
    """Everybody; names and roles."""
    room = _room(request)
    room.gate.need(request, "admin")
    return answered({"users": room.users.listed()})


async def add_person(request: Request) -> Response:
    """A person, or their new role and password."""
    room = _room(request)
    who = room.gate.need(request, "admin")
    name, secret, role = words(await read_json(request), "name", "password", "role")
    await room.record(who.name, "user.add", None, {"name": name, "role": role}, "people of this site")
    await _changed(room.users.add, name, secret, role)
    return answered({"users": room.users.listed()}, 201)


async def add_machine(request: Request) -> Response:
    """A program; its key is told once, here."""
    room = _room(request)
    who = room.gate.need(request, "admin")
    name, role = words(await read_json(request), "name", "role")
    await room.record(who.name, "machine.add", None, {"name": name, "role": role}, "programs of this site")
    key = await _changed(room.users.add_machine, name, role)
    return answered({"key": key, "users": room.users.listed()}, 201)


async def remove(request: Request) -> Response:
    """Somebody may no longer."""
    room = _room(request)
    who = room.gate.need(request, "admin")
    (name,) = words(await read_json(request), "name")
    await room.record(who.name, "user.remove", name, None, "people of this site")
    await _changed(room.users.remove, name)
    return answered({"users": room.users.listed()})


async def _changed(do: Any, *given: str) -> Any:
    try:
        return await asyncio.to_thread(do, *given)
    except InputError as error:
        raise Refused(400, str(error)) from None


PEOPLE = [
    Route("/api/me", me, methods=["GET"]),
    Route("/api/first", first, methods=["POST"]),
    Route("/api/sign-in", sign_in, methods=["POST"]),
    Route("/api/sign-out", sign_out, methods=["POST"]),
    Route("/api/password", password, methods=["POST"]),
    Route("/api/sessions", sessions, methods=["GET"]),
    Route("/api/sessions/end", end_session, methods=["POST"]),
    Route("/api/users", people, methods=["GET"]),
    Route("/api/users", add_person, methods=["POST"]),
    Route("/api/users/remove", remove, methods=["POST"]),
    Route("/api/machines", add_machine, methods=["POST"]),
]
