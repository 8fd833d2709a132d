"""The workload behind an agent of its own: caps of the load are sent to it, and what it says of them is told.

Needs    operate.link.State; operate.north.workload.cap_of; operate.north.dsx: keys, messages.
Gives    Workload.
Used by  operate.north.dsx.way.

Towards that agent we are who sets targets. A cap is sent with an end and sent again before it; where the guard or this
process is gone it ends by itself. Whether it is kept is told and relied on by nothing: limits are held by the measured
load and the battery.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import inf
from typing import Any
from uuid import uuid4

from wattstack.operate.link import State
from wattstack.operate.north.dsx.keys import Signer
from wattstack.operate.north.dsx.messages import BreachAlert, PowerStates, envelope_of, iso, read_signed
from wattstack.operate.north.refusals import Refused
from wattstack.operate.north.workload import cap_of

LASTS_S = 900.0  # a cap that is sent ends at the latest after so long
CONFIRMED_S = 30.0  # after so long an agent must show a cap that it was sent
SILENT_S = 120.0  # an agent that says nothing for so long is not there
SAME_MW = 1e-6

Line = tuple[str, str, str]  # level, which condition ("": none, it happened), words


class Workload:
    """The agent.

    Args:
        declared: Its name and feeds, operate.north.dsx.agent of the campus.
        identifier: Our name on the bus.
        signer: Our key.
    """

    def __init__(self, declared: Any, identifier: str, signer: Signer) -> None:
        self.declared, self._identifier, self._signer = declared, identifier, signer
        self._sent: tuple[float, float, str, float] | None = None  # cap, end, correlation, when
        self._confirmed = self._silent = True
        self._heard_s: float | None = None
        self._complies: dict[str, bool] = {}

    def again(self) -> None:
        """The broker is back: what it was sent is sent anew, and it has its time to say a first word."""
        self._heard_s = None
        if self._sent is not None:
            self._sent = (self._sent[0], -inf, *self._sent[2:])

    def due(self, state: State | None, now_s: float) -> Iterable[bytes]:
        """What is to be sent now; nothing where the guard is not heard: what was sent ends by itself."""
        if state is None:
            return
        cap = cap_of(state)
        if cap.cap_mw is None:
            if self._sent is not None and self._sent[1] > now_s:
                yield self._message(None, None, str(uuid4()), now_s)
            self._sent = None
            return
        end_s = now_s + LASTS_S if cap.until_s is None else min(cap.until_s, now_s + LASTS_S)
        same = self._sent is not None and abs(self._sent[0] - cap.cap_mw) <= SAME_MW
        if same and (self._sent[1] - now_s > 0.5 * LASTS_S or self._sent[1] >= end_s - 1.0):
            return
        correlation = str(uuid4())
        self._sent, self._confirmed = (cap.cap_mw, end_s, correlation, now_s), False
        yield self._message(cap.cap_mw, end_s, correlation, now_s)

    def _message(self, cap_mw: float | None, end_s: float | None, correlation: str, now_s: float) -> bytes:
        interval = {"start_time": iso(now_s)}
        if end_s is not None:
            interval["end_time"] = iso(end_s)
        one: dict[str, Any] = {"interval": interval, "load_constraint": None}
        if cap_mw is not None:  # 0 is no target of DSX Flex: one watt is the least
            one["load_constraint"] = {"value": max(round(cap_mw, 9), 1e-6), "unit": "megawatt"}
        if self.declared.feed_tags:
            one["feed_tags"] = list(self.declared.feed_tags)
        data = self._signer.sign(json.dumps({"targets": [one]}, allow_nan=False).encode())
        return envelope_of("loadtarget", self._identifier, now_s, data, correlationid=correlation)

    def heard(self, what: str, payload: bytes, now_s: float, oldest_s: float) -> list[Line]:
        """What the agent says, as lines to tell.

        Args:
            what: "powerstate" or "powerbreach". oldest_s: A snapshot older than this is refused.

        Raises:
            Refused: It is not of its shape, or of another time.
        """
        name = self.declared.name
        if what == "powerbreach":
            said = read_signed(BreachAlert, payload)
            level = "info" if said.status == "resolved" else "alarm"
            load, limit = said.measured_load.power_mw, said.target.load_constraint.power_mw
            words = f"{name}: breach on {said.feed_tag} {said.status}, {said.severity}"
            return [(level, f"agent.{said.feed_tag}.breach", f"{words}: {load:.4g} MW, cap {limit:.4g} MW")]
        states = read_signed(PowerStates, payload)
        if not -oldest_s <= now_s - states.snapshot_time.timestamp() <= oldest_s:
            raise Refused("expired", f"a power state of {name} is a snapshot of another time")
        lines: list[Line] = []
        if self._silent:
            self._silent = False
            lines.append(("info", "agent", f"{name}: agent of the workload is there"))
        self._heard_s = now_s
        for tag, feed in states.feeds.items():
            if self._complies.get(tag, True) != feed.compliant:
                load = feed.calculated_load.power_mw
                words = ("info", "keeps") if feed.compliant else ("alarm", "does not keep")
                lines.append((words[0], f"agent.{tag}", f"{name}: {tag} {words[1]} its cap, {load:.4g} MW"))
        self._complies = {tag: feed.compliant for tag, feed in states.feeds.items()}
        known = {str(one.correlation_id) for feed in states.feeds.values() for one in feed.targets}
        if self._sent is not None and self._sent[2] in known and not self._confirmed:
            self._confirmed = True
            lines.append(("info", "", f"{name}: has taken the cap of {self._sent[0]:.4g} MW"))
        return lines

    def silence(self, now_s: float) -> Iterable[Line]:
        """What the agent should have said and has not."""
        name = self.declared.name
        if self._heard_s is None:
            self._heard_s = now_s  # as long as it has to say its first word
            self._silent = False
        if not self._silent and now_s - self._heard_s > SILENT_S:
            self._silent = True
            yield "alarm", "agent", f"{name}: agent of the workload says nothing; caps end by themselves"
        if self._sent is not None and not self._confirmed and now_s - self._sent[3] > CONFIRMED_S:
            self._confirmed = True  # told once
            yield (
                "alarm",
                "",
                f"{name}: has not taken the cap of {self._sent[0]:.4g} MW within {CONFIRMED_S:.0f} s",
            )
