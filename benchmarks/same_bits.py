"""Whether the plan file depends on who worked: `python -m benchmarks.same_bits`.

Needs    benchmarks.growth, growth_problem, portfolio_tools; wattstack.portfolio, plan.portfolio, work; distributed.
Gives    one line of JSON: who wrote another plan.json than one worker alone, by case; empty lists where none did.
Used by  benchmarks.portfolio, a reader.

One worker, two threads, two processes, a Dask cluster of two processes, and that cluster with one process killed
half-way through the rounds: on the data set, and on three_sites, whose years learn as they are visited.
"""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.growth import make_growth
from benchmarks.growth_problem import make_operations, make_portfolio, solve_growth
from benchmarks.portfolio_tools import GAP, data_set
from wattstack.plan.portfolio import Pool, solve_portfolio, write_portfolio_plan
from wattstack.portfolio import read_portfolio
from wattstack.work import Team

HALF_WAY = 4  # lists of visits after which a worker is killed: both cases ask for at least twice as many
Plan = Callable[[Pool], object]


def plans() -> dict[str, Plan]:
    """What is planned, by case."""
    example = read_portfolio(data_set())
    case = make_growth("three_sites")
    return {
        "example": lambda pool: solve_portfolio(example, pool=pool, gap_frac=GAP),
        "three_sites": lambda pool: solve_growth(make_portfolio(case), make_operations(case), pool, GAP),
    }


def bytes_of(plan: Plan, team: Team, half_way: Callable[[], None] | None = None) -> bytes:
    """The plan file that a team brings about; `half_way` is called once on the way."""
    lists = 0

    def visit(pairs: list) -> list:
        nonlocal lists
        lists += 1
        if lists == HALF_WAY and half_way is not None:
            half_way()
        return team.visit(pairs)

    with tempfile.TemporaryDirectory() as name, team:
        write_portfolio_plan(plan(Pool(visit=visit)), name)
        if half_way is not None and lists < 2 * HALF_WAY:
            raise RuntimeError(f"only {lists} lists of visits: {HALF_WAY} is not half-way")
        return (Path(name) / "plan.json").read_bytes()


def main() -> None:
    """Plan, compare, print."""
    from distributed import Client, LocalCluster

    differs: dict[str, list[str]] = {}
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        address = cluster.scheduler_address

        def kill() -> None:
            with Client(address, set_as_default=False) as client:
                os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        for case, plan in plans().items():
            alone = bytes_of(plan, Team())
            others = {
                "two threads": bytes_of(plan, Team(workers=2)),
                "two processes": bytes_of(plan, Team(workers=2, process_steps=0)),
                "cluster": bytes_of(plan, Team(cluster=address)),
                "one killed": bytes_of(plan, Team(cluster=address), kill),
            }
            differs[case] = [who for who, made in others.items() if made != alone]
    print(json.dumps({"differs": differs}))


if __name__ == "__main__":
    main()
