"""Campaigns by the thousand, on as many processes as there are cores: the same verdicts on any number of them.

Needs    campus, case, work.Team; operate.devices.layouts_of; operate.campaign: day, judge, script.
Gives    Stand, run_campaigns.
Used by  benchmarks, tests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from wattstack.operate.campaign.broken import BROKEN
from wattstack.operate.campaign.day import Campaign, Ground
from wattstack.operate.campaign.judge import Verdict
from wattstack.operate.campaign.script import DAY_S, draw_script
from wattstack.operate.devices import layouts_of
from wattstack.operate.guard import Mind
from wattstack.work import Team, cores, progress

if TYPE_CHECKING:
    from wattstack.campus import Campus

SHARE = 8  # campaigns that a process is asked for at once


class Stand:
    """A campus on which campaigns are run: what a worker needs.

    Args:
        campus: Sizes stand; duties.backup and devices are declared.
        key: Of this stand among others.
        seed: Of all draws.
        broken: Name of a guard of BROKEN; "": the real one.
        length_s: Of a campaign.
    """

    steps = 1_000_000  # far more than a process costs to start: campaigns live in processes

    def __init__(
        self, campus: Campus, key: str, seed: int = 0, broken: str = "", length_s: float = DAY_S
    ) -> None:
        self.campus, self.key, self.seed, self.broken, self.length_s = campus, key, seed, broken, length_s
        self._ready: Ground | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_ready": None}  # made anew where it goes

    def visit(self, numbers: Sequence[int]) -> list[Verdict]:
        """Verdicts on the campaigns of these numbers."""
        return [self.campaign(number).run() for number in numbers]

    def campaign(self, number: int) -> Campaign:
        """A campaign, ready to run."""
        if self._ready is None:
            from wattstack.case import build_case

            bare = self.campus.model_copy(update={"duties": type(self.campus.duties)()})
            # only its load and sun
            self._ready = Ground(self.campus, build_case(bare), layouts_of(self.campus))
        case = self._ready.case
        whole_s = len(case.load_mw) * float(case.axis.step_s)
        script = draw_script(self.campus, self.seed, number, whole_s, self.length_s)
        make = BROKEN[self.broken] if self.broken else Mind
        return Campaign(self._ready, script, number, make, self.length_s)


def run_campaigns(
    campuses: Sequence[Campus], count: int, seed: int = 0, workers: int = 0, broken: str = "",
    hear: Callable[[Verdict], None] | None = None,
) -> list[Verdict]:  # fmt: skip
    """Run campaigns, of the campuses in turn.

    Args:
        campuses: Sizes stand; duties.backup and devices are declared.
        count: Of campaigns.
        seed: Of all draws.
        workers: Processes; 0: as many as cores. The verdicts do not depend on it.
        broken: Name of a guard of BROKEN; "": the real one.
        hear: Hears each verdict when it comes, in no order.

    Returns:
        A verdict on each, in the order of their numbers.
    """
    workers = workers or cores()
    kinds = len(campuses)
    stands = [
        [Stand(campus, f"reserve.{k}.{worker}", seed, broken) for worker in range(max(workers, 1))]
        for k, campus in enumerate(campuses)
    ]
    found: list[Verdict] = []
    with Team(workers=workers) as team, progress("Campaigns", total=count) as bar:
        batch = SHARE * kinds * max(workers, 1)
        for first in range(0, count, batch):
            asked = []
            for k in range(kinds):
                numbers = [n for n in range(first, min(first + batch, count)) if n % kinds == k]
                asked += [(stand, numbers[w :: len(stands[k])]) for w, stand in enumerate(stands[k])]
            for verdicts in team.visit([one for one in asked if one[1]]):
                found += verdicts
                for verdict in verdicts if hear is not None else ():
                    hear(verdict)
            bar.advance(min(batch, count - first))
    return sorted(found, key=lambda verdict: verdict.number)
