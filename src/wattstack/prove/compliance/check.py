"""Every rule of the grid codes asked for, on one wave.

Needs    series.Waveform, campus.Campus, the tests of this sub-room.
Gives    check_compliance, site_point, worst_case.
Used by  the door of prove.compliance, cli.comply.

Where the text of a rule allows more than one reading all are measured, and the one that uses most of its limit rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from wattstack.campus import Campus, largest
from wattstack.errors import Fault, InputError
from wattstack.library import Entry
from wattstack.prove.compliance import bands, moves, orders, recovery, ride, spectra, voltage
from wattstack.prove.compliance.code import TESTS, Code, Rule, read_code, refusal
from wattstack.prove.compliance.look import MOST_MISSING_FRAC, Look
from wattstack.prove.compliance.picture import Picture
from wattstack.prove.compliance.verdict import (
    BINDING,
    FAIL,
    NOT_MEASURABLE,
    PASS,
    Compliance,
    NoVerdict,
    Reading,
    SitePoint,
    Verdict,
    margins,
)
from wattstack.series import Waveform

Answer = tuple[list[Reading], list[str]]


def _plain(test: Callable[[Look, Rule, SitePoint], list[Reading]]) -> Callable[..., Answer]:
    return lambda look, code, rule, site: (test(look, rule, site), [])


def _noted(test: Callable[[Look, Rule, SitePoint], Answer]) -> Callable[..., Answer]:
    return lambda look, code, rule, site: test(look, rule, site)


def _moved(look: Look, code: str, rule: Rule, site: SitePoint) -> Answer:
    """T3 and T5: in a band, without one, or a swing that goes on."""
    if rule.quantity == "periodic amplitude":
        return bands.periodic(look, rule, site), []
    return (moves.changes if rule.band_hz is None else bands.variation)(look, rule, site), []


def _modes(look: Look, code: str, rule: Rule, site: SitePoint) -> Answer:
    return spectra.modes_response(look, rule, site), spectra.mode_notes(look, site.modes)


def _on_voltage(look: Look, code: str, rule: Rule, site: SitePoint) -> Answer:
    return (voltage.steps if rule.quantity == "voltage step" else voltage.flicker)(look, rule, site)


_TESTS: dict[str, Callable[[Look, str, Rule, SitePoint], Answer]] = {
    "T1": _plain(moves.changes),
    "T2": _plain(moves.changes),
    "T3": _moved,
    "T4": _plain(moves.slopes),
    "T5": _moved,
    "T6": _plain(spectra.energy_share),
    "T7": _modes,
    "T8": ride.ride_voltage,
    "T9": ride.ride_frequency,
    "T10": _noted(recovery.recovery),
    "T11": _noted(recovery.rejection),
    "T12": _on_voltage,
    "T13": _noted(voltage.reactive),
    "T14": _noted(orders.shed),
    "T15": _noted(orders.curtailment),
    "T16": _noted(orders.schedule),
}
_SPECTRAL = {"T6": "none; Welch, Hann, segments of 100 s", "T7": "second-order response of each mode"}


def check_compliance(
    wave: Waveform,
    codes: Sequence[str | Entry],
    site: SitePoint,
    only: Iterable[str] | None = None,
    binding_only: bool = False,
) -> Compliance:
    """Judge a wave by grid codes.

    Args:
        wave: At the point of connection: power_mw, and what rules ask for beside it.
        codes: Names in the library ("ercot-lcl-10mw", with or without "library:"), YAML files of your own, or entries.
        site: The point of connection.
        only: Tests ("T3") or keys of rules to judge; absent = all.
        binding_only: Leave out what is neither in force nor approved.

    Returns:
        One verdict a rule, in the order of the codes and of their rules.

    Raises:
        InputError: Every fault of the codes at once: unknown ones, a curve that is missing; a wave without power;
            binding_only where no rule binds, so that nobody takes an empty table for a pass.

    Example:
        >>> import numpy as np
        >>> t = np.arange(24000) * 0.005
        >>> wave = Waveform(0.005, {"power_mw": 100 + 4 * np.sin(2 * np.pi * 0.3 * t)}, "made", synthetic=True)
        >>> check_compliance(wave, ["ercot-lcl-10mw"], SitePoint(150, 60)).verdicts[0].outcome
        'pass'
    """
    read, wanted = _read(codes), None if only is None else set(only)
    known = {*TESTS, *(rule.name for code in read for rule in code.rules)}
    if wanted is not None and wanted - known:
        miss = ", ".join(sorted(wanted - known))
        raise InputError("only", [Fault(miss, "is neither a test (T1 to T16) nor a rule of these codes.")])
    asked = [
        (code, rule)
        for code in read
        for rule in code.rules
        if (wanted is None or {rule.test, rule.name} & wanted)
        and (not binding_only or rule.status in BINDING)
    ]
    if binding_only and not asked:
        raise InputError("codes", [none_binds(read)])
    _need_curves(asked, site)
    look = Look(wave)
    verdicts = tuple(_judged(look, code, rule, site) for code, rule in asked)
    return Compliance(wave.source, wave.synthetic, wave.duration_s, wave.rate_hz, verdicts, wave.notes)


def none_binds(codes: Iterable[Code]) -> str:
    """Why no rule is left where only what binds is asked for, and how to mend it.

    Args:
        codes: As asked for, with all of their rules.
    """
    status = sorted({rule.status for code in codes for rule in code.rules})
    return (
        f"hold no rule that binds: all are {', '.join(status)}, none is in force or approved. Leave out "
        "--binding-only to judge them as what they are, or name codes that bind: `wattstack library grid-codes`."
    )


def _read(codes: Sequence[str | Entry]) -> list[Code]:
    read, errors = [], []
    for code in codes:
        try:
            read.append(read_code(code))
        except InputError as error:
            errors.append(error)
    _raise(errors)
    if not read:
        raise InputError("codes", ["is empty, must name a grid code: `wattstack library grid-codes`."])
    return read


def _need_curves(asked: list[tuple[Code, Rule]], site: SitePoint) -> None:
    """Every code whose curve is missing, before anything is computed."""
    errors = []
    for code, rule in asked:
        rides = rule.test == "T8" or (rule.test == "T9" and rule.get("rocof_hz_per_s") is None)
        if rides and refusal(code, rule, site) is None:
            try:
                ride.bands_of(code.name, rule, site)
            except InputError as error:
                errors.append(error)
    _raise(errors)


def _raise(errors: list[InputError]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise InputError(
            "grid codes", [Fault(f"{e.source}: {f.where}", f.what) for e in errors for f in e.faults]
        )


def _judged(look: Look, code: Code, rule: Rule, site: SitePoint) -> Verdict:
    refused = refusal(code, rule, site)
    if refused is not None:
        return _verdict(code, rule, refused.outcome, None, notes=[refused.why])
    try:
        readings, notes = _TESTS[rule.test](look, code.name, rule, site)
    except NoVerdict as refused:
        return _verdict(code, rule, refused.outcome, None, notes=[refused.why])
    notes = [*notes, *look.notes()]
    ruling = max(readings, key=lambda reading: reading.used_frac)
    outcome = PASS if ruling.kept else FAIL
    if outcome == PASS and look.too_much_missing:
        outcome = NOT_MEASURABLE
        notes.append(
            f"more than {MOST_MISSING_FRAC:.0%} is missing: kept by what is there, which vouches for nothing"
        )
    return _verdict(code, rule, outcome, ruling, readings, notes)


def _verdict(
    code: Code,
    rule: Rule,
    outcome: str,
    ruling: Reading | None,
    readings: Sequence[Reading] = (),
    notes: Sequence[str] = (),
) -> Verdict:
    margin, share, decibel = (None, None, None) if ruling is None else margins(ruling)
    worst: dict[str, Reading] = {}
    for reading in sorted(readings, key=lambda r: -r.used_frac):
        worst.setdefault(reading.name, reading)
    return Verdict(
        code=code.name,
        rule=rule.name,
        test=rule.test,
        quantity=rule.quantity,
        text=rule.text,
        outcome=outcome,
        value=None if ruling is None else ruling.value,
        limit=None if ruling is None else ruling.limit,
        unit="" if ruling is None else ruling.unit,
        margin=margin,
        margin_frac=share,
        margin_db=decibel,
        worst_s=None if ruling is None else ruling.at_s,
        reading="" if ruling is None else ruling.name,
        readings={name: (r.value, r.limit, r.unit) for name, r in worst.items()},
        window=" or ".join(f"{w:g} s" for w in rule.windows_s) or "none",
        filter=_filter_text(rule),
        status=rule.status,
        source=rule.source,
        date=rule.date,
        confidence=rule.confidence,
        note="; ".join(notes),
        picture=None if ruling is None else ruling.picture,
    )


def _filter_text(rule: Rule) -> str:
    """Filter, order and band in words."""
    if rule.test in _SPECTRAL:
        return _SPECTRAL[rule.test]
    if rule.band_hz is None:
        return "none"
    low, high = rule.band_hz
    return f"Butterworth, order {rule.get('order', 4)} at each edge, {low:g} to {high:g} Hz, zero-phase"


def worst_case(compliance: Compliance) -> Picture | None:
    """The worst case of the rule with the least margin, as it is drawn; None where no rule was judged.

    Every verdict has its own in `verdict.picture`.
    """
    worst = compliance.worst()
    return None if worst is None else worst.picture


def site_point(campus: Campus) -> SitePoint:
    """The point of connection of a campus; sizes that are ranges count with their greatest.

    Raises:
        InputError: The campus has no grid connection, or its nominal frequency is not given.
    """
    if campus.grid is None:
        raise InputError(
            campus.source, [Fault("grid", "is not given: an island has no point of connection.")]
        )
    connection = campus.grid.connection
    if connection.frequency_hz is None:
        raise InputError(
            campus.source,
            [Fault("grid.connection.frequency_hz", "is not given, must be 50 or 60 for grid codes.")],
        )
    rated = largest(connection.firm_mw) + largest(connection.nonfirm_mw)
    return SitePoint(
        rated_mw=rated,
        frequency_hz=connection.frequency_hz,
        short_circuit_mva=connection.short_circuit_mva,
        x_over_r=connection.x_over_r,
        voltage_kv=connection.voltage_kv,
        modes=connection.modes,
        contracted_mw=rated,
    )
