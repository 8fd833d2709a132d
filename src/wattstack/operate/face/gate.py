"""Who is asking, and whether they may: sessions of people, keys of programs, and that a page of ours sent the command.

Needs    operate.face: users, limits, shield.
Gives    Gate.
Used by  operate.face: every route.

A command from a browser counts only with the cookie (HttpOnly, SameSite=Strict), the token that our own page was told,
and an Origin that is ours. A program sends its key with every request and no cookie.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from wattstack.operate.face.limits import Tries, origin_of
from wattstack.operate.face.shield import Refused
from wattstack.operate.face.users import Users, Who, at_least

SAFE = ("GET", "HEAD")


def address_of(request: HTTPConnection) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else "unknown"


class Gate:
    """The one way in.

    Args:
        users: Who is known.
        tls: The cookie goes over TLS only.
        session_h: The cookie ends after so long [h].
        on_stolen: Called with the name and the two addresses where a session came from elsewhere and was ended.
    """

    def __init__(
        self, users: Users, tls: bool, session_h: float, on_stolen: Callable[[str, str, str], None]
    ) -> None:
        self.users, self._tls, self._session_h, self._on_stolen = users, tls, session_h, on_stolen
        self._cookie = "__Host-wattstack" if tls else "wattstack"
        self._tries = Tries()
        self._strangers = Tries(longest_s=60.0)  # a name tried from places it never signed in from
        # a hash takes a core for some tens of ms: one at a time, others wait
        self._hashing = asyncio.Semaphore(1)

    def who(self, request: HTTPConnection) -> Who | None:
        """Who is asking, None where nobody that is known.

        A session is good where it began: from another address it is taken for stolen, ended, and that is told.
        """
        kind, _, key = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return self.users.of_key(key.strip())
        token, address = request.cookies.get(self._cookie), address_of(request)
        who = self.users.of_session(token) if token else None
        if token and who is not None and who.address != address:
            self.users.sign_out(token)
            self._on_stolen(who.name, who.address, address)
            return None
        return who

    def need(self, request: Request, least: str) -> Who:
        """Who is asking, where they have at least that role and, for a command, a page of ours sent it.

        Raises:
            Refused: 401 nobody that is known, 403 may not.
        """
        who = self.who(request)
        if who is None:
            raise Refused(401, "sign in first.")
        if request.method not in SAFE and not who.machine:
            self.same_page(request)
            if not secrets.compare_digest(
                request.headers.get("x-csrf-token", "").encode(), who.csrf.encode()
            ):
                raise Refused(403, "x-csrf-token is not the one of this session. Load the page again.")
        if not at_least(who.role, least):
            raise Refused(403, f"{who.name} is {who.role}, must be {least}. Ask an admin.")
        return who

    def onlooker(self, request: HTTPConnection) -> Who:
        """Who wants to look on over a WebSocket; with a session only from a page of ours, which tells its origin.

        Raises:
            Refused: 401 nobody that is known, 403 a page of another site, or of none.
        """
        self.same_page(request)
        who = self.who(request)
        if who is None:
            raise Refused(401, "sign in first.")
        if not who.machine and request.headers.get("origin") is None:
            raise Refused(403, "a session must come with the origin of its page; a program sends its key.")
        return who

    def same_page(self, request: HTTPConnection) -> None:
        """Refuse what another site's page sent.

        Raises:
            Refused: Its origin is not ours.
        """
        origin, host = request.headers.get("origin"), request.headers.get("host", "").lower()
        told = request.headers.get("sec-fetch-site", "same-origin")
        # without TLS of our own there may be a proxy's before us
        ours = (f"https://{host}",) if self._tls else (f"https://{host}", f"http://{host}")
        if told not in ("same-origin", "none") or (origin is not None and origin.lower() not in ours):
            raise Refused(403, "comes from a page of another site.")

    async def proved(self, request: Request, name: str, password: str) -> bool:
        """Whether the password is right; each wrong one makes the next wait longer.

        Raises:
            Refused: Too many were wrong; nothing is compared before the wait is over.
        """
        address = address_of(request)
        origin = origin_of(address)
        more = [(self._tries, f"{name.lower()} {origin}")]
        if len(name) <= 40 and not await asyncio.to_thread(self.users.knows, name, address):
            # on its own, so that nobody else can lock a person out of where they usually sit
            more.append((self._strangers, name.lower()))
        return await self._slow([(self._tries, origin), *more], lambda: self.users.proved(name, password))

    async def slowed(self, request: Request, what: str, test: Callable[[], bool]) -> bool:
        """A test of a secret that is no password; each wrong try makes the next wait longer.

        Raises:
            Refused: Too many were wrong.
        """
        return await self._slow(
            [(self._tries, f"{what} {origin_of(address_of(request))}"), (self._strangers, what)], test
        )

    async def _slow(self, keys: list[tuple[Tries, str]], test: Callable[[], bool]) -> bool:
        wait_s = max(tries.wait_s(key) for tries, key in keys)
        if wait_s > 0.0:
            raise Refused(429, f"too many wrong tries; wait {wait_s:.0f} s.", wait_s)
        for tries, key in keys:
            tries.wrong(key)  # counted before it is compared, so that many at once do not slip through
        async with self._hashing:
            right = await asyncio.to_thread(test)
        if right:
            for tries, key in keys:
                tries.right(key)
        return right

    def put_cookie(self, answer: Response, token: str) -> None:
        """Give the browser its session."""
        answer.set_cookie(
            self._cookie, token, max_age=int(self._session_h * 3600.0), path="/", secure=self._tls, httponly=True,
            samesite="strict",
        )  # fmt: skip

    def end(self, request: Request, answer: Response) -> None:
        """End the session of a request."""
        self.forget(request)
        answer.delete_cookie(self._cookie, path="/", secure=self._tls, httponly=True, samesite="strict")

    def forget(self, request: Request) -> None:
        """End the session that came with a request, where one did."""
        token = request.cookies.get(self._cookie)
        if token:
            self.users.sign_out(token)
