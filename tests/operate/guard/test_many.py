"""Racks of one battery that disagree, and a site of which nothing answers any more."""

from __future__ import annotations

import pytest

from tests.operate.guard.conftest import DEVICES, campus_of, until
from tests.operate.guard.images import image_of, site
from wattstack.operate.guard import Mind

RACK = {"template": "library:sunspec-storage", "share_frac": 0.5}
RACKS = {"grid.connection": DEVICES["grid.connection"], "battery.main#1": RACK, "battery.main#2": RACK}


def racks(time_s: float, grid_mw: float = 16.0, **shown: tuple[float, float]) -> dict[str, float]:
    """A site with two racks; what is not given is half of what the whole battery shows."""
    whole = site(time_s, grid__connection__power_mw=grid_mw)
    made = {name: value for name, value in whole.items() if not name.startswith("battery.main.")}
    for name, value in whole.items():
        kind = name.removeprefix("battery.main.")
        if name.startswith("battery.main."):
            part = value / 2.0 if kind.endswith(("_mw", "_mwh")) else value
            first, second = shown.get(kind, (part, part))
            made |= {f"battery.main#1.{kind}": first, f"battery.main#2.{kind}": second}
    return made


def last(mind: Mind, grid_mw: float = 16.0, **shown):
    made = None
    for k in range(30):
        made = mind.decide(image_of(racks(k / 10, grid_mw, **shown), k / 10))
    return made


def test_racks_that_disagree_on_their_charge_are_each_asked_for_what_they_can():
    mind = Mind(campus_of(RACKS))
    made = last(mind, 20.0, soc=(0.9, 0.02), stored_mwh=(9.0, 0.2), can_discharge_mw=(5.0, 0.0))
    assert made.asset_mw["battery.main"] == pytest.approx(4.0)
    assert made.device_mw["battery.main#1"] == pytest.approx(4.0) and made.device_mw["battery.main#2"] == 0.0
    assert made.values["control.sure_mwh"] <= 9.2 + 1e-6


def test_a_rack_whose_gauge_cannot_be_adds_nothing_to_what_is_sure():
    mind = Mind(campus_of(RACKS))
    last(mind, stored_mwh=(5.0, 5.0))
    made = mind.decide(image_of(racks(3.0, stored_mwh=(5.0, 9.9)), 3.0))
    assert "battery.main#2" in " ".join(made.alarms) and made.values["control.sure_mwh"] <= 10.0 + 1e-6


@pytest.mark.parametrize(
    ("flows_mw", "voltage_pu", "there"), [(6.8, 1.0, 1.0), (0.0, 1.0, 0.0), (6.8, 0.0, 0.0)]
)
def test_a_breaker_that_shows_open_while_power_flows_is_not_believed(flows_mw, voltage_pu, there):
    mind = Mind(campus_of(duties={"backup": {"duration_h": 1.0, "load_frac": 0.5}}))
    for k in range(30):
        shown = {"grid__connection__power_mw": flows_mw, "grid__connection__voltage_pu": voltage_pu}
        shown |= {"grid__connection__breaker": float(k < 10), "battery__main__power_mw": 0.0}
        made = mind.decide(image_of(site(k / 10, **shown), k / 10))
    assert made.values["grid.on"] == there
    if there:
        assert "shows open while 6.8 MW flow" in made.alarms["grid.connection.breaker"]
        # nothing of the reserve is spent on an island that is none
        assert made.asset_mw["battery.main"] == 0.0


def test_where_nothing_answers_any_more_each_device_is_told_and_the_site_comes_back_by_itself(at_site):
    async def work(site, guard):
        await until(
            lambda: guard.started and abs(site.site.stores["battery.main"].injection_mw - 4.0) < 0.3, 30.0
        )
        for path in guard.campus.devices:
            site.put(path, "silent")
        await until(lambda: len(guard.lost()) == len(guard.campus.devices), 20.0)
        told = lambda: {e.channel for e in guard.telling.recent if "is lost" in e.text}  # noqa: E731
        await until(lambda: told() == set(guard.campus.devices) and not guard.decision.whole, 10.0)
        await until(lambda: site.devices["battery.main"].fell_back, 20.0)
        for path in guard.campus.devices:
            site.lift(path, "silent")
        await until(lambda: not guard.lost() and guard.decision.whole, 20.0)
        await until(lambda: abs(site.site.stores["battery.main"].injection_mw - 4.0) < 0.3, 20.0)

    at_site(work, devices=DEVICES | {"battery.main": DEVICES["battery.main"] | {"revert_s": 2}})
