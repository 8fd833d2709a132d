"""A year of the twin without outages, run piece by piece: whoever asks looks at everything between two pieces.

Needs    twin.year (Twin, Setting), twin.planner, twin.kernel.
Gives    Course.
Used by  prove, which begins its campaigns in the states of such a year.
"""

from __future__ import annotations

import numpy as np

from wattstack.physics.kernel.generator import new_units
from wattstack.twin.kernel import layout as out
from wattstack.twin.kernel.year import run_steps
from wattstack.twin.planner import Loop, make_planner, plan_steps
from wattstack.twin.year import Setting, Twin


class Course:
    """The first year of a twin with everything of reality but outages of the grid.

    Args:
        twin: The campus prepared.

    Attributes:
        drive: What comes from outside.
        carry: Everything as it stands before step `done`; read it, leave it.
        rating: Of the battery blocks, as it stands.
        done: Steps run so far.
        every: Steps between two plans of the next hours, 0 where nothing is planned: pieces end there.
        plan: What those plans said, (rows, plan steps); rows of twin.kernel.layout. per_plan: Steps of one plan step.
    """

    def __init__(self, twin: Twin):
        setting, count = Setting(), twin.case.axis.count
        self.drive = twin.drive(Setting(sure=True), 0)
        fleet = twin.fleet(setting)
        fleet.begin_year(0)
        units, owner = twin.units(setting)
        blocks = fleet.blocks
        self.carry = out.new_carry(
            blocks.state, blocks.age, new_units(len(owner)), twin.targets(), plan_steps(twin.campus.control),
            fleet.strip,
        )  # fmt: skip
        records = out.Records(
            np.zeros((out.NRECORD, count)),
            np.zeros((out.NBLOCK_RECORD, len(blocks.names), 0)),
            np.zeros((len(owner), 0)),
        )
        self.rating = blocks.blocks.rating
        self._loop = Loop(
            float(twin.case.axis.step_s), self.drive, twin.rules(setting, twin.seed), (blocks.blocks, blocks.ageing),
            units, self.carry, records,
        )  # fmt: skip
        self._planner = make_planner(twin, setting)
        self.done = self.every = self.per_plan = 0
        self.plan = np.zeros((len(self.carry.plan), 0))
        if self._planner is not None:
            self.every, self.per_plan = self._planner.horizon.every, self._planner.horizon.per_step
            self.plan = np.zeros((len(self.carry.plan), -(-count // self.per_plan)))

    def run_to(self, step: int) -> None:
        """Run up to a step; where hours are planned ahead, one that is planned anew at, or the end."""
        while self.done < step:
            if self._planner is None:
                run_steps(
                    self.done, step, self._loop.step_s, self.drive, self._loop.rules, 0, self._loop.fleet,
                    self._loop.units, self.carry, self._loop.records,
                )  # fmt: skip
                self.done = step
                return
            end = min(self.done + self.every, step)
            self._planner.run(self.done, end, self._loop)
            first = self.done // self.per_plan
            steps = min(-(-(end - self.done) // self.per_plan), self.plan.shape[1] - first)
            self.plan[:, first : first + steps] = self.carry.plan[:, :steps]
            self.done = end
