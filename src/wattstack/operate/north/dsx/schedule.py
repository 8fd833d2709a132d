"""Load targets over time: of one publisher the later word replaces the earlier, of several the lowest rules.

Needs    pydantic; operate.north.dsx.messages, operate.north.refusals.
Gives    Target, Schedule, targets_of.
Used by  operate.north.dsx.way.

Pure: moments are handed in. A word without an end holds until it is replaced, or given up because the broker is silent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import inf, isfinite
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from wattstack.operate.north.dsx.messages import LARGEST_MW, LAST_S, SetLoadTarget, Strict, Tag, Trace, iso
from wattstack.operate.north.refusals import Refused

MOST = 64  # targets of one publisher on one feed
LONGEST_S = 366 * 86_400.0  # ahead: a target of next century is a mistake
Second = Annotated[float, Field(ge=0.0, le=LAST_S, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Target:
    """One target on one feed.

    Attributes:
        limit_mw: At most that power; inf: what held before is taken away.
        start_s, end_s: Seconds since 1970 UTC; end inf: until replaced.
        best_effort: As the publisher said.
        correlation: By which the publisher knows it. trace: traceparent it came with.
    """

    feed: str
    publisher: str
    limit_mw: float
    start_s: float
    end_s: float
    best_effort: bool
    correlation: str
    trace: str

    def holds(self, now_s: float) -> bool:
        """Whether its time is now."""
        return self.start_s <= now_s < self.end_s

    def told(self, active: bool) -> dict[str, Any]:
        """As a power state shows it."""
        interval = {"start_time": iso(self.start_s)}
        if isfinite(self.end_s):
            interval["end_time"] = iso(self.end_s)
        return {
            "active": active, "load_constraint": {"value": round(self.limit_mw, 9), "unit": "megawatt"},
            "interval": interval, "strategy": {"best_effort": self.best_effort}, "correlation_id": self.correlation,
        }  # fmt: skip


class _Kept(Strict):
    """A target as the file has it; null: no limit, no end."""

    feed: Tag
    publisher: Tag
    limit_mw: Annotated[float, Field(ge=0.0, le=LARGEST_MW, allow_inf_nan=False)] | None
    start_s: Second
    end_s: Second | None
    best_effort: bool
    correlation: Tag
    trace: Trace


_KEPT = TypeAdapter(list[_Kept])


def targets_of(
    said: SetLoadTarget, publisher: str, feeds: Iterable[str], now_s: float, named: tuple[str, str]
) -> list[Target]:
    """The targets of a message on our feeds; those of other feeds are left, several sites may share a publisher.

    Args:
        feeds: Ours.
        named: correlation and traceparent of the message.

    Raises:
        Refused: One of them is over, or too far ahead: then none of the message counts.
    """
    made = []
    for k, one in enumerate(said.targets):
        start = one.interval.start_time
        end = one.interval.end_time
        start_s = now_s if start is None else start.timestamp()
        end_s = inf if end is None else end.timestamp()
        if end_s <= now_s:
            raise Refused("expired", f"targets.{k}: end_time was {now_s - end_s:.0f} s ago, must be ahead")
        if start_s >= now_s + LONGEST_S or (isfinite(end_s) and end_s >= now_s + LONGEST_S):
            raise Refused("schema", f"targets.{k}: is more than a year ahead")
        limit_mw = inf if one.load_constraint is None else one.load_constraint.power_mw
        tags = one.feed_tags or tuple(feeds)
        made += [
            Target(feed, publisher, limit_mw, start_s, end_s, one.strategy.best_effort, *named)
            for feed in feeds
            if feed in tags
        ]
    return made


class Schedule:
    """What is set, in the order it came."""

    def __init__(self) -> None:
        self._set: list[Target] = []

    def put(self, targets: list[Target], now_s: float) -> None:
        """Take targets.

        Raises:
            Refused: There would be too many; none is taken.
        """
        kept = _without_hidden([one for one in self._set if one.end_s > now_s] + targets, now_s)
        for one in targets:
            alike = sum((o.feed, o.publisher) == (one.feed, one.publisher) for o in kept)
            if alike > MOST:
                raise Refused(
                    "schema", f"{one.publisher} would have {alike} targets on {one.feed}, at most {MOST}"
                )
        self._set = kept

    def active(self, feed: str, now_s: float) -> Target | None:
        """The target that rules a feed now; None: none does."""
        latest = {one.publisher: one for one in self._set if one.feed == feed and one.holds(now_s)}
        rules = min(latest.values(), key=lambda one: one.limit_mw, default=None)
        return None if rules is None or not isfinite(rules.limit_mw) else rules

    def of(self, feed: str, now_s: float) -> list[Target]:
        """Targets of a feed, now and later."""
        return [one for one in self._set if one.feed == feed and one.end_s > now_s and isfinite(one.limit_mw)]

    def forget(self, now_s: float) -> None:
        """What is over."""
        self._set = _without_hidden([one for one in self._set if one.end_s > now_s], now_s)

    def give_up(self, now_s: float) -> list[Target]:
        """Targets without an end that have begun are given up; those."""
        gone = [one for one in self._set if not isfinite(one.end_s) and one.start_s <= now_s]
        self._set = [one for one in self._set if one not in gone]
        return [one for one in gone if isfinite(one.limit_mw)]

    def saved(self) -> list[dict[str, Any]]:
        """For the file."""
        return [
            {name: None if value == inf else value for name, value in asdict(one).items()}
            for one in self._set
        ]

    def restore(self, saved: Any) -> None:
        """Back from the file, all or none.

        Raises:
            ValueError: It was not written by `saved`, or a target in it cannot be.
        """
        self._set = [
            Target(**{name: inf if value is None else value for name, value in one.model_dump().items()})
            for one in _KEPT.validate_python(saved)
        ]


def _without_hidden(targets: list[Target], now_s: float) -> list[Target]:
    """Those that still say something: none that a later word hides whole, no removal with nothing left to remove."""
    kept: list[Target] = []
    for one in reversed(targets):
        begins_s = max(one.start_s, now_s)
        hidden = any(
            (o.feed, o.publisher) == (one.feed, one.publisher)
            and o.start_s <= begins_s
            and o.end_s >= one.end_s
            for o in kept
        )
        if not hidden:
            kept.insert(0, one)
    return [
        one
        for k, one in enumerate(kept)
        if isfinite(one.limit_mw)
        or any(
            (o.feed, o.publisher) == (one.feed, one.publisher)
            and o.start_s < one.end_s
            and o.end_s > one.start_s
            for o in kept[:k]
        )
    ]
