"""`wattstack fit-load`: a training job fitted to a measured power trace, as YAML to paste.

Needs    series.read_waveform, physics.fit_load, report.write_fit.
Gives    fit_load, rows_where.
Used by  cli.app, cli.comply.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.words import number, table

if TYPE_CHECKING:
    from wattstack.physics.fit_load import FittedLoad

HELP = """Fit the model of a training job to a measured power trace.

TRACE is a log of one job: dcgmi dmon, dcgm-exporter, nvidia-smi, Zeus, MLPerf, a Prometheus range query as JSON, or a
table (CSV, Parquet); a folder or a pattern ("node_*.txt") takes one file a node. The format shows by itself.

Printed is a job to paste under load.HALL.jobs of a campus file, and how well the model then tells the trace: frequency
and strength of the iteration's line, mean below the plateau, the folded iteration, how much the nodes move together.
With -o the page of measured and modelled is written beside it.

\b
Examples:
  wattstack fit-load trace.csv
  wattstack fit-load trace.csv --gpus 512 --power-per-gpu-kw 1.28 -o out/fit
  wattstack fit-load "power/node_*.txt" -o out/fit
  wattstack fit-load runs.parquet --column "n*_w" --where run=0

\b
Exit codes: 0 done, 2 bad input (no iteration in the trace among it).
"""


@click.command("fit-load", help=HELP, short_help="Fit a training job to a measured power trace.")
@click.argument("trace", type=click.Path())
@click.option("-o", "--out", "folder", type=click.Path(), help="Folder for job.yaml and fit.html.")
@click.option("--gpus", type=click.IntRange(1), help="GPUs of the job.  [default: 8 a node, or 1 kW each]")
@click.option(
    "--power-per-gpu-kw",
    type=click.FloatRange(0, min_open=True),
    metavar="KW",
    help="Full power of a node / its GPUs.",
)
@click.option(
    "--period",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="Where to look for the iteration, within 15 %.",
)
@click.option("--format", "form", help="Format of the log.  [default: as it shows]")
@click.option("--column", help="Power column of a table; a pattern takes several as nodes.")
@click.option("--unit", help="Unit of the power: W, kW, MW.  [default: as the column is named]")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Rows of a table that are read.")
@click.option(
    "--step",
    type=click.FloatRange(0, min_open=True),
    metavar="S",
    help="From row to row of a log without stamps.",
)
@click.option("--name", default="fitted", show_default=True, help="Name of the job.")
def fit_load(trace: str, folder: str | None, **options: Any) -> None:
    """Fit a job to a trace and print it."""
    from wattstack.physics.fit_load import fit_job
    from wattstack.series import read_waveform

    wave = read_waveform(
        trace,
        options["form"],
        options["column"],
        options["unit"],
        rows_where(options["where"]),
        options["step"],
    )
    fitted = fit_job(wave, options["gpus"], options["power_per_gpu_kw"], options["period"])
    declaration = job_yaml(fitted, options["name"])
    click.echo(declaration)
    click.echo(_goodness(fitted))
    for note in (*wave.notes, *fitted.notes):
        click.echo(f"  - {note}")
    if folder is not None:
        from wattstack.report import write_fit

        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        (out / "job.yaml").write_text(declaration, encoding="utf-8")
        click.echo(f"\npage: {write_fit(fitted, trace, declaration, wave.notes, out / 'fit.html')}")


def rows_where(where: tuple[str, ...]) -> dict[str, str]:
    """COLUMN=VALUE as a mapping, for read_waveform.

    Args:
        where: Words of the command line.
    """
    pairs = {}
    for one in where:
        column, equals, value = one.partition("=")
        if not equals:
            raise click.UsageError(f"--where {one!r} must be COLUMN=VALUE")
        pairs[column.strip()] = value.strip()
    return pairs


def job_yaml(fitted: FittedLoad, name: str) -> str:
    """The fitted job as a section of a campus file, four figures; what is a default is left out.

    Example:
        >>> from wattstack.cli.fit_load import _value
        >>> _value(0.123456), _value({"every_s": 142.36})
        ('0.1235', '{every_s: 142.4}')
    """
    job = fitted.job
    given = job.model_dump(exclude_defaults=True, exclude_none=True)
    given["checkpoint"] = None  # its default is one every ten minutes
    lines = [f"# fitted to a trace; its sensor: {sensor_text(fitted)}", f"{name}:"]
    lines += [f"  {key}: {_value(value)}" for key, value in given.items()]
    return "\n".join(lines) + "\n"


def sensor_text(fitted: FittedLoad) -> str:
    """What the trace was seen through."""
    apart = f", nodes read over {fitted.stagger_s:.2g} s" if fitted.stagger_s > 0.0 else ""
    return f"two lags of {fitted.sensor_s:.2g} s{apart}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_value(v)}" for k, v in value.items()) + "}"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _goodness(fitted: FittedLoad) -> str:
    """Marks of both, side by side."""
    a, b, errors = fitted.measured, fitted.model, fitted.errors
    rows = [
        ["", "measured", "model", "error"],
        ["line [Hz]", f"{a.line_hz:.5g}", f"{b.line_hz:.5g}", f"{errors['line_hz']:+.2%}"],
        [
            "its rms [kW]",
            number(1e3 * a.line_rms_mw),
            number(1e3 * b.line_rms_mw),
            f"{errors['line_rms']:+.1%}",
        ],
        [
            "mean below plateau",
            f"{a.deficit_frac:.2%}",
            f"{b.deficit_frac:.2%}",
            f"{100 * errors['deficit']:+.2f} points",
        ],
        ["folded iteration", "", "", f"{errors['fold']:.1%} of its height, rms"],
    ]
    if fitted.coherence is not None:
        rows.append(
            [
                "coherence",
                f"{fitted.coherence[0]:.3f}",
                f"{fitted.coherence[1]:.3f}",
                f"{errors['coherence']:+.3f}",
            ]
        )
    return table(rows)
