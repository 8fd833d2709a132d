"""What planner, user, utility and market ask of the guard in a campaign, through its real book of requests.

Needs    campus, operate.link.Request, operate.guard.Mind; operate.campaign.script.
Gives    Asking.
Used by  operate.campaign.day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from wattstack.operate.campaign.script import Asker
from wattstack.operate.link import Request

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.operate.guard import Mind

ROLES = {"planner": "planner", "market": "north", "utility": "north", "user": "face"}
AGAIN_S = 100.0  # from one request to the next


class Asking:
    """Those who ask.

    Args:
        campus: Sizes stand.
        askers: Who, what and when.
        chance: Of the numbers they ask for.
    """

    def __init__(self, campus: Campus, askers: tuple[Asker, ...], chance: np.random.Generator) -> None:
        self.campus, self._askers, self._chance = campus, askers, chance
        self._next_s = [one.begin_s for one in askers]
        self._power_mw = {f"battery.{name}": float(one.power_mw) for name, one in campus.battery.items()}
        self._ids = 0
        self._freed: dict[str | None, tuple[float, float]] = {}

    def ask(self, mind: Mind, now_s: float, time_s: float, utc_s: float) -> None:
        """Ask for whatever is due.

        Args:
            mind: Its book takes it, or not.
            now_s: Of the campaign.
            time_s, utc_s: Clocks of the guard.
        """
        for k, one in enumerate(self._askers):
            if not self._next_s[k] <= now_s < one.end_s or one.how == "none":
                continue
            self._next_s[k] = now_s + AGAIN_S
            two = {"user": "operator-1", "second_user": "engineer-2"} if one.source == "user" else {}
            for asked in self._asked(one):
                self._ids += 1
                who = {"user": one.how} if one.source == "utility" else two
                until_s = utc_s + min(1.5 * AGAIN_S, self.campus.operate.request_s)
                request = Request(id=f"c{self._ids}", source=one.source, until_s=until_s, **asked, **who)
                answer = mind.book.take(request, ROLES[one.source], utc_s, time_s)
                if answer.taken and one.source == "utility" and request.what == "import_limit_mw":
                    self._freed[request.user] = request.bounds[1], now_s + until_s - utc_s

    def freed_mw(self, now_s: float) -> float:
        """What the utility lets the campus draw."""
        return max((mw for mw, until_s in self._freed.values() if now_s <= until_s), default=0.0)

    def _asked(self, one: Asker) -> list[dict]:
        whole = sum(self._power_mw.values())
        draw = self._chance.uniform
        if one.how in ("steady", "drain", "fill"):
            value = {"steady": float(draw(-0.5, 0.5)), "drain": 1.0, "fill": -1.0}[one.how] * whole
            return [{"what": "battery_mw", "value": value}]
        if one.how == "random":
            low, high = sorted(float(x) for x in draw(-whole, whole, 2))
            return [{"what": "battery_mw", "low": low, "high": high}]
        if one.how == "wild":
            return [
                {"what": "battery_mw", "path": path, "value": float(self._chance.choice((-1.0, 1.0, 0.3))) * power}
                for path, power in self._power_mw.items()
            ]  # fmt: skip
        connection = self.campus.grid.connection
        firm = float(connection.firm_mw)
        if one.how == "free":
            return [{"what": "import_limit_mw", "high": firm + float(connection.nonfirm_mw)}]
        if one.how == "limit":
            return [{"what": "import_limit_mw", "high": float(draw(0.3, 1.4)) * firm}]
        if one.how == "reserve":
            return [{"what": "reserve_mwh", "value": float(draw(0.0, 2.0)) * whole}]
        return [
            {"what": "mode", "mode": str(self._chance.choice(("manual", "manual", "safe", "run")))},
            {"what": "battery_mw", "value": float(draw(-1.0, 1.0)) * whole},
        ]
