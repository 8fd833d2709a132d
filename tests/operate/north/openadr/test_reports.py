"""What a VTN is told: measured energy and power over its intervals, stores as they are, nothing that is not known."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.operate.north.openadr.conftest import NOW_S, campus_of, event, known_of, moment
from wattstack.operate.north.openadr.reports import Meter, Reports

VALUES = {
    "battery.main.stored_mwh": 6.6,
    "battery.main.can_discharge_mw": 10.0,
    "battery.main.can_charge_mw": 8.0,
}
STATE = (
    "STORAGE_USABLE_CAPACITY",
    "STORAGE_CHARGE_LEVEL",
    "STORAGE_MAX_DISCHARGE_POWER",
    "STORAGE_MAX_CHARGE_POWER",
)


def metered(power_mw=lambda k: 12.0, start_s=NOW_S - 7200.0, end_s=NOW_S + 7200.0, step_s=10.0) -> Meter:
    meter = Meter()
    for k in range(int((end_s - start_s) / step_s) + 1):
        meter.add(start_s + k * step_s, power_mw(k))
    return meter


def reports(meter=None, values=VALUES, **words) -> Reports:
    return Reports(campus_of(**words), "site-1", meter or metered(), values.get)


def asking(*kinds, **more) -> dict:
    descriptors = [{"payloadType": kind, "frequency": more.get("frequency", -1)} for kind in kinds]
    more.pop("frequency", None)
    return event(("SIMPLE", 1), reportDescriptors=descriptors, **more)


def test_stores_are_reported_as_the_user_guide_asks_for_them():
    """Example of 8.6: four descriptors, no intervals, whenever it is useful."""
    asked = asking(
        *STATE, frequency=0, intervals=[], intervalPeriod={"start": "0001-01-01", "duration": "PT0S"}
    )
    made, known = reports(report_s=300.0), known_of(asked)
    assert made.due(known, NOW_S - 3599.0) == []
    (one,) = made.due(known, NOW_S)
    assert (one["eventID"], one["clientName"]) == ("event-1", "site-1")
    (resource,) = one["resources"]
    assert resource["resourceName"] == "battery.main"
    found = {payload["type"]: payload["values"] for payload in resource["intervals"][0]["payloads"]}
    assert found == dict(zip(STATE, ([20000.0], [0.33], [10000.0], [8000.0]), strict=True))
    units = {one["payloadType"]: one["units"] for one in one["payloadDescriptors"]}
    assert units["STORAGE_CHARGE_LEVEL"] == "PERCENT" and units["STORAGE_USABLE_CAPACITY"] == "KWH"
    assert made.due(known, NOW_S + 299.0) == [] and made.due(known, NOW_S + 300.0)


def test_energy_of_each_interval_is_reported_when_the_last_one_ended():
    twice = [{"id": k, "payloads": [{"type": "SIMPLE", "values": [1]}]} for k in range(2)]
    asked = asking("USAGE", "DEMAND", start_s=NOW_S, duration="PT30M", intervals=twice)
    made, known = reports(metered(lambda k: 12.0 if k < 900 else -6.0)), known_of(asked)
    assert made.due(known, NOW_S + 1800.0) == [] == made.due(known, NOW_S + 3599.0)
    (one,) = made.due(known, NOW_S + 3600.0)
    (site,) = one["resources"]
    assert [interval["intervalPeriod"] for interval in site["intervals"]] == [
        {"start": moment(NOW_S), "duration": "PT1800S"}, {"start": moment(NOW_S + 1800.0), "duration": "PT1800S"}
    ]  # fmt: skip
    usage, demand = site["intervals"][1]["payloads"]
    assert usage == {"type": "USAGE", "values": [pytest.approx(-3000.0, abs=30.0)]}
    assert demand["values"][0] == pytest.approx(-6000.0, abs=60.0)
    assert made.due(known, NOW_S + 3601.0) == []


def test_a_frequency_reports_after_each_of_so_many_intervals():
    made = reports()
    known = known_of(asking("DEMAND", frequency=1, start_s=NOW_S, duration="PT10M"))
    daily = [
        k.__class__(k.event.model_copy(update={"duration": float("inf")}), None, k.seen_s) for k in known
    ]
    assert len(made.due(daily, NOW_S + 600.0)) == 1
    assert made.due(daily, NOW_S + 601.0) == []
    assert len(made.due(daily, NOW_S + 1200.0)) == 1


def test_what_is_not_measured_is_not_reported():
    asked = asking("USAGE", *STATE, "SETPOINT", frequency=0)
    # the capacity stands
    assert Reports(campus_of(report_s=10.0), "a", Meter(), {}.get).due(known_of(asked), NOW_S)
    assert (
        Reports(campus_of(report_s=10.0), "a", Meter(), {}.get).due(
            known_of(asking("USAGE", frequency=0)), NOW_S
        )
        == []
    )
    assert reports().due(known_of(asking("VOLTAGE", frequency=0)), NOW_S) == []
    nobody = reports(programs={"other": "utility"})
    assert nobody.due(known_of(asking("USAGE", frequency=0)), NOW_S) == []


def test_a_meter_that_was_away_too_long_gives_no_energy():
    meter = metered(lambda k: None if 100 < k < 500 else 5.0)
    assert meter.energy_mwh(NOW_S - 7000.0, NOW_S) is None
    assert meter.energy_mwh(NOW_S, NOW_S + 3600.0) == pytest.approx(5.0)
    assert meter.energy_mwh(NOW_S, NOW_S) is None
    assert Meter().energy_mwh(0.0, 1.0) is None
    meter.add(NOW_S, 1e9)  # time goes back: not counted
    assert meter.energy_mwh(NOW_S, NOW_S + 3600.0) == pytest.approx(5.0)


def test_a_day_is_kept_and_no_more():
    meter = metered(start_s=NOW_S - 200_000.0, end_s=NOW_S, step_s=20.0)
    assert len(meter._kept) == 86_400 // 20 + 1
    assert meter.energy_mwh(NOW_S - 3600.0, NOW_S) == pytest.approx(12.0)


@settings(max_examples=50, deadline=None)
@given(power=st.lists(st.floats(-50.0, 50.0), min_size=20, max_size=60), cut=st.floats(0.1, 0.9))
def test_energy_of_two_parts_is_that_of_the_whole(power, cut):
    meter = metered(lambda k: power[k % len(power)], NOW_S, NOW_S + 600.0)
    middle_s = NOW_S + 600.0 * cut
    parts = meter.energy_mwh(NOW_S, middle_s) + meter.energy_mwh(middle_s, NOW_S + 600.0)
    assert parts == pytest.approx(meter.energy_mwh(NOW_S, NOW_S + 600.0), abs=1e-9)
