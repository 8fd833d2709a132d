"""The campus that stands at a site: a valid campus file, whose running costs what the portfolio says it does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.plan.portfolio.made import COUNT, at, plan, portfolio, week
from wattstack.campus import read_campus
from wattstack.case import build_case
from wattstack.errors import InputError
from wattstack.plan import plan_site
from wattstack.plan.portfolio.campus_of import campus_at, write_campus_at
from wattstack.plan.portfolio.operation import make_operations
from wattstack.plan.portfolio.tiled import tile_weeks, zone_of
from wattstack.portfolio import Calendar, Site

CAMPUS = """\
wattstack: 1
name: tokyo
place: {latitude_deg: 35.6, longitude_deg: 139.7, time_zone: Asia/Tokyo}
currency: USD
time: {start: 2022-04-01T00:00+09:00, end: 2022-04-08T00:00+09:00, step: 1h}
load:
  halls: {it_mw: 10, profile: flat}
  offices: {draw_mw: 1}
grid:
  connection: {firm_mw: {max: 60}}
  tariff: {energy: {price_per_mwh: 80}}
battery:
  main: {power_mw: {max: 20}, energy_mwh: {max: 40}, charge_eff: 0.95, discharge_eff: 0.95, capital_per_mwh: 1000}
"""


def one_battery(made):
    """The same plan with lithium alone."""
    amounts = dict(made.amounts)
    for kind in ("storage_mwh", "cycled_mwh"):
        amounts[kind] = {key: values for key, values in amounts[kind].items() if key[0] == "lfp"}
    return replace(made, amounts=amounts)


def standing(tmp_path, made, period=5, site="sakai"):
    """The campus file, written and read."""
    return read_campus(write_campus_at(made, site, period, tmp_path / "at" / "campus.yaml")[0])


def test_every_size_is_what_the_plan_has_standing(tmp_path):
    campus = standing(tmp_path, one_battery(plan()))
    assert campus.name == "sakai-2030q4"
    assert campus.load["halls"].it_mw == 22.0
    assert (campus.grid.connection.firm_mw, campus.grid.connection.nonfirm_mw) == (20.0, 10.0)
    assert (campus.battery["lfp"].power_mw, campus.battery["lfp"].energy_mwh) == (30.0, 60.0)
    assert campus.battery["lfp"].charge_eff * campus.battery["lfp"].discharge_eff == pytest.approx(0.87)
    assert campus.generator["engine"].power_mw == 12.0
    assert campus.solar["pv"].power_mw == 10.0
    case = build_case(campus)
    assert case.load_mw == pytest.approx(np.full(2208, 22 * 0.8 * 1.25))  # load factor and PUE
    assert case.reserve_mwh.max() == pytest.approx(15.0)  # a quarter of 60 MWh does not cycle
    assert case.reserve_mw == pytest.approx(0.25 * 22)
    assert case.generator_cost_per_mwh["engine"] == pytest.approx(np.full(2208, 125.0))
    assert case.buy_price_per_mwh[0] == pytest.approx(110.0)


def test_the_file_is_ready_for_a_plan_and_everything_made_up_says_so(tmp_path):
    paths = write_campus_at(one_battery(plan()), "sakai", 5, tmp_path / "campus.yaml")
    assert [path.name for path in paths] == ["campus.yaml", "sakai-2030q4_SYNTHETIC.csv"]
    answer = plan_site(read_campus(paths[0]))
    assert answer.sizes["battery.lfp.energy_mwh"] == 60.0
    assert answer.planned == ()
    assert sum(note.startswith("SYNTHETIC input") for note in answer.notes) == 3
    assert "SYNTHETIC" in paths[0].read_text()


def test_running_the_campus_costs_what_the_portfolio_says(tmp_path):
    # Every day of this week is alike, so that a quarter of whole days costs its share of V.
    weeks = {("JP", s): (week("normal", 13, 0.2),) for s in (1, 2, 3, 4)}
    scarce = portfolio(weeks=weeks, generation=(), sites=portfolio().sites[:1])
    made = one_battery(plan(scarce))
    amounts = {**made.amounts, "generation_mw": {}, "firm_mw": {("sakai",): np.full(COUNT, 14.0)}}
    amounts["cycled_mwh"] = {("lfp", "sakai"): np.full(COUNT, 60.0)}
    amounts["storage_mwh"] = {("lfp", "sakai"): np.full(COUNT, 60.0)}
    made = replace(made, amounts=amounts)
    operation = make_operations(scarce)["sakai", 5]
    sizes = {"it_mw": 22.0, "firm_mw": 14.0, "nonfirm_mw": 10.0, "lfp": 60.0, "lfp.cycled": 60.0}
    cost = operation.visit(np.array([sizes.get(name, 0.0) for name in operation.names])).value
    answer = plan_site(standing(tmp_path, made))
    a_quarter = answer.objective / 4
    assert a_quarter / (92 * 24) == pytest.approx(cost / (13 * 168), rel=1e-6)


def test_two_batteries_that_cycle_stand_without_what_they_hold(tmp_path):
    made = plan()
    both = {**made.amounts["cycled_mwh"], ("zinc", "sakai"): at(q5=6.0)}
    campus = standing(tmp_path, replace(made, amounts={**made.amounts, "cycled_mwh": both}))
    assert campus.battery["lfp"].energy_mwh == 45.0
    assert (campus.battery["zinc"].energy_mwh, campus.battery["zinc"].power_mw) == (6.0, 2.0)
    assert campus.duties.backup is None


def test_a_battery_held_in_reserve_beside_one_that_cycles_is_left_out_in_words(tmp_path):
    made = plan()
    campus = standing(tmp_path, made)
    assert list(campus.battery) == ["lfp"]
    assert campus.duties.backup is not None
    text, _ = campus_at(made, "sakai", 5)
    assert "# zinc: 8 MWh, all of it held in reserve, are left out" in text


def test_batteries_that_are_all_held_leave_the_largest_with_its_duty(tmp_path):
    made = plan()
    amounts = {**made.amounts, "cycled_mwh": {}}
    campus = standing(tmp_path, replace(made, amounts=amounts))
    assert list(campus.battery) == ["lfp"]
    assert build_case(campus).reserve_mwh.max() == pytest.approx(60.0)


def test_a_battery_that_holds_nothing_has_no_duty_and_a_site_may_have_no_battery(tmp_path):
    made = one_battery(plan())
    free = {**made.amounts, "cycled_mwh": made.amounts["storage_mwh"]}
    assert standing(tmp_path, replace(made, amounts=free)).duties.backup is None
    none = {**made.amounts, "storage_mwh": {}}
    assert standing(tmp_path, replace(made, amounts=none)).battery == {}


def test_without_a_power_to_be_held_the_whole_battery_holds(tmp_path):
    free = portfolio().compute.model_copy(update={"reserve_power_frac": 0.0, "shed_free_frac": 0.0})
    campus = standing(tmp_path, one_battery(plan(portfolio(compute=free))))
    assert build_case(campus).reserve_mw == pytest.approx(22.0)  # 30 MW stand, 22 are drawn
    assert campus.load["halls"].flexible_frac == 0.0


def test_export_is_limited_by_the_firm_connection(tmp_path):
    made = one_battery(plan())
    sites = tuple(s.model_copy(update={"export_allowed": True}) for s in made.portfolio.sites)
    campus = standing(tmp_path, replace(made, portfolio=replace(made.portfolio, sites=sites)))
    assert campus.grid.tariff.export.limit_mw == 20.0


def test_without_a_worth_of_compute_unserved_load_is_not_allowed(tmp_path):
    made = one_battery(plan())
    free = made.portfolio.compute.model_copy(update={"lost_hour_per_mwh": 0.0})
    campus = standing(tmp_path, replace(made, portfolio=replace(made.portfolio, compute=free)))
    assert campus.finance.lost_load_per_mwh is None


def test_a_site_without_compute_says_from_when_on_it_has_some(tmp_path):
    made = plan()
    late = {**made.amounts, "it_mw": {("sakai",): at(q4=3.0, q5=3.0), ("bosquel",): np.zeros(COUNT)}}
    made = replace(made, amounts=late)
    with pytest.raises(
        InputError, match=r"has no compute energised in 2029Q4, must have some\. Ask for 2030Q3"
    ):
        campus_at(made, "sakai", 1)
    with pytest.raises(InputError, match="The plan never energises it"):
        campus_at(made, "bosquel", 1)


def test_an_unknown_site_and_a_period_outside_the_horizon_are_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="is 'tokyo', must be one of sakai, bosquel"):
        campus_at(plan(), "tokyo", 1)
    with pytest.raises(
        InputError, match=r"is 2031Q3, must lie in the horizon\. Name one of 2029Q3 \.\. 2031Q2"
    ):
        campus_at(plan(), "sakai", 8)


def test_a_file_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "at").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        write_campus_at(plan(), "sakai", 5, tmp_path / "at" / "campus.yaml")


def test_a_site_with_a_campus_file_gives_that_file_at_its_sizes(tmp_path):
    (tmp_path / "tokyo.yaml").write_text("# kept\n" + CAMPUS)
    sites = (Site(name="tokyo", campus="tokyo.yaml"),)
    grown = portfolio(
        sites=sites, items=(), stages=(), gates=(), storage=(), generation=(), base_dir=tmp_path,
        campuses={"tokyo": read_campus(tmp_path / "tokyo.yaml")},
    )  # fmt: skip
    size = {"battery.main.power_mw": 5.0, "battery.main.energy_mwh": 12.0, "grid.connection.firm_mw": 14.0}
    made = plan(grown, amounts={"size": {(path, "tokyo"): at(q2=mw) for path, mw in size.items()}})
    (path,) = write_campus_at(made, "tokyo", 2, tmp_path / "at" / "campus.yaml")
    campus = read_campus(path)
    assert {name: campus.size_paths[name] for name in size} == size
    assert path.read_text().startswith("# kept")


def test_a_campus_file_that_the_portfolio_reads_is_not_written_over(tmp_path):
    (tmp_path / "tokyo.yaml").write_text(CAMPUS)
    sites = (portfolio().sites[0].model_copy(update={"campus": "tokyo.yaml"}),)
    made = plan(portfolio(sites=sites, base_dir=tmp_path))
    with pytest.raises(InputError, match="is the campus file of site sakai"):
        write_campus_at(made, "sakai", 5, tmp_path / "tokyo.yaml")
    assert (tmp_path / "tokyo.yaml").read_text() == CAMPUS


def test_a_site_with_a_campus_file_and_items_has_what_was_ordered_for_it(tmp_path):
    (tmp_path / "tokyo.yaml").write_text(CAMPUS)
    made = plan(portfolio(campuses={"sakai": read_campus(tmp_path / "tokyo.yaml")}))
    (path,) = write_campus_at(made, "sakai", 5, tmp_path / "at" / "campus.yaml")
    campus = read_campus(path)
    assert campus.load["halls"].it_mw == pytest.approx(22.0)
    assert campus.load["offices"].draw_mw == 1.0
    assert campus.grid.connection.firm_mw == 20.0
    assert campus.battery["zinc"].energy_mwh == 8.0
    assert campus.generator["engine"].power_mw == 12.0


def test_weeks_with_a_load_of_their_own_are_not_made_into_a_file():
    kept = portfolio().weeks["JP", 1]
    shaped = tuple(replace(week, load_mw_per_mw=np.full(len(week.price_factor), 1.1)) for week in kept)
    made = portfolio(weeks={**portfolio().weeks, **{("sakai", season): shaped for season in (1, 2, 3, 4)}})
    with pytest.raises(InputError, match="has weeks with a load or prices of sale of their own"):
        campus_at(plan(made), "sakai", 5)


def test_weeks_come_as_often_as_they_weigh_and_spread_over_the_quarter():
    made = portfolio(weeks={("JP", 4): (week("normal", 11, 1.0), week("stress", 2, 0.3))})
    tiled = tile_weeks(made, made.site("sakai"), 5)
    assert (tiled.step, len(tiled.stamps)) == ("1h", 92 * 24)
    assert (tiled.stamps[0], tiled.stamps[-1]) == ("2030-10-01T00:00+09:00", "2030-12-31T23:00+09:00")
    evening = tiled.available_frac.reshape(92, 24)[:, 18]
    stressed = [bool((evening[7 * w : 7 * w + 7] < 1.0).all()) for w in range(13)]
    assert sum(stressed) == 2
    assert stressed.index(True) > 1


def test_a_quarter_with_a_change_of_the_clock_has_an_hour_less():
    made = portfolio()
    tiled = tile_weeks(made, made.site("bosquel"), 2)
    assert len(tiled.stamps) == 90 * 24 - 1
    assert (tiled.stamps[0][-6:], tiled.stamps[-1][-6:]) == ("+01:00", "+02:00")


def test_steps_are_the_finest_of_the_weeks_and_at_most_an_hour():
    coarse = portfolio(weeks={("JP", 4): (week("normal", 13, 1.0, step_h=2.0),)})
    tiled = tile_weeks(coarse, coarse.site("sakai"), 5)
    assert (tiled.step, len(tiled.stamps)) == ("1h", 2208)
    assert np.array_equal(tiled.price_factor[0::2], tiled.price_factor[1::2])
    fine = portfolio(weeks={("JP", 4): (week("a", 6, 1.0, step_h=0.5), week("b", 7, 0.5))})
    assert len(tile_weeks(fine, fine.site("sakai"), 5).stamps) == 4416


def test_a_year_lays_the_weeks_of_each_quarter_in_it():
    weeks = tuple(
        replace(week(f"Q{n} normal", 13, 1.0), price_factor=np.full(168, float(n))) for n in (1, 2, 3, 4)
    )
    yearly = portfolio(calendar=Calendar("2029", COUNT), weeks={("JP", 0): weeks})
    tiled = tile_weeks(yearly, yearly.site("sakai"), 1)
    assert len(tiled.stamps) == 8760
    assert [tiled.price_factor[24 * day] for day in (0, 89, 90, 180, 181, 272, 273, 364)] == [
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
    ]
    plain = portfolio(calendar=Calendar("2029", COUNT), weeks={("JP", 0): (week("normal", 52, 1.0),)})
    assert len(tile_weeks(plain, plain.site("sakai"), 3).stamps) == 8784  # 2032


@pytest.mark.parametrize(("site", "light"), [("sakai", 0.19), ("bosquel", 0.19)])
def test_a_level_plant_under_the_light_gives_what_the_weeks_say(tmp_path, site, light):
    made = plan()
    offer = next(o for o in made.portfolio.generation if o.tech == "pv").model_copy(update={"site": site})
    amounts = {
        "it_mw": {(site,): np.full(COUNT, 20.0)}, "firm_mw": {(site,): np.full(COUNT, 30.0)},
        "generation_mw": {("pv", site): np.full(COUNT, 10.0)},
    }  # fmt: skip
    made = replace(made, amounts=amounts, portfolio=replace(made.portfolio, generation=(offer,)))
    for period in (3, 4):  # spring and summer: in winter the day of these weeks is longer than the real one
        frac = build_case(standing(tmp_path, made, period, site)).solar_frac["pv"]
        tiled = tile_weeks(made.portfolio, made.portfolio.site(site), period)
        assert frac.mean() == pytest.approx(tiled.solar_frac.mean(), rel=0.01)
        assert frac.mean() == pytest.approx(light, abs=0.005)
        assert frac.max() == pytest.approx(0.6, abs=0.02)


def test_a_plant_that_never_gives_anything_has_no_light(tmp_path):
    made = one_battery(plan())
    dark = tuple(replace(w, solar_frac=np.zeros(168)) for w in made.portfolio.weeks["JP", 4])
    made = replace(made, portfolio=replace(made.portfolio, weeks={("JP", 4): dark}))
    assert build_case(standing(tmp_path, made)).solar_frac["pv"].max() == 0.0


def test_a_site_without_a_country_of_one_zone_has_the_hours_of_its_longitude():
    assert zone_of(Site(name="a", country="US", longitude_deg=-74.0)) == "Etc/GMT+5"
    assert zone_of(Site(name="b")) == "Etc/GMT"
