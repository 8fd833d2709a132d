"""The campus as it is run: checked, kept beside the site's data, so that an edit changes nothing by itself.

Needs    campus, control.strips_of, plan.plan_site (sizes of a simulated site that do not stand yet), operate: alone,
         audit, day, sources, simulated (a script of faults).
Gives    prepare_campus, Prepared.
Used by  operate.supervise, operate.keeper, cli.operate.

Every process reads FOLDER/campus.yaml, also one that is started again. The user's file is only looked at.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wattstack.campus import SizeRange, read_campus, write_campus
from wattstack.control import strips_of
from wattstack.errors import Fault, InputError
from wattstack.operate.alone import alone
from wattstack.operate.audit import read_secret
from wattstack.operate.day import Day, read_day
from wattstack.operate.sources import checksum_of, kept_templates, with_own_templates

if TYPE_CHECKING:
    from datetime import datetime

    from wattstack.campus import Campus
    from wattstack.plan import Plan

TEMPLATES = {
    "grid": "meter-generic", "battery": "sunspec-storage", "generator": "genset-controller",
    "solar": "sunspec-inverter", "load": "load-meter", "ups": "ups-generic",
}  # fmt: skip
FILES = (
    "folder",
    "certificate",
    "key",
    "ca",
    "password",
    "postgres",
    "keys",
    "signing_key",
    "secret",
    "webhook_file",
    "program",
)
# bytes that the path of a Unix socket may have, with room for a terminator: 108 in Linux
LONGEST_SOCKET = 100


@dataclass(frozen=True)
class Prepared:
    """A campus ready to be run.

    Attributes:
        source: The user's file. file: What the processes read. folder: Of history, state, users, socket.
        checksum: Of the user's file, SHA-256; with what it extends and its own templates.
        campus: As in `file`. written: What was written into it. templates: Copies of the user's own, and what is in
            them.
        day: That is shown; None: the site begins at time.start, and does not end.
    """

    source: Path
    file: Path
    folder: Path
    checksum: str
    campus: Campus
    written: bytes
    templates: Mapping[Path, bytes]
    day: Day | None = None

    @property
    def page(self) -> str:
        """Where the page is."""
        face = self.campus.operate.face
        host = f"[{face.host}]" if ":" in face.host else face.host
        return f"{'http' if face.certificate is None else 'https'}://{host}:{face.port}/"

    @property
    def changed(self) -> bool:
        """Whether the user's file is another than the one that runs."""
        return checksum_of(self.source) != self.checksum


def prepare_campus(
    source: str | Path, simulated: bool = False, folder: str | Path | None = None,
    say: Callable[[str], None] = print, day: str | Path | None = None, faults: str | Path | None = None,
) -> Prepared:  # fmt: skip
    """Read a campus, see that it can be run, and lay it into its folder.

    Args:
        source: Campus file, or the folder it stands in.
        simulated: Make devices on free ports of this machine, and plan the sizes that are open.
        folder: Of the site's data; None: operate.folder, beside the campus file.
        say: Told what was made.
        day: File of a day to be shown by a simulated site (operate.day).
        faults: Script of faults of a simulated site, which must be right.

    Raises:
        InputError: Faults of a file or a template; no devices; sizes that do not stand; a folder whose path is too
            long, that is not safe from others, or in which a site runs.
    """
    source = Path(source)
    source = source / "campus.yaml" if source.is_dir() else source
    checksum = checksum_of(source)
    campus = read_campus(source)
    spoken_for = (*_made_up(campus), *campus.devices)  # of a simulated site
    shown = read_day(day, campus, spoken_for) if simulated and day is not None else None
    if simulated and faults is not None:
        from wattstack.operate.simulated import read_faults

        read_faults(Path(faults), spoken_for)
    folder = _folder_of(campus, folder, shown)
    if len(str(folder / "guard.sock").encode()) > LONGEST_SOCKET:
        raise InputError(
            str(folder), [f"has {len(str(folder))} letters, too many for a socket. Choose a shorter -o."]
        )
    if simulated:
        campus = _sized(read_campus(source, changes=simulated_devices(campus)), say, shown)
    _require_runnable(campus, source)
    _require_templates(campus)
    if not simulated:
        _require_files(campus, source)
    campus = _anchored(campus, folder)
    _own(folder)
    file = folder / "campus.yaml"
    if file.resolve() == source.resolve():
        raise InputError(str(folder), [f"holds {source.name} itself. Choose another folder with -o."])
    with alone(folder):  # the copy of a site that runs stays as it is
        write_campus(with_own_templates(campus, folder), file)
        file.chmod(0o600)
    made = read_campus(file)
    return Prepared(
        source, file, folder, checksum, made, file.read_bytes(), kept_templates(made, folder), shown
    )


def _folder_of(campus: Campus, folder: str | Path | None, day: Day | None) -> Path:
    """Where the data goes; a day has a folder of its own, for its clock is another at each showing."""
    if folder is not None:
        chosen = Path(folder).resolve()
        if day is not None and (chosen / "history.sqlite").exists():
            raise InputError(
                str(chosen), ["holds a history already, must be empty for a day. Choose another -o."]
            )
        return chosen
    base = (campus.base_dir / campus.operate.folder).resolve()
    if day is None:
        return base
    names = (f"{day.start:%Y-%m-%d}{end}" for end in ("", *(f"-{k}" for k in range(2, 1000))))
    return next(base / name for name in names if not (base / name / "history.sqlite").exists())


def _own(folder: Path) -> None:
    """Make the folder, for its owner alone; one where others could have laid links or files is refused.

    Raises:
        InputError: It belongs to somebody else, or has something in it and could be written by others.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = folder.stat()
    if facts.st_uid != os.geteuid():
        raise InputError(
            str(folder),
            ["belongs to another user, must belong to the one that runs this. Choose another -o."],
        )
    if facts.st_mode & 0o022 and any(folder.iterdir()):
        said = (
            "can be written by others and is not empty: what they laid there would be believed. Choose another -o, or "
            "look what lies there and run chmod 700."
        )
        raise InputError(str(folder), [said])
    folder.chmod(0o700)


def simulated_devices(campus: Campus) -> dict[str, Any]:
    """Changes that give each asset a device on a free port of this machine; what is declared of one already is kept.

    The page moves to a free port where its own is taken.
    """
    with ExitStack() as held:  # all stay taken until all are found
        declared = _made_up(campus)
        for path, one in campus.devices.items():
            declared[path] = one.model_dump(mode="json", exclude_unset=True)
        for values in declared.values():
            values |= {"transport": "tcp", "host": "127.0.0.1", "port": _free_port(held)}
        face = campus.operate.face
        changes: dict[str, Any] = {"devices": declared}
        if not _is_free(face.host, face.port):
            changes["operate.face.port"] = _free_port(held)
    return changes


def _made_up(campus: Campus) -> dict[str, dict[str, Any]]:
    """A device for each asset that none is declared of; of a battery that strips, one for each of its groups."""
    spoken_for = {path.split("#")[0] for path in campus.devices}
    strips, made = strips_of(campus), {}
    for asset in _assets_of(campus):
        if asset in spoken_for:
            continue
        kind, _, name = asset.partition(".")
        one = {"template": f"library:{TEMPLATES[kind]}"}
        groups = strips[name].groups if kind == "battery" and name in strips else 1
        if groups == 1:
            made[asset] = one
            continue
        made |= {f"{asset}#{k}": one | {"share_frac": 1.0 / groups} for k in range(1, groups + 1)}
    return made


def _assets_of(campus: Campus) -> Iterator[str]:
    """Paths of all that a device could speak for."""
    if campus.grid is not None:
        yield "grid.connection"
    for kind in ("battery", "generator", "solar", "load", "ups"):
        for name in getattr(campus, kind):
            yield f"{kind}.{name}"


def _updated(campus: Campus, values: dict[str, Any]) -> Campus:
    """A copy with other parts, which count as given."""
    made = campus.model_copy(update=values)
    made.model_fields_set.update(values)
    return made


def _sized(campus: Campus, say: Callable[[str], None], day: Day | None) -> Campus:
    """The campus with sizes and monthly peaks as planned, where some do not stand yet or a day is to be shown.

    A day begins with the energy that the plan has in store then.
    """
    is_open = any(isinstance(size, SizeRange) for size in campus.size_paths.values())
    if not is_open and day is None:
        return campus
    from wattstack.plan import plan_site

    say("Sizes are ranges still: the site is planned first." if is_open else "The plan of the year is made.")
    plan = plan_site(campus, curve=False, worth=False)
    made = campus.sized(plan.sizes)
    if made.control.peak_target_mw is None:
        peaks: dict[str, float] = {}
        for column, peak in plan.scenarios[0].peaks_mw.items():
            month = column.rsplit(".", 1)[-1]
            peaks[month] = max(peaks.get(month, 0.0), round(float(peak), 3))
        if peaks and all(re.fullmatch(r"\d{4}-\d{2}", month) for month in peaks):
            made = _updated(made, {"control": made.control.model_copy(update={"peak_target_mw": peaks})})
    return made if day is None else _stored(made, plan, day.begin)


def _stored(campus: Campus, plan: Plan, begin: datetime) -> Campus:
    """The campus with its batteries as full as the plan has them at a moment."""
    scenario = plan.scenarios[0]
    axis = scenario.case.axis
    passed_s = begin.timestamp() - float(axis.start.astype("datetime64[s]").astype(int))
    step = int(passed_s // axis.step_s) % axis.count
    batteries = {}
    for name, unit in campus.battery.items():
        # at the end of the step before
        stored = float(scenario.dispatch.stored_mwh[f"battery.{name}"][step - 1])
        low = unit.soc_low if unit.soc_low is not None else 0.5 * (1.0 - unit.usable_frac)
        frac = min(max(stored / float(unit.energy_mwh), 0.0), 1.0) if unit.energy_mwh else 0.0
        start = unit.start.model_copy(update={"soc": round(low + frac * unit.usable_frac, 6)})
        batteries[name] = _updated(unit, {"start": _updated(start, {"soc": start.soc})})
    return _updated(campus, {"battery": batteries})


def _anchored(campus: Campus, folder: Path) -> Campus:
    """File names of devices and of the live system from the root, so that the file may stand elsewhere."""

    def turned(part: Any) -> Any:
        changed = {}
        for name, value in part:
            if name in FILES and isinstance(value, str):
                changed[name] = str((campus.base_dir / value).resolve())
            elif isinstance(value, dict):
                new = {k: turned(v) if hasattr(v, "model_fields_set") else v for k, v in value.items()}
                if any(new[k] is not v for k, v in value.items()):
                    changed[name] = new
            elif hasattr(value, "model_fields_set"):
                new = turned(value)
                if new is not value:
                    changed[name] = new
        return part.model_copy(update=changed) if changed else part

    operate = turned(campus.operate).model_copy(update={"folder": str(folder)})
    devices = {path: turned(device) for path, device in campus.devices.items()}
    return _updated(campus, {"operate": operate, "devices": devices})


def _require_runnable(campus: Campus, source: Path) -> None:
    faults = [
        Fault(
            path, "is a range, must stand. Run `wattstack plan` first, and operate the campus.yaml it writes."
        )
        for path, size in campus.size_paths.items()
        if isinstance(size, SizeRange)
    ]
    if not campus.devices:
        faults.append(
            Fault(
                "devices",
                "are none, must be given: who speaks for which asset. To see it run first: --simulated makes one for "
                f"each asset on this machine. Type: wattstack operate {_seen_first(source)}",
            )
        )
    for name, strip in strips_of(campus).items():
        mine = [path for path in campus.devices if path.split("#")[0] == f"battery.{name}"]
        if mine and len(mine) != strip.groups:
            said = (
                f"is {strip.groups}, but {len(mine)} of devices speak for battery.{name}, must be as many: each strips "
                f"by itself. Declare battery.{name}#1 .. #{strip.groups}, each with its share_frac, or set groups: "
                f"{len(mine)}."
            )
            faults.append(Fault(f"battery.{name}.strip.groups", said))
    if faults:
        raise InputError(str(source), faults)


def _require_templates(campus: Campus) -> None:
    """A template at fault is told before anything is started."""
    from wattstack.operate.devices import layouts_of

    layouts_of(campus)


def _require_files(campus: Campus, source: Path) -> None:
    """Certificates of devices are there, and what is secret is their owner's alone."""
    faults = []
    for path, device in campus.devices.items():
        for name in ("ca", "certificate"):
            file = getattr(device, name)
            if file is not None and not (campus.base_dir / file).is_file():
                said = f"is {file}, which is not there, must be a file in PEM. Put it there, or correct the name."
                faults.append(Fault(f"devices.{path}.{name}", said))
        for name in ("key", "password"):
            try:
                if getattr(device, name) is not None:
                    read_secret(campus.base_dir / getattr(device, name))
            except InputError as error:
                said = f"is {getattr(device, name)}, which {error.faults[0].what}"
                faults.append(Fault(f"devices.{path}.{name}", said))
    if faults:
        raise InputError(str(source), faults)


def _seen_first(source: Path) -> str:
    """What shows a site without devices: the day that stands beside it, else just devices made up."""
    where = source.parent if source.name == "campus.yaml" else source
    day = source.parent / "day.yaml"
    return f"{where} --day {day}" if day.is_file() else f"{where} --simulated --speed 60"


def _free_port(held: ExitStack) -> int:
    taken = held.enter_context(socket.socket())
    taken.bind(("127.0.0.1", 0))
    return taken.getsockname()[1]


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError:
            return False
    return True
