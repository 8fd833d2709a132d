"""A VTN over HTTPS: events and programs are read, reports sent; the library does tokens and TLS, nothing more.

Needs    openadr3_client (extra `openadr`, Python 3.12 or newer), operate.audit.read_secret.
Gives    Vtn, HttpVtn, refuse_old_python, secret_of.
Used by  operate.north.openadr.way.

An answer is taken as plain JSON of bounded size and checked by `schema`: one event that is wrong does not lose the
others. The library is synchronous and waits for a token without an end, so that each call runs in a thread of its own
and is given up after a deadline; while one that was given up still hangs, none is begun.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from wattstack.errors import InputError, StateError
from wattstack.operate.audit import read_secret

if TYPE_CHECKING:
    from wattstack.campus import Campus

NEEDED = (3, 12)
DEADLINE_S, ANSWER_S = 30.0, 10.0
MOST_BYTES = 8_000_000
PAGE, MOST_PAGES = 50, 10  # objects a page (the most that the specification allows), pages


class Vtn(Protocol):
    """What the way needs of a VTN. Each may raise any Exception: it is told, and tried again."""

    async def programs(self) -> Any:
        """The list of programs as it came."""

    async def events(self) -> Any:
        """The list of events as it came."""

    async def report(self, report: dict[str, Any]) -> None:
        """Send a report."""


def refuse_old_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> None:
    """Say by name what is missing.

    Raises:
        InputError: Python is too old for the library, or the library is not there.

    Example:
        >>> refuse_old_python((3, 11, 7))
        Traceback (most recent call last):
        wattstack.errors.InputError: operate.north.openadr: OpenADR needs Python 3.12 or newer: this is 3.11.7. ...
    """
    from importlib.util import find_spec

    told = ".".join(str(part) for part in version)
    if version < NEEDED:
        raise InputError(
            "operate.north.openadr",
            [f"OpenADR needs Python 3.12 or newer: this is {told}. Run it with a newer one, or take it out."],
        )
    if find_spec("openadr3_client") is None:
        raise InputError(
            "operate.north.openadr", ["openadr3-client is not installed. pip install wattstack[openadr]"]
        )


def secret_of(campus: Campus) -> tuple[str, str] | None:
    """Client id and secret; None where none are declared.

    Raises:
        InputError: The file is not there, others may read it, or it does not hold both.
    """
    declared = campus.operate.north.openadr
    if declared.secret is None:
        return None
    name, colon, secret = read_secret(campus.base_dir / declared.secret).partition(":")
    if not (colon and name and secret):
        raise InputError(Path(declared.secret).name, ["must hold client id:client secret on one line."])
    return name, secret


class HttpVtn:
    """A VTN of OpenADR 3.1 (3.0.1 speaks the same objects).

    Args:
        campus: With operate.north.openadr.
        secret: Client id and secret; None: the VTN lets anybody read.
    """

    def __init__(self, campus: Campus, secret: tuple[str, str] | None) -> None:
        self._campus, self._secret, self._client = campus, secret, None
        self._hanging: threading.Thread | None = None

    async def programs(self) -> list[Any]:
        """The list of programs."""
        return await self._call(lambda: self._all("programs"))

    async def events(self) -> list[Any]:
        """The list of events."""
        return await self._call(lambda: self._all("events"))

    async def report(self, report: dict[str, Any]) -> None:
        """Send a report."""
        await self._call(lambda: self._sent(report))

    async def _call(self, work: Callable[[], Any]) -> Any:
        if self._hanging is not None and self._hanging.is_alive():
            raise StateError("the VTN still has not answered the call before.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future = loop.create_future()

        def done(value: Any, fault: Exception | None) -> None:
            if not answer.done():
                answer.set_result(value) if fault is None else answer.set_exception(fault)

        def run() -> None:
            try:
                found, fault = work(), None
            except Exception as error:
                found, fault = None, error
            if not loop.is_closed():
                loop.call_soon_threadsafe(done, found, fault)

        self._hanging = threading.Thread(target=run, name="openadr", daemon=True)
        self._hanging.start()
        async with asyncio.timeout(DEADLINE_S):
            return await answer

    def _made(self) -> Any:
        """The library's client, made at the first call: it asks the VTN where tokens come from."""
        if self._client is None:
            from openadr3_client.ven.http_factory import VirtualEndNodeHttpClientFactory as Factory
            from openadr3_client.version import OADRVersion

            declared = self._campus.operate.north.openadr
            verify = True if declared.ca is None else self._campus.base_dir / declared.ca
            if (
                declared.ca is not None
            ):  # the library takes no file for the server of tokens; requests takes this one
                os.environ["REQUESTS_CA_BUNDLE"] = str(verify)
            ways: dict[str, Any] = {
                "vtn_base_url": declared.vtn.rstrip("/"),
                "version": OADRVersion.OADR_310,
                "verify_vtn_tls_certificate": True
                if declared.ca is None
                else self._campus.base_dir / declared.ca,
                "allow_insecure_http": declared.vtn.startswith(
                    "http://"
                ),  # the campus file allows it here alone
            }
            if self._secret is None:
                self._client = Factory.create_anonymous_http_ven_client(**ways)
            else:
                self._client = Factory.create_http_ven_client(
                    client_id=self._secret[0], client_secret=self._secret[1], token_url=declared.token_url,
                    scopes=list(declared.scopes) or None, **ways,
                )  # fmt: skip
        return self._client

    def _all(self, kind: str) -> list[Any]:
        interface, found = getattr(self._made(), kind), []
        for page in range(MOST_PAGES):
            query = {"skip": PAGE * page, "limit": PAGE}
            answer = interface.session.get(
                f"{interface.base_url}/{kind}",
                params=query,
                timeout=ANSWER_S,
                stream=True,
                allow_redirects=False,
            )
            with answer:
                _well(answer)
                body = json.loads(answer.raw.read(MOST_BYTES + 1, decode_content=True)[: MOST_BYTES + 1])
            if not isinstance(body, list):
                raise StateError(f"the VTN answered to {kind} with no list.")
            found += body
            if len(body) < PAGE:
                break
        return found

    def _sent(self, report: dict[str, Any]) -> None:
        interface = self._made().reports
        with interface.session.post(
            f"{interface.base_url}/reports", json=report, timeout=ANSWER_S, stream=True, allow_redirects=False
        ) as answer:
            _well(answer)


def _well(answer: Any) -> None:
    if not 200 <= answer.status_code < 300:
        raise StateError(
            f"the VTN answered {answer.status_code} to {answer.request.method} {answer.url[:200]}."
        )
