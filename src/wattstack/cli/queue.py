"""`wattstack queue`: a log of jobs through a scheduler, and what limits of power cost in GPU-hours.

Needs    series.read_job_log, twin.queue, cli.words.
Gives    queue.
Used by  cli.app.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wattstack.cli.words import number, table
from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.series import JobLog
    from wattstack.twin.queue import FlexibilityCost, Order, QueueRun

HELP = """Play a log of jobs through a scheduler, with orders to draw less.

JOBS is a table (CSV, Parquet) as clusters publish them: submission, GPUs, run time, and a tier of patience where there
is one: 0 never slowed, 1 by up to 10 %, 2 by 25 %, 3 by 50 %. Or rates of requests by the window (ServeGen), where
--gpu-s-per-request makes each window a job of as many GPUs as its requests keep busy.

Under an order jobs are capped, kept waiting and put aside, the most patient first. Printed is what that costs:
GPU-hours of work not done, how much later jobs end, GPU-hours a MWh not drawn, and whether the order was kept.

\b
Orders are START,LENGTH,POWER[,RAMP]: hours from the first submission, hours, a share of what the cluster draws busy
(75%) or MW, and minutes until it must be reached.

\b
Examples:
  wattstack queue jobs.csv --gpus 512 --power-per-gpu-kw 1.2
  wattstack queue jobs.csv --gpus 512 --power-per-gpu-kw 1.2 --tier 2 --order 48,3,75%,15
  wattstack queue trace.csv --gpus 6742 --power-per-gpu-kw 0.9 --gpu-scale 0.01 -o out/queue
  wattstack queue rate.csv --gpus 8000 --power-per-gpu-kw 1.2 --gpu-s-per-request 8

\b
What is written with -o: queue.json, steps.csv (power, GPUs at work, waiting, aside, work done, by the minute; column
utilisation_frac is a profile for a hall), jobs.csv (begin and end of each job).

\b
Exit codes: 0 done, 1 an order was not kept, 2 bad input.
"""


@click.command("queue", help=HELP, short_help="Jobs through a scheduler; what drawing less costs.")
@click.argument("jobs", type=click.Path())
@click.option("--gpus", type=click.IntRange(1), required=True, help="GPUs of the cluster.")
@click.option(
    "--power-per-gpu-kw", type=click.FloatRange(0, min_open=True), required=True, metavar="KW",
    help="Full power of a node / its GPUs.",
)  # fmt: skip
@click.option(
    "--idle-frac",
    type=click.FloatRange(0, 1),
    default=0.29,
    show_default=True,
    help="Power of an idle node / full.",
)
@click.option(
    "--order",
    "orders",
    multiple=True,
    metavar="START,LENGTH,POWER[,RAMP]",
    help="May be given several times.",
)
@click.option(
    "--tier", type=click.IntRange(0, 3), default=0, show_default=True, help="Of jobs that name none."
)
@click.option(
    "--gpu-scale",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="GPUs a unit of the log.",
)
@click.option(
    "--gpu-s-per-request", type=click.FloatRange(0, min_open=True), metavar="S",
    help="Of a log of requests: how long one keeps a GPU.",
)  # fmt: skip
@click.option("-o", "--out", "folder", type=click.Path(), help="Folder for queue.json, steps.csv, jobs.csv.")
def queue(jobs: str, folder: str | None, **options) -> None:
    """Read, play with and without the orders, print."""
    from wattstack.series import read_job_log
    from wattstack.twin.queue import flexibility_cost, play_queue

    log = read_job_log(jobs, options["tier"], options["gpu_scale"], options["gpu_s_per_request"])
    gpus, per_gpu_kw, idle_frac = options["gpus"], options["power_per_gpu_kw"], options["idle_frac"]
    orders = _orders(options["orders"], gpus * per_gpu_kw / 1000.0)
    run = play_queue(log, gpus, per_gpu_kw, orders, idle_frac)
    cost = flexibility_cost(log, gpus, per_gpu_kw, orders, idle_frac=idle_frac) if orders else None
    click.echo(_text(log, run, cost, gpus))
    if folder is not None:
        _write(Path(folder), log, run, cost)
        click.echo(f"\nwritten: {folder}")
    if not run.met:
        click.get_current_context().exit(1)


def _orders(given: tuple[str, ...], full_mw: float) -> list[Order]:
    """Orders as written; all that are wrong at once."""
    from wattstack.twin.queue import Order

    orders, faults = [], []
    for text in given:
        parts = [part.strip() for part in text.split(",")]
        try:
            if len(parts) not in (3, 4):
                raise ValueError
            share = parts[2].endswith("%")
            power = float(parts[2].rstrip("%"))
            power_mw = power / 100.0 * full_mw if share else power
            ramp_s = 60.0 * float(parts[3]) if len(parts) == 4 else 0.0
            orders.append(Order(3600.0 * float(parts[0]), 3600.0 * float(parts[1]), power_mw, ramp_s))
        except ValueError:
            faults.append(
                Fault(
                    "order",
                    f"is {text!r}, must be START,LENGTH,POWER[,RAMP] in hours, hours, MW or %, minutes. "
                    "Write 48,3,75%,15.",
                )
            )
    if faults:
        raise InputError("wattstack queue", faults)
    return orders


def _text(log: JobLog, run: QueueRun, cost: FlexibilityCost | None, gpus: int) -> str:
    """The play in a few rows."""
    wait_h = (run.start_s - log.submit_s) / 3600.0
    rows = [
        ["jobs", f"{log.gpus.size:,}"],
        [
            "GPUs at work",
            f"{number(run.busy_gpus.mean())} of {gpus:,} on average, {number(run.busy_gpus.max())} at most",
        ],
        ["power", f"{number(run.power_mw.mean())} MW on average, {number(run.power_mw.max())} at most"],
        ["energy", f"{number(run.energy_mwh)} MWh"],
        ["wait", f"{number(float(wait_h.mean()))} h on average, {number(float(wait_h.max()))} at most"],
    ]
    if cost is not None:
        rows += [
            ["not drawn", f"{number(cost.saved_mwh)} MWh less than without orders"],
            [
                "work lost",
                f"{number(cost.lost_gpu_h)} GPU h by the end of the last order, {number(cost.gpu_h_per_mwh)} "
                "a MWh not drawn",
            ],
            ["capped, aside", f"{number(cost.capped_gpu_h)} and {number(cost.aside_gpu_h)} GPU h"],
            ["later", f"{number(cost.delay_h)} h on average, each job by its work"],
            [
                "orders",
                "kept" if run.met else f"NOT kept: up to {number(float(run.above_mw.max()))} MW above",
            ],
        ]
    notes = "".join(f"\nnote: {note}" for note in log.notes)
    return table(rows) + notes


def _write(folder: Path, log: JobLog, run: QueueRun, cost: FlexibilityCost | None) -> None:
    import numpy as np
    import pandas as pd

    folder.mkdir(parents=True, exist_ok=True)
    said = {
        "jobs": int(log.gpus.size), "energy_mwh": run.energy_mwh, "met": run.met,
        "lost_gpu_h_by_tier": run.lost_gpu_h.tolist(), "aside_gpu_h_by_tier": run.aside_gpu_h.tolist(),
        "cost": None if cost is None else {key: getattr(cost, key) for key in cost.__dataclass_fields__},
        "notes": list(log.notes),
    }  # fmt: skip
    (folder / "queue.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    columns = (
        "power_mw",
        "utilisation_frac",
        "allowed_mw",
        "busy_gpus",
        "waiting_gpus",
        "aside_gpus",
        "work_gpu_h",
        "above_mw",
    )
    steps = pd.DataFrame(
        {"time_s": np.arange(run.power_mw.size) * run.step_s} | {key: getattr(run, key) for key in columns}
    )
    steps.to_csv(folder / "steps.csv", index=False, float_format="%.8g")
    per_job = {
        "submit_s": log.submit_s,
        "gpus": log.gpus,
        "tier": log.tier,
        "start_s": run.start_s,
        "end_s": run.end_s,
    }
    pd.DataFrame(per_job).to_csv(folder / "jobs.csv", index=False, float_format="%.8g")
