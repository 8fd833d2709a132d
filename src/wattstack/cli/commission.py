"""`wattstack commission`: every point of every device walked before a site runs, and the signed report checked.

Needs    operate.commission, report.write_commissioning_page.
Gives    commission.
Used by  cli.app.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wattstack.cli.words import table

if TYPE_CHECKING:
    from wattstack.operate.commission import Options

HELP = """Walk every point of every device of a campus: read, scale and sign, write, reversion, latency.

CAMPUS is a campus file whose sizes stand and whose `devices:` say who speaks for which asset, or the folder with its
campus.yaml. Nothing is written without --write. With it a small setpoint (--step-frac of the rating) goes to one
device after the other, within its limits, those of the connection and above the reserve; then the device is left in
silence until it falls back by itself. A site that runs is not written to: stop it first. Ctrl-C releases every device.

A current transformer that was turned round, a scale of 1000, meters that were changed about are found by the energy
balance and by who answers the steps, and named.

--simulated makes the devices on this machine: a rehearsal, and the factory acceptance test (FAT). Without it the real
ones are tested: the site acceptance test (SAT). --faults lets the simulated ones fail, one fault after the other.

The folder gets commission.json, commission.html and commission.sig. `commission verify FOLDER` checks the signature and
names what was changed.

\b
Examples:
  wattstack commission campus.yaml                            read only
  wattstack commission campus.yaml --write --record           and keep measured times in the file
  wattstack commission campus.yaml --write --device battery.main --key ~/site.key
  wattstack commission examples/sakai --simulated --write --faults -o out/fat
  wattstack commission verify out/fat --public-key 5f1c...e2

\b
Exit codes: 0 all passed, or sound; 1 a check failed, or something was changed; 2 bad input; 130 stopped.
"""


@click.command(help=HELP, short_help="Test every device of a site; a signed report.")
@click.argument("words", metavar="CAMPUS | verify FOLDER", nargs=-1, required=True)
@click.option("--simulated", is_flag=True, help="Make the devices on this machine (FAT).")
@click.option("--device", "only", multiple=True, metavar="PATH", help="Only this one; may be given again.")
@click.option("--write/--read-only", default=False, show_default=True, help="Write test setpoints.")
@click.option(
    "--step-frac", type=click.FloatRange(0.001, 0.2), default=0.02, show_default=True, metavar="SHARE",
    help="Test setpoint, of the rating.",
)  # fmt: skip
@click.option(
    "--hold-s",
    "plateau_s",
    type=click.FloatRange(0.5, 600.0),
    default=2.0,
    show_default=True,
    metavar="S",
    help="How long a level is held.",
)
@click.option(
    "--pairs", type=click.IntRange(2, 20), default=3, show_default=True, help="How often it is stepped."
)
@click.option(
    "--reads", type=click.IntRange(3, 10_000), default=50, show_default=True, help="Readings of a device."
)
@click.option("--start-engines", is_flag=True, help="Start generators; else 0 MW is written to them.")
@click.option("--faults", is_flag=True, help="With --simulated: fault after fault.")
@click.option("--record", is_flag=True, help="Write measured reversion times into the campus file.")
@click.option("--by", default="", metavar="TEXT", help="Who does it, for the report.")
@click.option("-o", "--out", "folder", type=click.Path(), help="Folder of the findings [default: commission or "
              "commission-fat in operate.folder].")  # fmt: skip
@click.option(
    "--key", type=click.Path(path_type=Path), help="Key that signs, PEM, mode 600 [default: one is made]."
)
@click.option(
    "--public-key", metavar="KEY", help="With verify: who must have signed; fingerprint, key or file."
)
def commission(words: tuple[str, ...], simulated: bool, folder: str | None, **more: Any) -> int:
    """See HELP."""
    try:
        if words[0] == "verify" and len(words) == 2:
            return _verify(words[1], more["public_key"])
        if len(words) != 1:
            raise click.UsageError(f"{len(words)} words are too many: give CAMPUS, or verify FOLDER.")
        if not simulated and more["faults"]:
            raise click.UsageError("--faults goes with --simulated only: real devices are not made to fail.")
        if more["record"] and (simulated or not more["write"]):
            raise click.UsageError(
                "--record goes with --write and real devices: only then times are measured."
            )
        return _walk(words[0], simulated, folder, more)
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is missing: pip install 'wattstack[operate]'") from None


def _walk(source: str, simulated: bool, folder: str | None, more: dict[str, Any]) -> int:
    from wattstack.operate.commission import commission_campus, record_reversion, sign_folder, write_findings
    from wattstack.report import write_commissioning_page

    if more["key"] is not None:
        _require_key(more["key"])
    found, made = commission_campus(source, _options(more), simulated, folder, click.echo, more["by"])
    write_findings(found, made)
    page = write_commissioning_page(found, made / "commission.html")
    seal = sign_folder(made, more["key"])
    click.echo("")
    click.echo(summary(found))
    click.echo(f"report       {page}")
    click.echo(f"signed with  {seal.key_file}{' (made now, mode 600)' if seal.made else ''}")
    click.echo(f"fingerprint  {seal.fingerprint}: note it away from this machine")
    if more["record"]:
        for path, took_s in record_reversion(source, found).items():
            click.echo(f"recorded     devices.{path}.reversion_measured_s: {took_s:g}")
    return 1 if found["counts"]["failed"] else 0


def _options(more: dict[str, Any]) -> Options:
    from wattstack.operate.commission import Options

    names = ("write", "only", "reads", "step_frac", "pairs", "plateau_s", "start_engines", "faults")
    return Options(**{name: more[name] for name in names})


def _require_key(path: Path) -> None:
    """A key that cannot be used is told before anything is done."""
    from wattstack.operate.audit import read_secret

    read_secret(path)


def summary(found: dict[str, Any]) -> str:
    """What failed or is doubtful, and a line a device."""
    rows = []
    for path, one in found["devices"].items():
        counts, took_s = one["checks"], one["reversion_measured_s"]
        marks = ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n) or "not tested"
        rows.append([path, marks, f"falls back after {took_s:.2f} s" if took_s is not None else ""])
    lines = [table(rows), ""]
    for one in found["checks"]:
        if one["verdict"] in ("failed", "doubtful"):
            named = "" if one["text"].startswith(one["device"]) else f"{one['device']} {one['what']} "
            lines.append(f"{one['verdict']}: {named}{one['text']}. {one['mend']}".rstrip())
    counts = ", ".join(f"{n} {verdict}" for verdict, n in found["counts"].items())
    return "\n".join([*lines, f"{found['kind']} {found['verdict']}: {counts}"])


def _verify(folder: str, public_key: str | None) -> int:
    from wattstack.operate.commission import verify_folder

    verdict = verify_folder(folder, public_key)
    for fault in verdict.faults:
        click.echo(f"{folder}: {fault}", err=True)
    if verdict.sound:
        who = "as asked" if public_key else "compare it with the one that was noted"
        click.echo(f"sound: signed {verdict.signed} with the key {verdict.fingerprint} ({who})")
    return 0 if verdict.sound else 1
