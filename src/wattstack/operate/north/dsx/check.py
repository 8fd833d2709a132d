"""The gate: a message counts where topic, shape, source, time, number, signature and words are all as they must be.

Needs    pydantic; operate.north.dsx: keys, messages; operate.north.refusals.
Gives    Gate, Taken.
Used by  operate.north.dsx.way.

Only `data` is signed: whoever holds the broker can wrap old signed words in a new envelope. So the signed words
themselves are remembered as long as they could still say something, and count once; saying the same again straight
after is a repetition, which changes nothing. A message older than the newest one of its source is refused, so that a
number that was forgotten cannot come again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, TypeAdapter

from wattstack.operate.north.dsx.keys import Keys, Signed
from wattstack.operate.north.dsx.messages import LAST_S, TYPES, Envelope, Strict, read_envelope
from wattstack.operate.north.refusals import Refused

HEARD = {  # by role: end of the topic, and what it is
    "isv": {"loadtarget/set": "loadtarget"}, "infra": {"powerbreach/enforcement": "enforcement"},
    "dsx-flex-agent": {"powerstate/status": "powerstate", "powerbreach": "powerbreach"},
}  # fmt: skip
AHEAD_S = 60.0  # a clock that goes before ours by more is wrong
MOST_IDS = 4096
MOST_MARKS = 4096


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that counts.

    Attributes:
        topic, envelope, payload: Where it came, as sent, as signed.
        mark: Of the signed words. repeated: They are those that came last from this source.
    """

    topic: str
    envelope: Envelope
    payload: bytes
    mark: str
    repeated: bool


@dataclass(slots=True)
class _Source:
    """What is remembered of one topic of a source."""

    newest_s: float = -inf
    last: str = ""
    ids: OrderedDict[str, None] = field(default_factory=OrderedDict)
    marks: OrderedDict[str, float] = field(default_factory=OrderedDict)  # until when they could say something


class _Kept(Strict):
    """What is remembered of a topic, as the file has it; null: nothing yet, never."""

    newest_s: Annotated[float, Field(ge=0.0, le=LAST_S, allow_inf_nan=False)] | None
    last: str
    ids: list[str]
    marks: dict[str, FiniteFloat | None]


_KEPT = TypeAdapter(dict[str, _Kept])


class Gate:
    """What comes in passes here.

    Args:
        keys: By source ("isv/grid-1"), whose signatures count.
        oldest_s: A message older than this is refused.

    Attributes:
        topics: What is listened to: topic to source and what comes there.
    """

    def __init__(self, keys: Mapping[str, Keys], oldest_s: float) -> None:
        self._keys, self._oldest_s = dict(keys), oldest_s
        self.topics = {
            f"grid/v1/{source}/{end}": (source, what)
            for source in keys
            for end, what in HEARD[source.split("/")[0]].items()
        }
        self._known = {topic: _Source() for topic in self.topics}

    def check(self, topic: str, payload: bytes, now_s: float) -> Taken:
        """A message, where it counts. It is remembered by `took`, when what it says was understood too.

        Raises:
            Refused: It does not, and why.
        """
        source, what = self.topics.get(topic, ("", ""))
        if not source:
            raise Refused("wrong topic", f"topic {topic[:100]!r} is not listened to")
        envelope = read_envelope(payload)
        if envelope.source != f"//grid/v1/{source}" or envelope.type != TYPES[what]:
            raise Refused(
                "wrong topic",
                f"{envelope.source} says {envelope.type[:60]!r} on the topic of {source}: not its own",
            )
        age_s = now_s - envelope.time_s
        if not -AHEAD_S <= age_s <= self._oldest_s:
            words = f"{age_s:.0f} s old" if age_s > 0.0 else f"{-age_s:.0f} s ahead"
            raise Refused(
                "expired", f"a message of {source} is {words}, must be of the last {self._oldest_s:.0f} s"
            )
        known = self._known[topic]
        if str(envelope.id) in known.ids:
            raise Refused("repeated", f"message {envelope.id} of {source} came before")
        signed = self._keys[source].verify(envelope.data)
        self._signed_time(signed, source, now_s)
        if envelope.time_s < known.newest_s:
            raise Refused("replayed", f"a message of {source} is older than the newest one taken")
        if signed.mark in known.marks and signed.mark != known.last:
            raise Refused("replayed", f"signed words of {source} came before, and others after them")
        return Taken(topic, envelope, signed.payload, signed.mark, signed.mark == known.last)

    def _signed_time(self, signed: Signed, source: str, now_s: float) -> None:
        """Moments inside the signature, where its maker puts them there."""
        header: dict[str, Any] = signed.header
        for name in ("iat", "exp"):
            value = header.get(name)
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise Refused("schema", f"{name} of a signature of {source} is no number of seconds")
            if name == "iat" and not now_s - self._oldest_s <= value <= now_s + AHEAD_S:  # of any length
                raise Refused("expired", f"a signature of {source} is not of the last {self._oldest_s:.0f} s")
            if name == "exp" and not value > now_s:
                raise Refused("expired", f"a signature of {source} is over")

    def took(self, taken: Taken, until_s: float, now_s: float) -> None:
        """Remember a message; `until_s`: from then on its words say nothing any more (inf: never)."""
        known = self._known[taken.topic]
        known.newest_s, known.last = taken.envelope.time_s, taken.mark
        known.ids[str(taken.envelope.id)] = None
        while len(known.ids) > MOST_IDS:
            known.ids.popitem(last=False)
        for mark in [mark for mark, end_s in known.marks.items() if end_s <= now_s]:
            del known.marks[mark]
        known.marks[taken.mark] = max(until_s, known.marks.get(taken.mark, -inf))
        while len(known.marks) > MOST_MARKS:
            known.marks.popitem(last=False)

    def saved(self) -> dict[str, Any]:
        """For the file."""
        return {
            topic: {
                "newest_s": known.newest_s if known.newest_s > -inf else None, "last": known.last,
                "ids": list(known.ids), "marks": {m: None if end == inf else end for m, end in known.marks.items()},
            }
            for topic, known in self._known.items()
        }  # fmt: skip

    def restore(self, saved: Any) -> None:
        """Back from the file, all or none.

        Raises:
            ValueError: It was not written by `saved`, or a number in it cannot be.
        """
        for topic, one in _KEPT.validate_python(saved).items():
            if topic in self._known:
                ends = {mark: inf if end is None else end for mark, end in one.marks.items()}
                newest_s = -inf if one.newest_s is None else one.newest_s
                self._known[topic] = _Source(
                    newest_s, one.last, OrderedDict.fromkeys(one.ids), OrderedDict(ends)
                )

    def begin_after(self, now_s: float) -> None:
        """Nothing is remembered: what was made before this moment does not count."""
        for known in self._known.values():
            known.newest_s = max(known.newest_s, now_s)
