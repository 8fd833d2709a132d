"""DSX Flex as a way: targets that passed the gate become requests of the utility, states and breaches are published.

Needs    campus, operate.link, operate.north: way, refusals, dsx.*.
Gives    DsxWay.
Used by  operate.north.way.

The guard holds what is asked; this process only keeps asking. A target with an end is asked for until that end, one
without for `lost_after_s`, again and again. Where this process dies the guard holds the target until its end; where the
broker is silent for `lost_after_s` a target without an end is given up, and told.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from math import inf, isfinite
from typing import TYPE_CHECKING, Any

from wattstack.errors import Fault, InputError
from wattstack.operate.link import Request
from wattstack.operate.north.dsx.agent import Workload
from wattstack.operate.north.dsx.bms import Bms
from wattstack.operate.north.dsx.broker import Broker, Out
from wattstack.operate.north.dsx.check import Gate, Taken
from wattstack.operate.north.dsx.feed import Feed, Rules
from wattstack.operate.north.dsx.kept import read_kept, write_kept
from wattstack.operate.north.dsx.keys import read_keys, read_signer
from wattstack.operate.north.dsx.messages import (
    Enforcement,
    SetLoadTarget,
    envelope_of,
    iso,
    power_of,
    read_signed,
)
from wattstack.operate.north.dsx.schedule import Schedule, Target, targets_of
from wattstack.operate.north.refusals import Refusals, Refused
from wattstack.operate.north.way import Site

if TYPE_CHECKING:
    from wattstack.campus import Campus

CHANNEL = "north.dsx"
FILE = "north-dsx.json"
TICK_S = 1.0
LONGEST_S = 12 * 3600.0  # a request reaches ahead at most, and is renewed
OVER = "target is over"
SETTLES_S = 2.0  # until the guard's state must show what was asked
WHAT = {"import": "import_limit_mw", "load": "load_cap_mw"}
MEASURED = {"import": "grid.import_mw", "load": "load_mw"}


class DsxWay:
    """DSX Flex.

    Args:
        campus: With operate.north.dsx.

    Raises:
        InputError: Keys or certificates are missing or wrong; all of them at once.
    """

    def __init__(self, campus: Campus) -> None:
        self.campus, self.dsx = campus, campus.operate.north.dsx
        self.name = self.dsx.identifier or campus.name
        self._read_files()
        self.schedule = Schedule()
        self.refusals = Refusals(CHANNEL)
        rules = Rules(self.dsx.breach_frac, self.dsx.breach_after_s, self.dsx.escalate_after_s)
        self.feeds = {feed: Feed(rules) for feed in self.dsx.feeds}
        self.workload = (
            Workload(self.dsx.agent, self.name, self.signer) if self.dsx.agent is not None else None
        )
        self.bms = Bms(campus, self.name) if self.dsx.bms else None
        self._asked: dict[str, tuple[float, float, float, str, float]] = {}
        self._refused: dict[str, str] = {}
        self._set: list[tuple[Taken, set[str]]] = []
        self._site: Site | None = None
        self._fresh = asyncio.Event()
        self._beat_s, self._lost_told, self._kept, self._recalled = -inf, "", True, False

    def _read_files(self) -> None:
        """Keys, our own key, certificates: all that is wrong at once."""
        dsx, base_dir, faults, keys = self.dsx, self.campus.base_dir, [], {}
        named = [("publishers", "isv", dsx.publishers), ("infra", "infra", dsx.infra)]
        for section, role, partners in named:
            for name, partner in partners.items():
                try:
                    keys[f"{role}/{name}"] = read_keys(base_dir / partner.keys)
                except InputError as error:
                    faults.append(Fault(f"{section}.{name}.keys", _line(error)))
        if dsx.agent is not None:
            try:
                keys[f"dsx-flex-agent/{dsx.agent.name}"] = read_keys(base_dir / dsx.agent.keys)
            except InputError as error:
                faults.append(Fault("agent.keys", _line(error)))
            if dsx.agent.name == self.name:
                faults.append(
                    Fault("agent.name", f"is {self.name!r}, our own, must be another. Give identifier.")
                )
        try:
            self.signer = read_signer(base_dir / dsx.signing_key, dsx.signing_kid)
        except InputError as error:
            faults.append(Fault("signing_key", _line(error)))
        if self.campus.grid is None and "import" in dsx.feeds.values():
            faults.append(Fault("feeds", "limit import, but the campus has no grid. Make them load."))
        try:
            self.broker = Broker(self.campus, self._heard)
        except InputError as error:
            faults += getattr(error, "faults", [])
        if faults:
            raise InputError("operate.north.dsx", faults)
        self.gate = Gate(keys, dsx.oldest_s)

    async def run(self, site: Site) -> None:
        """Speak it until cancelled."""
        self._site = site
        await self._recall(site)
        prefix = self.dsx.prefix
        topics = [
            (prefix + topic, 2 if what in ("enforcement", "powerbreach") else 1)
            for topic, (_, what) in self.gate.topics.items()
        ]
        async with asyncio.TaskGroup() as group:
            self.broker.stopping = False
            group.create_task(self.broker.run(topics, self._changed))
            group.create_task(self._control(site))
            try:
                await asyncio.get_running_loop().create_future()  # until cancelled, or one of them fails
            finally:
                self.broker.stopping = True

    async def _changed(self, up: bool, why: str) -> None:
        """The broker came or went."""
        if up:
            await self._site.say("info", f"{CHANNEL}.broker", f"the broker is there{why}")
            self._beat_s, self._lost_told = -inf, ""
            if self.bms is not None:
                self.bms.again()
            if self.workload is not None:
                self.workload.again()
            self._fresh.set()
        elif why != self._lost_told:
            self._lost_told = why
            await self._site.say("alarm", f"{CHANNEL}.broker", f"the broker is lost: {why}")

    async def _heard(self, topic: str, payload: bytes) -> None:
        """A message from the broker."""
        site = self._site
        now_s = site.utc_s
        try:
            taken = self.gate.check(topic.removeprefix(self.dsx.prefix), payload, now_s)
            what = self.gate.topics[taken.topic][1]
            if what == "loadtarget":
                await self._take_target(site, taken, now_s)
            elif what == "enforcement":
                await self._take_outcome(site, taken, now_s)
            else:
                lines = self.workload.heard(what, taken.payload, now_s, self.dsx.oldest_s)
                self.gate.took(taken, now_s + self.dsx.oldest_s, now_s)
                for line in lines:
                    await self._say_line(site, *line)
        except Refused as refused:
            await self.refusals.refuse(site, refused)

    async def _say_line(self, site: Site, level: str, what: str, text: str) -> None:
        """A line of the agent: a condition has a channel of its own."""
        await site.say(level, f"{CHANNEL}.{what}" if what else CHANNEL, text, once=not what)

    async def _take_target(self, site: Site, taken: Taken, now_s: float) -> None:
        said, envelope = read_signed(SetLoadTarget, taken.payload), taken.envelope
        publisher = envelope.source.rpartition("/")[2]
        named = str(envelope.correlationid or envelope.id), envelope.traceparent
        targets = targets_of(said, publisher, list(self.dsx.feeds), now_s, named)
        self.schedule.put(targets, now_s)
        ends = [
            inf if one.interval.end_time is None else one.interval.end_time.timestamp()
            for one in said.targets
        ]
        self.gate.took(taken, max(ends), now_s)
        await self._keep(site)
        self._set.append((taken, {one.feed for one in targets}))
        self._fresh.set()
        words = "; ".join(_words(one, now_s) for one in targets) or "none of its feeds is ours"
        if not taken.repeated:
            await site.say("info", CHANNEL, f"{publisher} sets: {words}", correlation=named[0])

    async def _take_outcome(self, site: Site, taken: Taken, now_s: float) -> None:
        said = read_signed(Enforcement, taken.payload)
        self.gate.took(taken, inf, now_s)
        await self._keep(site)
        done = sum(one.code == "applied" for one in said.results)
        words = f"enforcement on {said.feed_tag} {said.action}, {said.code}: {done} of {len(said.results)} resources"
        await site.say("info", CHANNEL, words, breach=str(said.breach_id))

    async def _control(self, site: Site) -> None:
        while True:
            await self._tick(site)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._fresh.wait()
            self._fresh.clear()

    async def _tick(self, site: Site) -> None:
        if site.state is None:
            return  # whose clock it is, and how the site is, only the guard knows
        now_s = site.utc_s
        self.schedule.forget(now_s)
        if not self.broker.up and time.monotonic() - self.broker.lost_s > self.dsx.lost_after_s:
            for gone in self.schedule.give_up(now_s):
                await site.say(
                    "alarm", CHANNEL,
                    f"target of {gone.publisher} on {gone.feed} has no end and the broker is silent: it is given up",
                    once=True,
                )  # fmt: skip
        published, set_ = [], self._set
        self._set = []
        for feed, state in self.feeds.items():
            target = self.schedule.active(feed, now_s)
            await self._hold(site, feed, target, now_s)
            events, alerts = state.tick(now_s, target, site.values(MEASURED[self.dsx.feeds[feed]]))
            published += [({feed: event}, target) for event in events]
            for alert in alerts:
                await self._alert(site, alert, target)
        for taken, feeds in set_:
            correlation, trace = taken.envelope.correlationid, taken.envelope.traceparent
            self._publish_state(
                site, now_s, dict.fromkeys(feeds, "target_set"), str(correlation or taken.envelope.id), trace
            )
        for events, target in published:
            named = (None, None) if target is None else (target.correlation, target.trace)
            self._publish_state(site, now_s, events, *named)
        if not 0.0 <= now_s - self._beat_s < self.dsx.heartbeat_s:
            self._publish_state(site, now_s, {})
        if self.workload is not None:
            for payload in self.workload.due(site.state if site.heard else None, now_s):
                self.broker.send(Out(f"{self.dsx.prefix}grid/v1/isv/{self.name}/loadtarget/set", payload, 1))
            for line in self.workload.silence(now_s) if self.broker.up else ():
                await self._say_line(site, *line)
        if self.bms is not None and self.broker.up:
            for topic, payload, retain in self.bms.due(site, now_s):
                self.broker.send(Out(self.dsx.prefix + topic, payload, 0, retain))

    async def _hold(self, site: Site, feed: str, target: Target | None, now_s: float) -> None:
        """Keep the guard asked for what rules, no more and no less."""
        state = site.state
        if state is None or not site.heard:
            return
        user, what = f"dsx.{feed}"[:64], WHAT[self.dsx.feeds[feed]]
        mine = [one for one in state.requests if one["source"] == "utility" and one["user"] == user]
        if target is None:
            self._asked.pop(feed, None)
            if mine:
                await self._ask(site, feed, what, self._most_mw(feed), now_s, OVER)
            return
        limit_mw = min(target.limit_mw, self._most_mw(feed))
        without_s = LONGEST_S if isfinite(target.end_s) else self.dsx.lost_after_s
        span_s = min(target.end_s - now_s, without_s, LONGEST_S)
        held = self._asked.get(feed)
        if held is not None:
            high, until_s, asked_s, id_, whole_s = held
            there = any(one["id"] == id_ for one in mine) or time.monotonic() - asked_s < SETTLES_S
            late = until_s < target.end_s - 0.5 and until_s - now_s < 0.5 * whole_s
            if high == limit_mw and there and not late and until_s <= target.end_s + 0.5:
                return
        words = f"DSX Flex target of {target.publisher}"
        await self._ask(site, feed, what, limit_mw, now_s + span_s, words)

    async def _ask(
        self, site: Site, feed: str, what: str, high_mw: float, until_s: float, reason: str
    ) -> None:
        request = Request(
            id=site.new_id(), source="utility", what=what, high=high_mw, until_s=until_s, reason=reason,
            user=f"dsx.{feed}"[:64], ends=reason == OVER,
        )  # fmt: skip
        asked_s, now_s = time.monotonic(), site.utc_s
        answer = await site.ask(request)
        if answer.taken:
            if self._refused.pop(feed, None) is not None:
                await site.say("info", f"{CHANNEL}.{feed}.target", f"the guard takes the target on {feed}")
            if not request.ends:
                self._asked[feed] = high_mw, until_s, asked_s, request.id, until_s - now_s
            return
        self._asked.pop(feed, None)
        if self._refused.get(feed) != answer.why.split(" is ")[0]:
            self._refused[feed] = answer.why.split(" is ")[0]
            why = f"the guard does not take the target on {feed}: {answer.why}"
            await site.say("alarm", f"{CHANNEL}.{feed}.target", why)

    def _most_mw(self, feed: str) -> float:
        """A target never widens: at most what holds without one (import), or what supply can give (load)."""
        grid = self.campus.grid
        if self.dsx.feeds[feed] == "import":
            return 0.0 if grid is None else float(grid.connection.firm_mw)
        return self.campus.supply_mw

    async def _alert(self, site: Site, alert: dict[str, Any], target: Target | None) -> None:
        """Publish a breach, and tell it here."""
        correlation, now_s = alert["target"]["correlation_id"], site.utc_s
        data = self.signer.sign(json.dumps(alert, allow_nan=False).encode())
        trace = None if target is None else target.trace
        payload = envelope_of("powerbreach", self.name, now_s, data, correlationid=correlation, trace=trace)
        self.broker.send(Out(f"{self.dsx.prefix}grid/v1/dsx-flex-agent/{self.name}/powerbreach", payload, 2))
        limit, measured = alert["target"]["load_constraint"]["value"], alert["measured_load"]["value"]
        level = "info" if alert["status"] == "resolved" else "alarm"
        words = f"breach on {alert['feed_tag']} {alert['status']}, {alert['severity']}"
        await site.say(
            level,
            f"{CHANNEL}.{alert['feed_tag']}.breach",
            f"{words}: {measured:.4g} MW, target {limit:.4g} MW",
            breach=alert["breach"]["breach_id"],
        )

    def _publish_state(
        self, site: Site, now_s: float, events: dict[str, str], correlation: str | None = None, trace: str | None = None
    ) -> None:  # fmt: skip
        """Publish how all feeds are; `events`: what happened, by feed."""
        self._beat_s = now_s
        feeds = {
            feed: self._feed_state(site, feed, now_s, events.get(feed, "periodic")) for feed in self.feeds
        }
        told = {"snapshot_time": iso(now_s), "feeds": feeds}
        data = self.signer.sign(json.dumps(told, allow_nan=False).encode())
        payload = envelope_of("powerstate", self.name, now_s, data, correlationid=correlation, trace=trace)
        self.broker.send(
            Out(f"{self.dsx.prefix}grid/v1/dsx-flex-agent/{self.name}/powerstate/status", payload, 1)
        )

    def _feed_state(self, site: Site, feed: str, now_s: float, event: str) -> dict[str, Any]:
        state, most = self.feeds[feed], power_of(self._most_mw(feed))
        power_mw = site.values(MEASURED[self.dsx.feeds[feed]])
        rules = self.schedule.active(feed, now_s)
        held = feed in self._asked and site.heard  # what the guard does not hold is not being enforced
        told = {
            "metadata": {"power_minimum": power_of(0.0), "power_maximum": most, "default_constraint": most},
            "targets": [one.told(one is rules and held) for one in self.schedule.of(feed, now_s)],
            "calculated_load": power_of(power_mw or 0.0), "in_flight": state.in_flight, "event": event,
            "compliant": state.complies(power_mw),
        }  # fmt: skip
        if state.began_s is not None:
            told["power_event_start_time"] = iso(state.began_s)
        return told

    async def _keep(self, site: Site) -> None:
        """Leave what must survive in the folder, whole or not at all."""
        try:
            await asyncio.to_thread(write_kept, site.folder / FILE, self.gate, self.schedule)
            if not self._kept:
                await site.say("info", f"{CHANNEL}.file", f"{FILE} is written again")
            self._kept = True
        except OSError as error:
            if self._kept:
                why = f"{FILE} cannot be written ({error.strerror}): a restart forgets targets"
                await site.say("alarm", f"{CHANNEL}.file", why)
            self._kept = False

    async def _recall(self, site: Site) -> None:
        """Go on from what was kept. Where it is broken nothing made before now counts, so that nothing comes twice."""
        if self._recalled:  # run again after a fault: what is in memory is newer than the file
            return
        self._recalled = True
        if not read_kept(site.folder / FILE, self.gate, self.schedule):
            self.gate.begin_after(site.utc_s)
            self.schedule = Schedule()
            why = f"{FILE} is damaged: what was set before is not known, messages of before do not count"
            await site.say("alarm", CHANNEL, why, once=True)


def _line(error: InputError) -> str:
    return " ".join(str(error).split())


def _words(target: Target, now_s: float) -> str:
    """A target in words.

    Example:
        >>> _words(Target("main", "grid-1", 12.5, 0.0, 600.0, False, "c", "t"), 0.0)
        '12.5 MW on main from now on for 10 min'
    """
    what = f"{target.limit_mw:g} MW" if isfinite(target.limit_mw) else "no target"
    start_s = max(target.start_s - now_s, 0.0)
    begins = "from now on" if start_s < 1.0 else f"in {start_s / 60.0:.0f} min"
    whole_s = target.end_s - max(target.start_s, now_s)
    lasts = f"for {whole_s / 60.0:.0f} min" if isfinite(whole_s) else "until replaced"
    return f"{what} on {target.feed} {begins} {lasts}"
