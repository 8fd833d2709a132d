"""What the controller of another machine knows, asked of its page while ours waits, and left where our guard finds it.

Needs    campus, operate: link, audit.standby_secret, straight, whole; operate.north.way.
Gives    StandbyWay.
Used by  operate.north.way.

Requests in force, lockouts, the month's peak: a guard that takes over could not measure them. What was heard is left as
it came, with its checksum; the guard decides what of it counts. Who writes itself asks nobody.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import ssl
import urllib.error
import urllib.request
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from wattstack.errors import Fault, InputError
from wattstack.operate.audit import standby_secret
from wattstack.operate.link import Memory
from wattstack.operate.north.way import Site
from wattstack.operate.straight import straight_opener
from wattstack.operate.whole import write_whole

if TYPE_CHECKING:
    from wattstack.campus import Campus

CHANNEL = "north.standby"
EVERY_S = 1.0
ANSWER_S = 2.0
LOST_S = 30.0  # silence of the controller that writes, until it is told
MOST = 1 << 20  # bytes of an answer
NO_MEMORY = (http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError, RecursionError)
SILENT = (
    "what the controller that writes knows is not heard, its requests and lockouts of now would not be known here if "
    "this one took over"
)


class StandbyWay:
    """Asks the pages of operate.standby.

    Args:
        campus: With operate.standby.pages.

    Raises:
        InputError: The secret or the certificates cannot be used.
    """

    def __init__(self, campus: Campus) -> None:
        standby = campus.operate.standby
        self._pages, self._secret = standby.pages, standby_secret(campus)
        context = ssl.create_default_context(cafile=_ca(campus))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._opener = straight_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    async def run(self, site: Site) -> None:
        """Follow until cancelled."""
        loop, lost = asyncio.get_running_loop(), False
        heard_s = loop.time()
        while True:
            if site.heard and not site.state.writes:
                text, why = await asyncio.to_thread(self._newest)
                if text:
                    await asyncio.to_thread(write_whole, site.folder / Memory.OTHER, text.encode())
                    heard_s = loop.time()
                    if lost:
                        await site.say("info", CHANNEL, "what the other controller knows is heard again")
                    lost = False
                elif not lost and loop.time() - heard_s > LOST_S:
                    lost = True
                    await site.say("alarm", CHANNEL, f"{SILENT}: {why}"[:500])
            else:
                heard_s = loop.time()
            await asyncio.sleep(EVERY_S)

    def _newest(self) -> tuple[str, str]:
        """What the controller that writes said, "" where none did, and why not."""
        newest_s, text, whys = -inf, "", []
        for page in self._pages:
            try:
                told = self._ask(page)
                state = json.loads(json.loads(told)["state"])
                utc_s = float(state["utc_s"])
                if not isfinite(utc_s):
                    raise ValueError("says no time")
                if state.get("live") is not True:
                    whys.append(f"{page} does not write itself")
                elif utc_s > newest_s:
                    newest_s, text = utc_s, told
            except urllib.error.HTTPError as error:
                error.close()
                whys.append(f"{page} answered {error.code}")
            except (*NO_MEMORY, OSError) as error:
                whys.append(f"{page}: {getattr(error, 'reason', error)}")
        return text, "; ".join(whys)

    def _ask(self, page: str) -> str:
        request = urllib.request.Request(
            f"{page.rstrip('/')}/api/memory",
            headers={"Authorization": f"Bearer {self._secret}", "User-Agent": "wattstack"},
        )
        with self._opener.open(request, timeout=ANSWER_S) as answer:
            raw = answer.read(MOST + 1)
        if len(raw) > MOST:
            raise ValueError(f"says more than {MOST} bytes")
        return raw.decode("utf-8")


def _ca(campus: Campus) -> Path | None:
    """The file of who is trusted.

    Raises:
        InputError: It cannot be used.
    """
    if campus.operate.standby.ca is None:
        return None
    path = campus.base_dir / campus.operate.standby.ca
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        said = f"is {path}, which cannot be used ({error.strerror or error}), must be certificates in PEM."
        raise InputError(campus.source, [Fault("operate.standby.ca", said)]) from None
    return path
