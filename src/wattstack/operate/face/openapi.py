"""The interface described as an OpenAPI document: its messages are the models that the guard itself checks.

Needs    operate.link (models), operate.face: asks, users.
Gives    openapi_document.
Used by  operate.face.routes_requests.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from wattstack.operate.face.asks import FIELDS, LEAST_ROLE, LONGEST_S
from wattstack.operate.link import Answer, Event, Names, Request, State

_TOLD = "Power is in MW, energy in MWh, time in seconds since 1970 UTC. Setpoints are positive into the campus bus."
_LIVE = (
    "What comes over the WebSocket, one way: messages of text are JSON with `kind` (names: channels of the values that "
    "follow; event; picture: state, alarms, requests that wait), at least one picture a second. Messages of bytes are "
    "values in the order of the last names, little-endian: float64 UTC seconds, float32 each (NaN: not known), uint8 "
    "each (quality: 0 good, 1 not there, 2 bad, 3 stale, 4 written by others). A message from the client ends it "
    "(1008). Closed with 4401: the session ended; 1013: too slow; 1001: connect again."
)
_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_SPAN = (("start_s", _NUMBER, "From, seconds since 1970 UTC; absent = an hour before end_s."),
         ("end_s", _NUMBER, "Until; absent = now."))  # fmt: skip
# method, path, least role, what it is, query, body, schema of the answer
_ROUTES: tuple[tuple[str, str, str | None, str, tuple, dict[str, Any] | None, str | None], ...] = (
    ("get", "/api/me", None, "Who I am.", (), None, None),
    ("post", "/api/first", None, "The first person, by the token that was printed.", (),
     {"token": _TEXT, "name": _TEXT, "password": _TEXT}, None),
    ("post", "/api/sign-in", None, "Begin a session.", (), {"name": _TEXT, "password": _TEXT}, None),
    ("post", "/api/sign-out", "viewer", "End it.", (), None, None),
    ("post", "/api/password", "viewer", "My own new password.", (), {"old": _TEXT, "new": _TEXT}, None),
    ("get", "/api/site", "viewer", "The campus, its assets and devices.", (), None, None),
    ("get", "/api/state", "viewer", "The guard's state and all values.",
     (("prefix", _TEXT, "Only channels that begin so."),), None, "State"),
    ("get", "/api/live", "viewer", "A WebSocket: pictures, values, events; see Live.",
     (("prefix", _TEXT, "Values whose channel begins so; absent = those that the page draws."),), None, "Live"),
    ("get", "/api/why", "viewer", "Commands with reasons, steps with slack, requests in force.", (), None, None),
    ("get", "/api/channels", "viewer", "Channels that were ever kept.", (), None, None),
    ("get", "/api/history", "viewer", "Channels over time: least, mean and greatest of each piece.",
     (("channel", _TEXT, "Up to 12 times."), *_SPAN, ("points", _NUMBER, "Pieces, 10 to 2000; absent = 600.")),
     None, None),
    ("get", "/api/events", "viewer", "Alarms, commands with their reasons.",
     (*_SPAN, ("level", _TEXT, "alarm, command or info."), ("channel", _TEXT, "How it begins."),
      ("most", _NUMBER, "The newest so many, 1 to 2000.")), None, "Event"),
    ("get", "/api/alarms", "viewer", "The list of alarms.", (), None, None),
    ("post", "/api/alarms/acknowledge", "operator", "Seen.", (), {"key": _TEXT}, None),
    ("post", "/api/alarms/shelve", "operator", "Set aside for a time.", (),
     {"key": _TEXT, "for_s": _NUMBER, "reason": _TEXT}, None),
    ("post", "/api/alarms/unshelve", "operator", "Take back.", (), {"key": _TEXT}, None),
    ("get", "/api/requests", "viewer", "In force, waiting, and what I may ask for.", (), None, None),
    ("post", "/api/requests", "operator", "Ask. 200 taken, 202 waits for a second person, 409 not taken.", (),
     {"$ref": "Ask"}, "Answer"),
    ("post", "/api/requests/preview", "operator", "What it would do; nothing is sent.", (), {"$ref": "Ask"}, None),
    ("post", "/api/requests/end", "operator", "End one in force.", (),
     {"what": _TEXT, "path": _TEXT, "reason": _TEXT}, "Answer"),
    ("post", "/api/requests/agree", "operator", "I am the second person.", (), {"id": _TEXT}, "Answer"),
    ("post", "/api/requests/decline", "operator", "It is not sent.", (), {"id": _TEXT}, None),
    ("get", "/api/sessions", "viewer", "Who is signed in, and where; admins see all.", (), None, None),
    ("post", "/api/sessions/end", "viewer", "End one of them; what it has open is closed.", (), {"id": _TEXT}, None),
    ("get", "/api/users", "admin", "People and programs.", (), None, None),
    ("post", "/api/users", "admin", "A person, or a new role and password.", (),
     {"name": _TEXT, "password": _TEXT, "role": _TEXT}, None),
    ("post", "/api/users/remove", "admin", "May no longer.", (), {"name": _TEXT}, None),
    ("post", "/api/machines", "admin", "A program; the answer has its key, once.", (),
     {"name": _TEXT, "role": _TEXT}, None),
    ("get", "/api/memory", None, "What the guard must not forget, for the controller of another machine; bearer: the "
     "secret of operate.standby.", (), None, None),
    ("get", "/api/openapi.json", None, "This document.", (), None, None),
)  # fmt: skip


@cache
def openapi_document() -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    schemas: dict[str, Any] = {}
    for model in (Request, State, Event, Answer):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    asked = schemas["Request"]["properties"]
    schemas["Ask"] = {
        "type": "object", "additionalProperties": False, "required": ["what", "reason"],
        "description": f"A request; one of until_s and for_s says until when. Least role: {_roles()}.",
        "properties": {name: asked[name] for name in FIELDS}
        | {"for_s": {"type": "number", "minimum": 1, "maximum": LONGEST_S}},
    }  # fmt: skip
    schemas["Names"] = Names.model_json_schema()
    schemas["Live"] = {
        "description": _LIVE,
        "oneOf": [
            {"$ref": "#/components/schemas/Names"},
            {"$ref": "#/components/schemas/Event"},
            {"type": "object", "properties": {"kind": {"const": "picture"}}, "required": ["kind"]},
            {"type": "string", "format": "binary"},
        ],
    }
    schemas["Why"] = {"type": "object", "properties": {"why": _TEXT}}
    paths: dict[str, Any] = {}
    for method, path, role, told, query, body, answer in _ROUTES:
        paths.setdefault(path, {})[method] = _operation(method, role, told, query, body, answer)
    return {
        "openapi": "3.1.0",
        "info": {"title": "wattstack control room", "version": "1", "description": _TOLD},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "wattstack",
                            "description": "Of a person; __Host-wattstack under TLS. Commands need x-csrf-token too."},
                "key": {"type": "http", "scheme": "bearer", "description": "Of a program."},
            },
        },
    }  # fmt: skip


def _operation(
    method: str, role: str | None, told: str, query: tuple, body: dict | None, answer: str | None
) -> dict:
    schema = {"$ref": f"#/components/schemas/{answer}"} if answer else {"type": "object"}
    refused = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Why"}}}}
    made: dict[str, Any] = {
        "summary": told,
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": schema}}},
            **{
                status: {"description": text, **refused}
                for status, text in (("400", "Not possible, and why."), ("401", "Sign in first."),
                                     ("403", "May not."), ("429", "Wait."))
            },
        },
        "security": [] if role is None else [{"session": []}, {"key": []}],
    }  # fmt: skip
    if role is not None:
        made["description"] = f"Least role: {role}."
    if answer == "Live":
        made["responses"]["101"] = made["responses"].pop("200")  # what follows is the WebSocket
    if query:
        made["parameters"] = [
            {"name": name, "in": "query", "schema": kind, "description": text} for name, kind, text in query
        ]
    if method == "post":
        named = body or {}
        schema = (
            {"$ref": "#/components/schemas/Ask"}
            if "$ref" in named
            else {"type": "object", "properties": named, "required": [n for n in named if n != "path"]}
        )
        made["requestBody"] = {"required": bool(named), "content": {"application/json": {"schema": schema}}}
    return made


def _roles() -> str:
    return ", ".join(f"{what} {role}" for what, role in LEAST_ROLE.items())
