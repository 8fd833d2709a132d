"""What came from outside and was refused: told at once, and where it goes on, once a minute with a count.

Needs    operate.north.way.
Gives    Refused, Refusals, read_strictly.
Used by  the ways of operate.north.

A broker that sends a million forged messages must not fill the history with them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from wattstack.operate.north.way import Site

if TYPE_CHECKING:
    from pydantic import TypeAdapter

T = TypeVar("T")
TOLD_S = 60.0
GRAVE = ("forged", "replayed", "unknown key")  # somebody may try something: an alarm


class Refused(Exception):  # noqa: N818 - it is refused, nothing is wrong here
    """What came is not acted on, and changes nothing.

    Attributes:
        kind: One or two words, of a small number of kinds: "forged", "replayed", "expired", "schema", ...
    """

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class Refusals:
    """Counts what was refused, and tells it.

    Args:
        channel: Under which it is told, "north.dsx".

    Attributes:
        counts: By kind, since the start.
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.counts: dict[str, int] = {}
        self._told: dict[str, tuple[float, int]] = {}

    async def refuse(self, site: Site, refused: Refused) -> None:
        """Tell it, unless one of its kind was told within the last minute."""
        kind, now_s = refused.kind, asyncio.get_running_loop().time()
        count = self.counts[kind] = self.counts.get(kind, 0) + 1
        told_s, told = self._told.get(kind, (-TOLD_S, 0))
        if now_s - told_s < TOLD_S:
            return
        self._told[kind] = now_s, count
        more = f" ({count - told - 1} more of the kind since it was told last)" if count - told > 1 else ""
        level = "alarm" if kind in GRAVE else "info"
        await site.say(
            level,
            f"{self.channel}.refused",
            f"refused, {kind}: {refused}{more}",
            count=float(count),
            once=True,
        )


def read_strictly(model: TypeAdapter[T], body: bytes | str, what: str) -> T:
    """JSON of others, checked against a model.

    Raises:
        Refused: It is no JSON, or not of that shape; what stands in it is not repeated, only where.
    """
    from pydantic import ValidationError

    try:
        return model.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])[:100] or "it"
        raise Refused("schema", f"{what}: {where}: {first['msg'][:150]}") from None
