"""`wattstack comply`: a measured or simulated wave against grid codes.

Needs    series.read_waveform, campus.read_campus, prove.compliance, cli.fit_load, cli.words.
Gives    comply, compliance_text, judged, listed.
Used by  cli.app, cli.comply_campus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.fit_load import rows_where
from wattstack.cli.words import number, table
from wattstack.errors import Fault, InputError

if TYPE_CHECKING:
    from wattstack.prove.compliance import Compliance, SitePoint, Verdict
    from wattstack.series import Waveform

HELP = """Judge the power at the point of connection by grid codes: pass or fail, by which margin, and when.

TRACE is a power log: a table (CSV, Parquet) with time_s and power_mw, and where rules ask for them reactive_mvar,
voltage_pu, frequency_hz; a wave that the twin wrote; or a log of any format that fit-load reads.

A code is an entry of the library (`wattstack library grid-codes`) or a YAML file of your own in the same form. The
point of connection comes from --campus or from the options below, which overrule it. Where the text of a rule allows
two readings both are measured and the stricter rules; drafts and proposals are judged too and shown as what they are.

\b
Examples:
  wattstack comply trace.csv --codes ercot-lcl-10mw,ieso-3.0 --rated-mw 150 --frequency-hz 60
  wattstack comply trace.csv --campus campus.yaml --json verdicts.json -o evidence.html
  wattstack comply trace.csv --codes my-operator.yaml --campus campus.yaml --only T1,T3
  wattstack comply trace.csv --codes curtailment-emerald --campus campus.yaml --event "curtail@600"

\b
Exit codes: 0 no rule fails, 1 a rule fails, 2 bad input, 130 stopped.
"""
_SITE = {
    "rated_mw": "--rated-mw",
    "frequency_hz": "--frequency-hz",
    "short_circuit_mva": "--short-circuit-mva",
    "x_over_r": "--x-over-r",
    "voltage_kv": "--voltage-kv",
    "contracted_mw": "--contracted-mw",
    "shed_hz": "--shed-hz",
}
_POSITIVE = click.FloatRange(0.0, min_open=True)
_MARKS = {"pass": "pass", "fail": "FAIL", "not applicable": "-", "not measurable": "?"}


@click.command(help=HELP, short_help="Judge a power log by grid codes: pass or fail, by which margin.")
@click.argument("trace", type=click.Path())
@click.option("--codes", metavar="A,B", help="Grid codes, by commas.  [default: grid.codes of the campus]")
@click.option(
    "--campus", "campus_file", type=click.Path(), metavar="FILE", help="Campus whose connection it is."
)
@click.option("--rated-mw", type=_POSITIVE, metavar="MW", help="Rating of the connection.")
@click.option("--frequency-hz", type=click.Choice(["50", "60"]), help="Nominal frequency.")
@click.option("--short-circuit-mva", type=_POSITIVE, metavar="MVA", help="Short-circuit power, for T12.")
@click.option(
    "--x-over-r", type=_POSITIVE, metavar="X", help="Reactance / resistance of the grid.  [default: 10]"
)
@click.option("--voltage-kv", type=_POSITIVE, metavar="KV", help="Nominal voltage.")
@click.option(
    "--contracted-mw", type=_POSITIVE, metavar="MW", help="Contracted power.  [default: the rating]"
)
@click.option("--shed-hz", type=_POSITIVE, metavar="HZ", help="Assigned stage of load shedding, for T14.")
@click.option(
    "--event", "events", multiple=True, metavar="TEXT@S", help="An order in the trace: curtail@600."
)
@click.option("--only", metavar="T1,T3", help="Tests or rules to judge.  [default: all]")
@click.option("--binding-only", is_flag=True, help="Leave out what is neither in force nor approved.")
@click.option("--column", help="Power column of a table; a pattern takes several as nodes.")
@click.option("--unit", help="Unit of the power: W, kW, MW.  [default: as the column is named]")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Rows of a table that are read.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False), metavar="FILE", help="Write verdicts as JSON."
)
@click.option(
    "-o",
    "--out",
    "page",
    type=click.Path(dir_okay=False),
    metavar="PAGE",
    help="Write the evidence as a page.",
)
def comply(trace: str, **options: Any) -> int:
    """Judge a trace and print the verdicts."""
    from wattstack.series import read_waveform

    rows = rows_where(options["where"])
    wave = read_waveform(trace, column=options["column"], unit=options["unit"], where=rows)
    wave = replace(wave, events=tuple(sorted((*wave.events, *_events(options["events"])))))
    found = judged(wave, options)
    click.echo(compliance_text(found))
    if options["json_file"]:
        Path(options["json_file"]).write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
    if options["page"]:
        click.echo(f"\npage: {_write_page(found, wave, options, trace)}")
    return 0 if found.passed else 1


def judged(wave: Waveform, options: Mapping[str, Any]) -> Compliance:
    """Judge a wave at the point of connection that the options name.

    Args:
        wave: At the point of connection.
        options: codes, campus_file, only, binding_only and the keys of the point of connection.

    Raises:
        InputError: No code is named, or the rating or frequency is not given.
    """
    from wattstack.prove.compliance import check_compliance

    site, codes = _asked(options)
    only = listed(options["only"]) if options["only"] else None
    return check_compliance(wave, codes, site, only, options["binding_only"])


def _asked(options: Mapping[str, Any]) -> tuple[SitePoint, list[str]]:
    """Point of connection and codes; codes of the command line overrule those of the campus."""
    site, codes = _site(options)
    if options["codes"]:
        codes = listed(options["codes"])
    if not codes:
        raise InputError("comply", ["names no grid code: give --codes, or grid.codes in the campus file."])
    return site, codes


def _write_page(found: Compliance, wave: Waveform, options: Mapping[str, Any], trace: str) -> Path:
    from wattstack.prove.compliance import read_code
    from wattstack.prove.proof import trace_files
    from wattstack.report import write_report

    site, codes = _asked(options)
    read = {code.name: code for code in map(read_code, codes)}
    files = trace_files(found, wave, site, read, trace)
    return write_report(files, options["page"])


def listed(words: str) -> list[str]:
    """Words parted by commas."""
    return [word.strip() for word in words.split(",") if word.strip()]


def _events(words: tuple[str, ...]) -> list[tuple[float, str]]:
    made, faults = [], []
    for word in words:
        text, _, moment = word.rpartition("@")
        try:
            made.append((float(moment), text))
        except ValueError:
            text = ""
        if not text:
            faults.append(Fault(f"--event {word}", "must be TEXT@SECONDS, as in curtail@600."))
    if faults:
        raise InputError("comply", faults)
    return made


def _site(options: Mapping[str, Any]) -> tuple[SitePoint, list[str]]:
    """Point of connection and codes: of the campus where there is one, overruled by options."""
    from wattstack.prove.compliance import SitePoint, site_point

    given = {key: options[key] for key in _SITE if options[key] is not None}
    if "frequency_hz" in given:
        given["frequency_hz"] = float(given["frequency_hz"])
    if options["campus_file"]:
        from wattstack.campus import read_campus

        campus = read_campus(options["campus_file"])
        site = site_point(campus)
        if "rated_mw" in given:
            given.setdefault("contracted_mw", given["rated_mw"])
        return replace(site, **given), list(campus.grid.codes)
    missing = [_SITE[key] for key in ("rated_mw", "frequency_hz") if key not in given]
    if missing:
        raise InputError(
            "comply",
            [Fault(word, "is not given: give it, or --campus with a grid connection.") for word in missing],
        )
    return SitePoint(**given), []


def compliance_text(found: Compliance, run_of: Mapping[tuple[str, str], str] | None = None) -> str:
    """The verdicts for a terminal: a line a rule, then why, where there is something to say.

    Args:
        found: As check_compliance gives it.
        run_of: Name of the run that ruled by code and rule, where there were several.
    """
    kind = "made by a model" if found.synthetic else "measured"
    head = f"{found.source}: {found.duration_s:,.4g} s at {number(found.rate_hz)} samples a second, {kind}"
    rows = [("code", "rule", "test", "status", "verdict", "value", "limit", "margin", "at")]
    rows += [_row(v) for v in found.verdicts]
    if run_of is not None:
        runs = ["in the run", *(run_of[v.code, v.rule] for v in found.verdicts)]
        rows = [(*row, run) for row, run in zip(rows, runs, strict=True)]
    parts = [head, table(rows), "\n".join(_why(found.verdicts)), _summary(found)]
    parts += [f"note: {text}" for text in found.notes]
    return "\n\n".join(part for part in parts if part)


def _row(v: Verdict) -> tuple[str, ...]:
    if v.value is None:
        return (v.code, v.rule, v.test, v.status, _MARKS[v.outcome], "", "", "", "")
    margin = f"{number(v.margin)} {v.unit}".rstrip()
    if v.margin_db is not None and v.unit in ("MW", "%", "V", "MW/min"):
        margin += f" ({v.margin_db:+.1f} dB)"
    at = "" if v.worst_s is None else f"{v.worst_s:,.6g} s"
    limit = f"{number(v.limit)} {v.unit}".rstrip()
    return (v.code, v.rule, v.test, v.status, _MARKS[v.outcome], number(v.value), limit, margin, at)


def _why(verdicts: tuple[Verdict, ...]) -> list[str]:
    """The rule in words and the reading that rules where one fails; why there is no verdict."""
    said = []
    for v in verdicts:
        if v.outcome == "fail":
            said.append(f"{v.code} {v.rule}: {v.text}. By: {v.reading}." + (f" {v.note}." if v.note else ""))
        elif v.outcome != "pass" or v.note:
            said.append(f"{v.code} {v.rule}: {v.note}.")
    return said


def _summary(found: Compliance) -> str:
    counts = found.to_dict()["counts"]
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    failed = [v for v in found.verdicts if v.outcome == "fail"]
    binding = sum(v.binding for v in failed)
    if failed:
        said += f"; of those that fail {binding} in force or approved, {len(failed) - binding} not"
    return said + "."
