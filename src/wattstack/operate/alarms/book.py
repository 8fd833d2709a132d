"""The list of alarms: what stands, what was first, who has seen it, what is set aside for a while, what is a storm.

Needs    operate.historian.Event.
Gives    Alarm, Book, Telling.
Used by  operate.alarms.service, tests.

Pure: moments are handed in, nothing is waited for. An alarm latches: it leaves the list when its condition is gone and
somebody has acknowledged it. Alarms of one group that follow one another within a minute are one burst; the first of it
is marked, for the others may only follow from it. Whatever happens to an alarm is an event of the history.

Source:
    States and words after ANSI/ISA-18.2 (alarm management). A minute for a burst, a day for shelving: assumption.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from wattstack.errors import InputError, counted, nearest
from wattstack.operate.historian import Event

BURST_S = 60.0  # a minute without a new one ends a burst
LONGEST_SHELF_S = 24 * 3600.0
MOST = 2000  # alarms in the list
_STORM_S = 60.0
_NAMED = 10  # alarms named in the end of a storm


@dataclass(frozen=True, slots=True)
class Alarm:
    """One condition that is or was wrong.

    Attributes:
        key: Says which condition it is ("battery.main: does not answer").
        channel: What it is about.
        text: What is wrong.
        group: Alarms of one group may follow from each other.
        source: Who finds it ("guard", "historian").
        raised_s: When it began [s since 1970 UTC]; the last time, where it came back before anybody had seen it.
        count: How often it was raised since it is in the list.
        place: In its burst; 1 = the first.
        first: Key of the first of its burst.
        returned_s: When the condition went; None: it stands.
        acknowledged_s, acknowledged_by: When and who; None: nobody yet.
        shelved_until_s, shelved_by, shelved_why: Set aside until then; None: it is not.
    """

    key: str
    channel: str
    text: str
    group: str
    source: str
    raised_s: float
    count: int = 1
    place: int = 1
    first: str = ""
    returned_s: float | None = None
    acknowledged_s: float | None = None
    acknowledged_by: str | None = None
    shelved_until_s: float | None = None
    shelved_by: str | None = None
    shelved_why: str | None = None

    @property
    def state(self) -> str:
        """ "unacknowledged", "acknowledged", "returned" (latched: gone, not acknowledged) or "shelved"."""
        if self.shelved_until_s is not None:
            return "shelved"
        if self.returned_s is not None:
            return "returned"
        return "unacknowledged" if self.acknowledged_s is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class Telling:
    """What leaves the building.

    Attributes:
        id: Once in the life of the site: who hears it twice knows by it.
        utc_s: Moment.
        what: "raised", "returned", "storm" or "storm_over".
        channel, text: About what, and what is wrong.
        first: Whether it is the first of its burst.
    """

    id: str
    utc_s: float
    what: str
    channel: str
    text: str
    first: bool = False


def key_of(channel: str, text: str) -> str:
    """One condition has one key, however its numbers change.

    Example:
        >>> key_of("battery.main", "is 61.2 degC, must be below 55")
        'battery.main: is # degC, must be below #'
    """
    return f"{channel}: {re.sub(r'[+-]?[0-9][0-9.,:eE+-]*', '#', text)}"[:300]


class Book:
    """The list.

    Args:
        storm_per_min: More alarms in a minute than this are told as one.

    Attributes:
        alarms: By key.
        events: For the history, tellings: for those outside; whoever takes them empties the lists.
        storming: Whether alarms are told as one just now.
    """

    def __init__(self, storm_per_min: float = 20.0) -> None:
        self.alarms: dict[str, Alarm] = {}
        self.events: list[Event] = []
        self.tellings: list[Telling] = []
        self.storming = False
        self._storm_per_min = storm_per_min
        self._raised: deque[float] = deque(maxlen=10_000)
        self._bursts: dict[str, tuple[float, str, int]] = {}  # by group: its last moment, first key, how many
        self._told = 0
        self._storm = (0, "")  # how many it has, the first of it
        self._untold: set[str] = set()  # raised within a storm
        self.turned_away = 0  # conditions the list had no room for

    def raise_(
        self, channel: str, text: str, utc_s: float, source: str = "guard", group: str = "site"
    ) -> Alarm | None:
        """A condition is wrong. One that stands already stays as it is; returns the alarm, None where no room was."""
        key = key_of(channel, text)
        old = self.alarms.get(key)
        if old is not None and old.returned_s is None:
            return old
        if old is None and len(self.alarms) >= MOST and not self._room():
            self.turned_away += 1
            return None
        last, first, place = self._bursts.get(group, (0.0, "", 0))
        if place == 0 or abs(utc_s - last) > BURST_S:
            first, place = key, 0
        self._bursts[group] = (utc_s, first, place + 1)
        fresh = Alarm(key, channel, text, group, source, utc_s, 1, place + 1, first)
        if old is not None:  # it latched, and is back
            fresh = replace(
                fresh, count=old.count + 1, shelved_until_s=old.shelved_until_s, shelved_by=old.shelved_by,
                shelved_why=old.shelved_why,
            )  # fmt: skip
        self.alarms[key] = fresh
        self._note(utc_s, "alarm", fresh, "raised", text)
        if fresh.shelved_until_s is None:
            self._tell_raised(fresh, utc_s)
        return fresh

    def clear(self, key: str, utc_s: float) -> None:
        """A condition is gone. Where it was acknowledged the alarm leaves the list, else it latches."""
        alarm = self.alarms.get(key)
        if alarm is None or alarm.returned_s is not None:
            return
        alarm = self.alarms[key] = replace(alarm, returned_s=utc_s)
        self._note(utc_s, "info", alarm, "returned", f"is over: {alarm.text}")
        if alarm.shelved_until_s is None and key not in self._untold and not self.storming:
            self._tell(utc_s, "returned", alarm.channel, alarm.text)
        self._untold.discard(key)
        if alarm.acknowledged_s is not None and alarm.shelved_until_s is None:
            del self.alarms[key]

    def stand(self, source: str, conditions: Iterable[tuple[str, str]], utc_s: float) -> None:
        """All that is wrong now as one source sees it, (channel, text) each: new ones are raised, the rest is over."""
        standing = {key_of(channel, text): (channel, text) for channel, text in conditions}
        gone = [
            key
            for key, alarm in self.alarms.items()
            if alarm.source == source and alarm.returned_s is None and key not in standing
        ]
        for key in gone:
            self.clear(key, utc_s)
        for channel, text in standing.values():
            self.raise_(channel, text, utc_s, source)

    def acknowledge(self, key: str, user: str, utc_s: float) -> Alarm:
        """Somebody has seen it.

        Raises:
            InputError: No such alarm is in the list.
        """
        alarm = self._known(key)
        if alarm.acknowledged_s is None:
            alarm = self.alarms[key] = replace(alarm, acknowledged_s=utc_s, acknowledged_by=user)
            self._note(
                utc_s, "command", alarm, "acknowledged", f"acknowledged by {user}: {alarm.text}", user=user
            )
        if alarm.returned_s is not None and alarm.shelved_until_s is None:
            del self.alarms[key]
        return alarm

    def shelve(self, key: str, user: str, until_s: float, why: str, utc_s: float) -> Alarm:
        """Set an alarm aside: it is not told until then. It comes back by itself.

        Raises:
            InputError: No such alarm, no reason, a time that is over or more than a day ahead.
        """
        alarm = self._known(key)
        if not why.strip():
            raise InputError("shelve", ["a reason is missing, must be given."])
        if not 0.0 < until_s - utc_s <= LONGEST_SHELF_S:
            hours = (until_s - utc_s) / 3600.0
            raise InputError(
                "shelve",
                [f"ends {hours:g} h from now, must be later than now and at most 24 h. Shelve again then."],
            )
        alarm = self.alarms[key] = replace(
            alarm, shelved_until_s=until_s, shelved_by=user, shelved_why=why[:500]
        )
        self._note(
            utc_s,
            "command",
            alarm,
            "shelved",
            f"set aside by {user}: {why[:300]}",
            user=user,
            until_s=until_s,
        )
        return alarm

    def unshelve(self, key: str, user: str, utc_s: float) -> Alarm:
        """Take an alarm back into the list before its time; where it still stands it counts as new.

        Raises:
            InputError: No such alarm, or it is not shelved.
        """
        alarm = self._known(key)
        if alarm.shelved_until_s is None:
            raise InputError("unshelve", [f"{key} is not shelved."])
        return self._back(alarm, utc_s, f"taken back by {user}", "command")

    def tick(self, utc_s: float) -> None:
        """Time goes on: shelves end, storms end. Call it about once a second."""
        for alarm in [a for a in self.alarms.values() if a.shelved_until_s is not None]:
            # a clock that was set back must not keep an alarm away for longer than a day
            if utc_s >= alarm.shelved_until_s or alarm.shelved_until_s - utc_s > LONGEST_SHELF_S:
                self._back(alarm, utc_s, "back: the time it was set aside for is over", "info")
        if self.storming and self._rate(utc_s) < 0.5 * self._storm_per_min:
            self.storming = False
            count, first = self._storm
            left = [self.alarms[key] for key in sorted(self._untold) if key in self.alarms]
            named = "; ".join(f"{a.channel}: {a.text}" for a in left[:_NAMED])
            more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
            text = f"{counted(count, 'alarm')}, first: {first}. Still there: {named or 'none'}{more}"
            self._tell(utc_s, "storm_over", "alarms", text)
            self.events.append(
                Event(utc_s, "info", "alarms", f"storm over: {text}"[:480], {"did": "storm_over"})
            )
            self._untold.clear()

    def as_json(self) -> dict[str, Any]:
        """All that must survive."""
        return {
            "alarms": [asdict(alarm) for alarm in self.alarms.values()],
            "bursts": {group: list(burst) for group, burst in self._bursts.items()},
            "storm": [self.storming, *self._storm], "untold": sorted(self._untold), "raised": list(self._raised),
            "told": self._told,
        }  # fmt: skip

    def take_json(self, kept: Mapping[str, Any]) -> None:
        """Go on from what survived.

        Raises:
            ValueError, KeyError, TypeError: It was not written by `as_json`.
        """
        names = {field.name for field in fields(Alarm)}
        alarms = [Alarm(**{k: v for k, v in one.items() if k in names}) for one in kept["alarms"]]
        bursts = {group: (float(a), str(b), int(c)) for group, (a, b, c) in kept["bursts"].items()}
        storming, count, first = kept["storm"]
        raised = [float(moment) for moment in kept["raised"]]
        self._told = int(kept["told"])
        self.alarms = {alarm.key: alarm for alarm in alarms}
        self._bursts, self._untold = bursts, set(kept["untold"])
        self.storming, self._storm = bool(storming), (int(count), str(first))
        self._raised = deque(raised, maxlen=self._raised.maxlen)

    def _tell_raised(self, alarm: Alarm, utc_s: float) -> None:
        self._raised.append(utc_s)
        if not self.storming and self._rate(utc_s) > self._storm_per_min:
            self.storming, self._storm = True, (0, self._first_of(alarm))
            text = (
                f"more than {self._storm_per_min:g} alarms in a minute, told as one. First: {self._storm[1]}"
            )
            self._tell(utc_s, "storm", "alarms", text)
            self.events.append(Event(utc_s, "alarm", "alarms", f"storm: {text}"[:480], {"did": "storm"}))
        if self.storming:
            self._storm = (self._storm[0] + 1, self._storm[1])
            self._untold.add(alarm.key)
        else:
            self._tell(utc_s, "raised", alarm.channel, alarm.text, first=alarm.place == 1)

    def _first_of(self, alarm: Alarm) -> str:
        first = self.alarms.get(alarm.first, alarm)
        return f"{first.channel}: {first.text}"

    def _rate(self, utc_s: float) -> int:
        """Alarms in the last minute; moments ahead of the clock are of before it was set."""
        while self._raised and not 0.0 <= utc_s - self._raised[0] < _STORM_S:
            self._raised.popleft()
        return len(self._raised)

    def _back(self, alarm: Alarm, utc_s: float, text: str, level: str) -> Alarm:
        back = replace(alarm, shelved_until_s=None, shelved_by=None, shelved_why=None)
        if alarm.returned_s is None:  # it is as if it were new
            back = replace(back, acknowledged_s=None, acknowledged_by=None)
        self._note(utc_s, level, back, "unshelved", f"{text}: {alarm.text}")
        if back.returned_s is not None and back.acknowledged_s is not None:
            del self.alarms[alarm.key]
            return back
        self.alarms[alarm.key] = back
        if back.returned_s is None:
            self._tell_raised(back, utc_s)
        return back

    def _room(self) -> bool:
        """Whether an alarm whose condition is over could be let go to make room."""
        over = [a for a in self.alarms.values() if a.returned_s is not None and a.shelved_until_s is None]
        if not over:
            return False
        oldest = min(over, key=lambda a: a.raised_s)
        del self.alarms[oldest.key]
        self._note(
            oldest.raised_s, "info", oldest, "crowded_out", f"left the list for newer ones: {oldest.text}"
        )
        return True

    def _known(self, key: str) -> Alarm:
        if key not in self.alarms:
            near = nearest(key, self.alarms)
            raise InputError(
                "alarms", [f"{key[:200]!r} is not in the list." + (f" Nearest: {near!r}." if near else "")]
            )
        return self.alarms[key]

    def _tell(self, utc_s: float, what: str, channel: str, text: str, first: bool = False) -> None:
        self._told += 1
        self.tellings.append(
            Telling(f"{round(utc_s * 1000)}-{self._told}", utc_s, what, channel, text, first)
        )

    def _note(self, utc_s: float, level: str, alarm: Alarm, did: str, text: str, **more: Any) -> None:
        data = {
            "alarm": alarm.key, "did": did, "place": alarm.place, "first": alarm.first, "count": alarm.count, **more,
        }  # fmt: skip
        self.events.append(Event(utc_s, level, alarm.channel, text[:480], data))
