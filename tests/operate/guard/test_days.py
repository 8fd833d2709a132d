"""Days of 23 and 25 hours, midnight, the end of a month, a counter that rolls over: nothing of it moves a decision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.operate.guard.conftest import DEVICES, RAW, campus_of, until
from tests.operate.guard.images import image_of, site
from tests.operate.guard.plants import Plant, zone
from wattstack.operate.guard import Mind

PEAK = {"kind": "rules", "rules": ["limit", "peak"]}


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-10-24T22:00", "2026-10-25T23:00", 25),  # Paris sets its clocks back
        ("2026-03-28T23:00", "2026-03-29T22:00", 23),  # and forward
        ("2026-06-10T22:00", "2026-06-11T22:00", 24),
    ],
)
def test_a_day_of_any_length_has_two_intervals_an_hour_each_held_at_its_target(begin, end, hours):
    control = PEAK | {"peak_target_mw": 12}
    load = lambda now_s: 14.0 if now_s % 1800.0 < 600.0 else 11.0  # noqa: E731
    plant = Plant(at(begin), 30.0, load, control=control, grid=wide(), **zone("Europe/Paris"))
    drawn, spans = 0.0, []

    def seen(made):
        nonlocal drawn
        drawn += plant.import_before * 30.0 / 3600.0
        if plant.now_s % 1800.0 == 0.0:
            spans.append(drawn)
            drawn = 0.0

    while plant.now_s < at(end):
        plant.import_before = plant.import_mw
        made = plant.step()
        seen(made)
        assert made.values["control.interval_left_s"] == 1800.0 - (plant.now_s - 30.0) % 1800.0
        assert made.values["control.peak_mw"] == pytest.approx(12.0, abs=0.05)
    assert len(spans) == 2 * hours
    # MWh of 12 MW; the first image of an interval decides with the last power
    assert max(spans[1:]) <= 6.0 + 0.15
    assert made.values["grid.billed_peak_mw"] <= 12.3


def wide() -> dict:
    return {"connection": {"firm_mw": 40}, "tariff": RAW["grid"]["tariff"]}


@pytest.mark.parametrize(
    ("name", "midnight"),
    [
        ("Europe/Paris", "2026-10-31T23:00"),  # after the clocks were set back: an hour from UTC
        ("Europe/Paris", "2026-03-31T22:00"),  # after they were set forward: two
        ("Asia/Tokyo", "2026-12-31T15:00"),
        ("America/New_York", "2026-11-01T04:00"),  # the night in which they are set back
    ],
)
def test_a_month_ends_at_midnight_where_the_campus_is(name, midnight):
    months = {f"2026-{k:02d}": 12.0 for k in range(1, 13)}
    turn = at(midnight)
    label = {"2026-10-31T23:00": "2026-11", "2026-03-31T22:00": "2026-04", "2026-11-01T04:00": "2026-11"}
    months |= {label.get(midnight, "2027-01"): 9.0}
    plant = Plant(
        turn - 3600.0,
        10.0,
        lambda now_s: 14.0,
        0.0,
        control=PEAK | {"peak_target_mw": months},
        grid=wide(),
        **zone(name),
    )
    plant.until(turn - 1800.0 + 20.0)
    made = plant.until(turn)
    # empty: what was reached is the floor
    assert made.values["control.peak_mw"] == pytest.approx(14.0, abs=0.05)
    assert made.values["grid.billed_peak_mw"] == pytest.approx(14.0, abs=0.05)
    made = plant.until(turn + 10.0)
    assert made.values["control.peak_mw"] == 9.0  # a new month, with its own target and nothing billed
    assert made.values["grid.billed_peak_mw"] == 0.0
    made = plant.until(turn + 1800.0)
    assert made.values["grid.billed_peak_mw"] == 0.0
    made = plant.until(turn + 1830.0)
    assert made.values["grid.billed_peak_mw"] == pytest.approx(14.0, abs=0.05)


def test_midnight_is_a_moment_like_any_other():
    plant = Plant(
        at("2026-06-10T21:00"),
        10.0,
        lambda now_s: 18.0,
        control={"kind": "rules", "rules": ["limit"]},
        **zone("Europe/Paris"),
    )
    powers = []
    plant.until(at("2026-06-10T23:00"), lambda made: powers.append(made.asset_mw["battery.main"]))
    assert set(powers[10:]) == {2.0}


def test_counters_that_roll_over_or_jump_move_no_decision():
    def run(counters) -> list:
        mind = Mind(campus_of({p: {**one, "port": 5020 + k} for k, (p, one) in enumerate(DEVICES.items())}))
        made = []
        for k, energy in enumerate(counters):
            more = {"grid__connection__energy_mwh": energy, "battery__main__discharged_mwh": energy / 3.0}
            made.append(mind.decide(image_of(site(k / 10, grid__connection__power_mw=19.0, **more), k / 10)))
        return made

    rolling = [4_294_967.2, 4_294_967.29, 0.0, 0.02, 4_294_967.0, 0.0]
    assert repr(run(rolling)) == repr(run([0.0] * 6))


def test_a_meter_whose_counter_rolls_over_is_read_on_and_nothing_moves(at_site):
    async def work(site, guard):
        power = lambda: site.site.stores["battery.main"].injection_mw  # noqa: E731
        await until(lambda: abs(power() - 4.0) < 0.3)
        site.site.meters.imported_mwh = (2**32 - 2) * 1e-3 - 1e-3  # two counts before the end, in kWh
        await until(lambda: guard.image.value("grid.connection.energy_mwh") > 4e6, 3.0)
        site.site.meters.imported_mwh += 0.01
        await until(lambda: guard.image.value("grid.connection.energy_mwh") < 1.0, 3.0)
        assert abs(power() - 4.0) < 0.4
        assert not [e for e in guard.telling.recent if e.level == "alarm"]

    at_site(work)
