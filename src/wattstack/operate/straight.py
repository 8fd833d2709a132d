"""HTTP to one address and to no other: a redirection is not followed, so what is sent goes where the campus file says.

Gives    straight_opener.
Used by  operate: alarms.ways, north.standby.
"""

from __future__ import annotations

import urllib.request
from typing import Any


def straight_opener(*handlers: urllib.request.BaseHandler) -> urllib.request.OpenerDirector:
    """What asks over HTTP and takes a redirection (3xx) for an error: the address of the campus file was approved.

    Args:
        handlers: Further ones: proxies, TLS.
    """
    return urllib.request.build_opener(*handlers, _NoDetour)


class _NoDetour(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
