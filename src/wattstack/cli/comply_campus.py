"""`wattstack simulate CAMPUS.YAML --comply`: a campus against its grid codes, with the evidence for it.

Needs    prove.proof, report, cli.comply, cli.words.
Gives    comply_options, prove_codes, proof_text.
Used by  cli.simulate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.comply import compliance_text, listed
from wattstack.cli.words import table

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.prove.proof import CampusCompliance


def comply_options(command: Callable) -> Callable:
    """The options that a proof of grid codes takes."""
    for option in reversed(
        (
            click.option(
                "--comply", is_flag=True,
                help="Instead of a year: drive the campus through all that its grid codes ask for, and judge it.",
            ),
            click.option(
                "--codes", metavar="A,B",
                help="With --comply: grid codes, by commas.  [default: grid.codes of the campus]",
            ),
            click.option(
                "--binding-only", is_flag=True,
                help="With --comply: leave out what is neither in force nor approved.",
            ),
            click.option(
                "--comtrade", is_flag=True,
                help="With --transient and --comply: waves as COMTRADE (.cfg, .dat) too.",
            ),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def prove_codes(campus: Campus, campus_file: str, folder: str, options: Mapping[str, Any]) -> int:
    """Prove a campus into a folder and print the verdicts; 1 where a rule fails or a run was unstable.

    Args:
        campus: Sizes stand.
        campus_file: It was read from.
        folder: It is written into.
        options: Of the command line: codes, binding_only, comtrade, as_csv, seconds, seed, with_report.
    """
    from wattstack.prove.proof import prove_compliance, write_proof

    codes = listed(options["codes"]) if options["codes"] else None
    more = {} if options["seconds"] is None else {"seconds": options["seconds"]}
    proof = prove_compliance(
        campus, codes, seed=options["seed"], binding_only=options["binding_only"], **more
    )
    forms = ("csv" if options["as_csv"] else "parquet", *(("comtrade",) if options["comtrade"] else ()))
    files = write_proof(proof, folder, campus_file, forms)
    click.echo(proof_text(proof))
    if options["with_report"]:
        from wattstack.report import write_report

        click.echo(f"\nreport: {write_report(files, Path(folder) / 'report.html')}")
    return 0 if proof.passed else 1


def proof_text(proof: CampusCompliance) -> str:
    """The verdicts for a terminal, and the runs behind them.

    Args:
        proof: As prove_compliance gives it.
    """
    rows = [("run", "length", "what happens")]
    rows += [(r.drive.name, f"{r.wave.duration_s:,.4g} s", r.drive.text) for r in proof.runs]
    parts = [compliance_text(proof.compliance, proof.run_of), table(rows)]
    parts += [f"UNSTABLE  {text}" for text in proof.unstable]
    return "\n\n".join(parts)
