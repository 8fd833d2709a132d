"""What a campus is driven through so that every rule of its grid codes has something to judge.

Needs    prove.compliance (Code, Profile, required_profiles), twin.transient events.
Gives    Drive, drives_of, order_drives.
Used by  prove.proof.campus.

    normal         jobs as they go, checkpoints and failures by chance: every limit to swings
    job events     all write a checkpoint at once; the largest job stops, starts, crashes: the same limits
    rides          voltage and frequency as the codes ask; equal curves of two codes are driven once
    deep sag       for codes that count recovery and tell no curve of voltage
    loss, return   the whole site is cut off and may come back two minutes later
    orders         to draw less, as long as the code says or the record can hold
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from wattstack.campus import Campus, Hall
from wattstack.prove.compliance import Code, Profile, SitePoint, required_profiles
from wattstack.prove.compliance.code import Rule, refusal
from wattstack.twin.transient import Event, GridProfile, grid_event, longest_s

STEP_S = 0.005  # 200 samples a second: what rules up to 55 Hz ask for
LONG_STEP_S = 0.02  # of runs beyond LONG_S: bands of an hour and more, orders
LONG_S = 2000.0
SETTLE_S = 5.0  # before a profile begins: the campus is at rest in itself
CHECKPOINT_S, STOP_S, START_S, CRASH_S = 120.0, 300.0, 480.0, 660.0
AFTER_CRASH_S = 120.0  # of training that is seen after the restart
TRIP_S, RETURN_S = 60.0, 180.0
REJECTION_S = 900.0  # twelve minutes of return: at 20 MW/min a site of 150 MW needs eight
ORDER_S = 600.0  # before an order: what was drawn then is the base
AIM_FRAC = 0.99  # of the power ordered that the campus is told to hold: assumption
DEEP = ("sag,depth_frac=0.8,length_s=0.15@15", 60.0)

Named = tuple[str, str]  # code and rule
_SWINGS = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T12", "T13", "T16")


@dataclass(frozen=True)
class Drive:
    """One run of the transient twin, and the rules that are judged by it.

    Attributes:
        name: "normal", "job events", "deep sag", "loss and return", an order, or the name of a profile.
        kind: "normal", "jobs", "ride", "rejection" or "order".
        text: What happens, in words.
        seconds: Length.
        step_s: Step.
        events: As simulate_transient takes them.
        judges: Code and rule of each.
        said: Moments and words that the rules know orders and permissions by.
        profile: Of a ride that follows one.
    """

    name: str
    kind: str
    text: str
    seconds: float
    step_s: float
    events: tuple[Event | str, ...]
    judges: tuple[Named, ...]
    said: tuple[tuple[float, str], ...] = ()
    profile: Profile | None = None


def drives_of(campus: Campus, codes: Sequence[Code], site: SitePoint, seconds: float) -> list[Drive]:
    """Every run but the orders, which need to know what is drawn.

    Args:
        campus: With jobs or serving.
        codes: That it is proved against.
        site: Its point of connection.
        seconds: Of the normal run.
    """
    asked = [(code, rule) for code in codes for rule in code.rules]
    barred = {(code.name, rule.name) for code, rule in asked if refusal(code, rule, site) is not None}
    free = [(code, rule) for code, rule in asked if (code.name, rule.name) not in barred]
    swings = _names((c, r) for c, r in free if r.test in _SWINGS)
    told = [
        (c.name, r.name) for c, r in free
        if (r.test == "T14" and r.get("order_event") != "intertrip") or (r.test == "T15" and "h" in r.data["limit"])
    ]  # fmt: skip
    drives = [
        Drive("normal", "normal", "jobs, serving and failures as they come", seconds, STEP_S, (),
              (*swings, *told, *sorted(barred)))
    ]  # fmt: skip
    if swings and (job := _largest_job(campus)):
        drives.append(_job_events(campus, job, swings))
    drives += _rides(codes, site, barred)
    if bare := _names((c, r) for c, r in free if r.test == "T10" and not _has_dips(drives, c.name)):
        text = (
            "0.2 pu for 0.15 s, the deepest that ERCOT lets last so long: the code tells no curve of its own"
        )
        drives.append(Drive("deep sag", "ride", text, DEEP[1], STEP_S, (DEEP[0],), bare))
    lost = [
        (c, r)
        for c, r in free
        if r.test == "T11" or (r.test == "T14" and r.get("order_event") == "intertrip")
    ]
    if lost:
        words = {r.get("permission_event") for _, r in lost} - {None}
        said = ((TRIP_S, "intertrip"), *((RETURN_S, word) for word in sorted(words)))
        text = f"the whole site is cut off at {TRIP_S:g} s and may come back at {RETURN_S:g} s"
        events = (f"trip@{TRIP_S:g}", f"return@{RETURN_S:g}")
        drives.append(
            Drive("loss and return", "rejection", text, REJECTION_S, STEP_S, events, _names(lost), said)
        )
    return drives


def order_drives(campus: Campus, codes: Sequence[Code], site: SitePoint, drawn_mw: float) -> list[Drive]:
    """A run for each rule that orders the campus to draw less.

    Args:
        campus, codes, site: As drives_of takes them.
        drawn_mw: Mean power of the normal run [MW].
    """
    drives, most_s = [], longest_s(campus, LONG_STEP_S)
    for code in codes:
        for rule in code.rules:
            if rule.test != "T15" or "h" in rule.data["limit"] or refusal(code, rule, site) is not None:
                continue
            within, hold = float(rule.get("within_s")), float(rule.get("hold_s"))
            power = AIM_FRAC * float(rule.data["limit"]["frac"]) * drawn_mw
            seconds = min(ORDER_S + within + hold + 1.0, most_s)
            text = f"an order at {ORDER_S:g} s to draw {power:.4g} MW or less within {within:g} s, for {hold:g} s"
            if seconds < ORDER_S + within + hold:
                text += f"; the record holds {seconds:.0f} s of it"
            values = {"power_mw": power, "within_s": within, "hold_s": hold}
            drives.append(
                Drive(f"{code.name}:{rule.name}:order", "order", text, seconds, LONG_STEP_S,
                      (Event("curtail", ORDER_S, "", values),), ((code.name, rule.name),),
                      ((ORDER_S, str(rule.get("order_event"))),))
            )  # fmt: skip
    return drives


def _names(rules: Iterable[tuple[Code, Rule]]) -> tuple[Named, ...]:
    return tuple((code.name, rule.name) for code, rule in rules)


def _largest_job(campus: Campus) -> tuple[str, float] | None:
    """Path of the job with the greatest swing of one of its kind, and how long it restarts [s]."""
    found = [
        (job.full_mw / job.count, f"{hall}.jobs.{name}" + (".1" if job.count > 1 else ""), job.restart_s)
        for hall, load in campus.load.items()
        if isinstance(load, Hall)
        for name, job in load.jobs.items()
    ]
    return max(found)[1:] if found else None


def _job_events(campus: Campus, job: tuple[str, float], swings: tuple[Named, ...]) -> Drive:
    path, restart_s = job
    events = (
        f"checkpoint:all@{CHECKPOINT_S:g}", f"stop:{path}@{STOP_S:g}", f"start:{path}@{START_S:g}",
        f"crash:{path}@{CRASH_S:g}",
    )  # fmt: skip
    text = (
        f"all jobs write a checkpoint at {CHECKPOINT_S:g} s; {path} is stopped at {STOP_S:g} s, starts at "
        f"{START_S:g} s, crashes at {CRASH_S:g} s and comes back after {restart_s:g} s"
    )
    return Drive("job events", "jobs", text, CRASH_S + restart_s + AFTER_CRASH_S, STEP_S, events, swings)


def _rides(codes: Sequence[Code], site: SitePoint, barred: set[Named]) -> list[Drive]:
    """A run for each profile; one that two rules ask for is driven once."""
    found: dict[tuple, Drive] = {}
    for code in codes:
        back = [r.name for r in code.rules if r.test == "T10" and (code.name, r.name) not in barred]
        for profile in required_profiles(code.entry, site):
            rule = profile.name.split(":")[1]
            if (code.name, rule) in barred:
                continue
            judges = ((code.name, rule),)
            if min(profile.volts_pu) < 0.9:
                judges += tuple((code.name, name) for name in back)
            key = (profile.time_s, profile.volts_pu, profile.hertz, profile.angle_jump_deg, profile.jump_s)
            if key in found:
                found[key] = replace(found[key], judges=(*found[key].judges, *judges))
            else:
                found[key] = _ride(profile, judges)
    return list(found.values())


def _ride(profile: Profile, judges: tuple[Named, ...]) -> Drive:
    curve = GridProfile(
        profile.name, profile.time_s, profile.volts_pu, profile.hertz, profile.angle_jump_deg, profile.jump_s
    )
    seconds = SETTLE_S + profile.duration_s
    said = ((SETTLE_S + profile.jump_s, "phase jump"),) if profile.angle_jump_deg else ()
    step_s = STEP_S if seconds <= LONG_S else LONG_STEP_S
    return Drive(profile.name, "ride", profile.text, seconds, step_s, (grid_event(curve, SETTLE_S),), judges, said,
                 profile)  # fmt: skip


def _has_dips(drives: Sequence[Drive], code: str) -> bool:
    """Whether a code's own curve has sags below 0.9 pu."""
    return any(
        d.profile is not None and min(d.profile.volts_pu) < 0.9 and any(name == code for name, _ in d.judges)
        for d in drives
    )
