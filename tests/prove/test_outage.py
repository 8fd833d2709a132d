"""Campaigns of outages on a campus of two weeks: what must follow from what is declared."""

import numpy as np
import pytest

from tests.prove.conftest import SURE
from wattstack.errors import InputError
from wattstack.prove import OutageStudy, simulate_outages
from wattstack.work import Team

ISLAND = {"power_mw": 60, "start_s": 0, "ramp_frac_per_s": 10, **SURE}
NEVER = {"failures_per_year": 0}


def grid(**known):
    """A connection whose outages are as given."""
    return {"connection": {"reliability": {"outages_per_year": 0, "common_cause_frac": 0, **known}}}


def hours_of(median, p95=None):
    return {"median": median, "p95": p95 or 1.0000001 * median}


def test_every_campaign_begins_with_an_outage_and_none_is_lost_count_of(outages):
    assert len(outages.campaigns) == 200
    assert (outages.campaigns["outages"] >= 1).all()
    assert (outages.campaigns["outage_h"] > 0.0).all()
    assert outages.served_low <= outages.served.value <= outages.served_high
    assert outages.critical_frac == 0.15


def test_a_battery_alone_carries_until_it_is_empty(campus):
    alone = campus(
        generator=None, battery={"main": {"reliability": NEVER}}, grid=grid(outage_h=hours_of(8.0))
    )
    told = OutageStudy(alone, 40, 9.0).run()
    rows = told.campaigns
    assert (rows["unserved_mwh"] > 0.0).all()
    assert set(rows["cause"]) == {"nothing failed"}
    assert set(rows["shortage"]) == {"energy: the store was empty"}
    critical_mw = 0.15 * 37.0
    held_h = rows["stored_mwh"] / critical_mw
    assert np.allclose(rows["loss_h"], held_h, rtol=0.15), "losses and auxiliaries take the rest"
    assert (rows["loss_h"] < held_h).all()


def test_a_short_outage_is_carried_by_the_reserve(campus):
    alone = campus(
        generator=None, battery={"main": {"reliability": NEVER}}, grid=grid(outage_h=hours_of(0.4))
    )
    told = OutageStudy(alone, 60, 4.0).run()
    assert told.served.value == 1.0
    assert told.served_low < 1.0, "sixty campaigns do not make it sure"
    assert told.causes.empty
    assert np.isnan(told.campaigns["loss_h"]).all()


def test_generators_that_never_fail_carry_any_outage(campus):
    sure = campus(generator={"gas": ISLAND}, grid=grid(outage_h=hours_of(20.0)))
    told = OutageStudy(sure, 40, 24.0).run()
    assert told.served.value == 1.0
    assert (told.campaigns["generated_mwh"] > 0.0).all()


def test_starts_that_always_fail_are_what_failed_first(campus):
    never = campus(
        generator={"gas": {**ISLAND, "start_failure_frac": 1, "fuel_price_per_mwh": 90000}},
        battery={"main": {"reliability": NEVER}}, grid=grid(outage_h=hours_of(20.0)),
    )  # fmt: skip
    told = OutageStudy(never, 40, 12.0).run()
    assert told.served.value == 0.0
    assert set(told.causes["cause"]) == {"a start failed"}
    assert told.causes["part"].tolist() == ["generator.gas"]
    assert told.causes["share_frac"].sum() == pytest.approx(1.0)


def test_what_takes_the_grid_takes_the_generators_where_it_is_declared(campus):
    storm = campus(
        generator={"gas": {**ISLAND, "repair_h": 1e6}}, battery={"main": {"reliability": NEVER}},
        grid=grid(outage_h=hours_of(20.0), common_cause_frac=1),
    )  # fmt: skip
    told = OutageStudy(storm, 40, 12.0).run()
    assert told.served.value == 0.0
    assert set(told.causes["cause"]) == {"what took the grid took the generators too"}


def test_a_running_unit_that_fails_within_the_hour_is_what_failed_first(campus):
    weak = campus(
        generator={"gas": {**ISLAND, "mtbf_h": 0.2, "repair_h": 1e6, "fuel_price_per_mwh": 90000}},
        battery={"main": {"reliability": NEVER}}, grid=grid(outage_h=hours_of(30.0)),
    )  # fmt: skip
    told = OutageStudy(weak, 40, 30.0).run()
    assert told.served.value < 0.1
    assert told.causes["cause"][0] == "a running unit failed"


def test_blocks_that_are_mostly_out_leave_too_little_power(campus):
    broken = campus(
        generator=None, grid=grid(outage_h=hours_of(0.2)),
        battery={"main": {"reliability": {"failures_per_year": 900, "repair_h": 400, "common_cause_frac": 0}}},
    )  # fmt: skip
    told = OutageStudy(broken, 60, 2.0).run()
    assert told.served.value < 0.2
    assert set(told.causes["cause"]) == {"battery blocks were out"}
    assert set(told.causes["part"]) == {"battery.main"}


def test_without_battery_the_start_of_the_generators_is_not_bridged(campus):
    bare = campus(
        battery=None,
        duties=None,
        grid=grid(),
        generator={"gas": {**ISLAND, "start_s": 60, "fuel_price_per_mwh": 90000}},
    )
    told = OutageStudy(bare, 20, 2.0).run()
    assert told.served.value == 0.0
    assert (told.campaigns["loss_h"] == 0.0).all()
    assert set(told.campaigns["shortage"]) == {"power, before generators had started"}
    assert np.allclose(
        told.campaigns["unserved_h"], np.minimum(60.0 / 3600.0, told.campaigns["outage_h"]), atol=2e-3
    )


def test_all_of_the_load_is_critical_where_no_backup_is_declared(campus):
    told = OutageStudy(campus(duties=None, generator=None), 20, 2.0).run()
    assert told.critical_frac == 1.0
    assert told.served.value == 0.0
    assert any("duties.backup is not declared" in note for note in told.notes)


def test_more_power_never_serves_less_of_the_same_campaign(campus, outages):
    more = OutageStudy(campus(generator={"gas": {"power_mw": 8}}), 200, 12.0, seed=7).run()
    mine, theirs = outages.campaigns, more.campaigns
    assert (mine["outage_h"] == theirs["outage_h"]).all()
    assert (mine["start_utc"] == theirs["start_utc"]).all()
    assert (theirs["unserved_mwh"] <= mine["unserved_mwh"] + 1e-9).all()
    assert more.unserved_mwh.value < outages.unserved_mwh.value


def test_seconds_are_spent_where_something_changes_and_minutes_between(outages):
    figures = outages.figures
    assert 0.0 < figures["steps_of_a_second"] < figures["steps"]
    minutes = (figures["steps"] - figures["steps_of_a_second"]) + figures["steps_of_a_second"] / 60.0
    assert minutes == 200 * 12 * 60


def test_survival_falls_and_ends_at_the_chance_to_be_served(outages):
    table = outages.survival
    assert (np.diff(table["served_frac"]) <= 1e-12).all()
    assert table["served_frac"].iloc[-1] == pytest.approx(outages.served.value)
    assert (table["low_frac"] <= table["served_frac"] + 1e-12).all()


def test_lengths_sum_to_all_campaigns(outages):
    assert outages.lengths["campaigns"].sum() == 200
    assert outages.lengths["share_frac"].sum() == pytest.approx(1.0)


def test_mirrored_campaigns_have_mirrored_lengths(study, outages):
    length = outages.campaigns["outage_h"].to_numpy().reshape(-1, 2)
    whole = length.min(axis=1) > 0.05  # of a few seconds, rounding is much
    assert np.allclose(length[whole].prod(axis=1), 0.5**2, rtol=1e-2), "median squared"


def test_one_seed_gives_one_answer_and_another_seed_another(campus, outages):
    again = simulate_outages(campus(), 200, 12.0, seed=7)
    other = simulate_outages(campus(), 200, 12.0, seed=8)
    assert again.campaigns.equals(outages.campaigns)
    assert not other.campaigns["outage_h"].equals(outages.campaigns["outage_h"])


def test_published_means_are_taken_and_said_where_nothing_is_declared(campus):
    told = OutageStudy(campus(grid={"connection": {"reliability": None}}), 4, 1.0).run()
    assert told.outages_per_year == 0.33
    assert any("published means are taken, 0.33 outages a year" in note for note in told.notes)


def test_the_plan_of_the_hours_goes_on_through_a_campaign(campus):
    told = OutageStudy(campus(control={"kind": "mpc", "rules": None}), 20, 6.0).run()
    assert any("follows the plan that was made without it" in note for note in told.notes)
    assert told.figures["steps"] >= 20 * 6 * 60


def test_what_cannot_be_proven_is_refused_in_words_all_at_once(campus):
    with pytest.raises(InputError) as error:
        simulate_outages(campus(), 0, 1000.0, seed=-1)
    said = str(error.value)
    assert "count" in said and "is 0, must be 1 or more" in said
    assert "is 1000, must be in 0.0167 .. 336, the hours of `time`" in said
    assert "seed" in said


def test_a_campus_without_grid_has_no_outages(campus):
    island = campus(grid=None, generator={"gas": {"power_mw": 60}})
    with pytest.raises(InputError, match="without a grid there is no outage of it"):
        simulate_outages(island, 10, 1.0)


def test_sizes_that_are_ranges_are_refused(campus):
    with pytest.raises(InputError, match=r"is a range 0 \.\. 20, must be a number to be run"):
        simulate_outages(campus(battery={"main": {"power_mw": {"max": 20}}}), 10, 1.0)


def test_two_threads_and_one_say_the_same_to_the_last_bit(study, outages):
    with Team(workers=2) as two, Team() as one:
        assert study.run(two).campaigns.equals(outages.campaigns)
        assert study.run(one).campaigns.equals(outages.campaigns)
