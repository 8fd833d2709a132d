"""What is told of one feed: ramps when its target changes, compliance, and a breach from its beginning to its end.

Needs    operate.north.dsx.messages, schedule.
Gives    Feed, Rules, Breach.
Used by  operate.north.dsx.way.

Pure: moments and measured power are handed in. A power that is not known complies with nothing and breaches nothing.

Source:
    Words and levels: DSX Flex 1.7.0 (critical: more than 20 % above the target). Times and shares: as declared;
    settling and the end of a breach: assumption.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

from wattstack.operate.north.dsx.messages import iso, new_breach_id, power_of
from wattstack.operate.north.dsx.schedule import Target

CRITICAL_FRAC = 0.20
SETTLES_S = 5.0  # after a target was relaxed
RESOLVED_S = 2.0  # below the target for so long ends a breach


@dataclass(frozen=True, slots=True)
class Rules:
    """As declared: share above the target that is a breach, after how long, and escalated after how long more."""

    breach_frac: float
    breach_after_s: float
    escalate_after_s: float


@dataclass(slots=True)
class Breach:
    """A target that is passed."""

    id: str
    target: Target
    detected_s: float
    status: str = "active"
    severity: str = "warning"

    def told(self, power_mw: float, now_s: float) -> dict[str, Any]:
        """As an alert says it. We know no node and no rack, so that hints are none: what to shed is not ours to say."""
        breach = {"breach_id": self.id, "detected_at": iso(self.detected_s)}
        told: dict[str, Any] = {
            "feed_tag": self.target.feed, "status": self.status, "severity": self.severity, "breach": breach,
            "target": {
                "correlation_id": self.target.correlation,
                "load_constraint": {"value": round(self.target.limit_mw, 9), "unit": "megawatt"},
            },
            "measured_load": power_of(power_mw), "infrastructure_actions": [],
        }  # fmt: skip
        if self.status == "resolved":
            breach["resolved_at"] = iso(now_s)
        else:
            told["shed_hints"] = []
        return told


class Feed:
    """One feed.

    Args:
        rules: Of breaches.

    Attributes:
        in_flight: Whether power is on its way to a new target.
        began_s: Of the power event that lasts; None: none does.
        breach: That lasts; None: none does.
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.in_flight, self.began_s, self.breach = False, None, None
        self._target: Target | None = None
        self._changed_s, self._down = -inf, False
        self._over_s: float | None = None
        self._under_s: float | None = None
        self._power_mw = 0.0

    def complies(self, power_mw: float | None) -> bool:
        """Whether a measured power is within the target."""
        return self._target is None or (power_mw is not None and power_mw <= self._most_mw)

    @property
    def _most_mw(self) -> float:
        return inf if self._target is None else self._target.limit_mw * (1.0 + self.rules.breach_frac)

    def tick(
        self, now_s: float, target: Target | None, power_mw: float | None
    ) -> tuple[list[str], list[dict]]:
        """Time goes on.

        Args:
            target: That rules now. power_mw: Measured; None: not known.

        Returns:
            events: Of power states to publish, in their order. alerts: Data of breach alerts to publish.
        """
        alerts: list[dict] = []
        before = inf if self._target is None else self._target.limit_mw
        limit = inf if target is None else target.limit_mw
        if self.breach is not None and (
            target is None or target.correlation != self.breach.target.correlation
        ):
            alerts.append(self._resolved(self._power_mw if power_mw is None else power_mw, now_s))
        self._target = target
        events = self._ramp(now_s, before, limit, power_mw)
        if power_mw is not None:
            self._power_mw = power_mw
            alerts += self._watch(now_s, power_mw)
        return events, alerts

    def _ramp(self, now_s: float, before: float, limit: float, power_mw: float | None) -> list[str]:
        events = []
        if limit != before:
            events.append("start_ramp_down" if limit < before else "start_ramp_up")
            self.in_flight, self._changed_s, self._down = True, now_s, limit < before
            if self.began_s is None:
                self.began_s = now_s
        if self.in_flight:
            arrived = power_mw is not None and power_mw <= self._most_mw
            if (arrived and limit == before) if self._down else now_s - self._changed_s >= SETTLES_S:
                self.in_flight = False
                events.append("end_ramp_down" if self._down else "end_ramp_up")
        if self._target is None and not self.in_flight:
            self.began_s = None
        return events

    def _watch(self, now_s: float, power_mw: float) -> list[dict]:
        over = power_mw > self._most_mw
        self._over_s = (now_s if self._over_s is None else self._over_s) if over else None
        self._under_s = None if over else (now_s if self._under_s is None else self._under_s)
        if self.breach is None:
            if (
                self._over_s is None
                or now_s - self._over_s < self.rules.breach_after_s
                or self._target is None
            ):
                return []
            self.breach = Breach(new_breach_id(), self._target, now_s)
            self.breach.severity = self._severity(power_mw)
            return [self.breach.told(power_mw, now_s)]
        if self._under_s is not None:
            return [self._resolved(power_mw, now_s)] if now_s - self._under_s >= RESOLVED_S else []
        worse = self.breach.severity == "warning" and self._severity(power_mw) == "critical"
        late = (
            self.breach.status == "active" and now_s - self.breach.detected_s >= self.rules.escalate_after_s
        )
        if not worse and not late:
            return []
        self.breach.status = "escalated"
        self.breach.severity = "critical" if worse else self.breach.severity
        return [self.breach.told(power_mw, now_s)]

    def _severity(self, power_mw: float) -> str:
        return "critical" if power_mw > self._target.limit_mw * (1.0 + CRITICAL_FRAC) else "warning"

    def _resolved(self, power_mw: float, now_s: float) -> dict:
        breach, self.breach, self._over_s, self._under_s = self.breach, None, None, None
        breach.status = "resolved"
        return breach.told(power_mw, now_s)
