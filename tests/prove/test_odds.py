import numpy as np
import pytest

from tests.prove.test_outage import grid, hours_of
from wattstack.errors import InputError
from wattstack.prove import OutageStudy, Tilt
from wattstack.prove.kernel import layout as at
from wattstack.prove.odds import make_odds


def test_odds_as_declared_are_those_of_the_campus(campus):
    odds = make_odds(campus(), [("battery.main", 10)], 0, True, Tilt(1.0, 5.0))
    unit = odds.unit[at.DECLARED, :, 0]
    assert unit[at.FAIL_START] + unit[at.FAIL_START_ALL] == pytest.approx(0.005)
    assert unit[at.FAIL_RUN_PER_S] * 3600.0 == pytest.approx(0.95 / 1500.0)
    assert odds.unit[at.TILTED, at.FAIL_START, 0] == pytest.approx(5 * unit[at.FAIL_START])
    assert odds.grid[at.DECLARED, at.HITS_UNITS] == 0.05
    assert odds.grid[at.TILTED, at.HITS_UNITS] == 0.25


def test_a_tilted_chance_ends_at_a_half_and_none_is_tilted_down(campus):
    sure = campus(generator={"gas": {"start_failure_frac": 0.9, "common_cause_frac": 0}})
    odds = make_odds(sure, [], 0, True, Tilt(1.0, 1000.0))
    assert odds.unit[at.TILTED, at.FAIL_START, 0] == 0.9
    assert odds.grid[at.TILTED, at.HITS_UNITS] == 0.5


def test_a_tilt_that_is_none_is_refused():
    with pytest.raises(InputError, match="failure_scale"):
        Tilt(1.0, 0.5)
    with pytest.raises(InputError, match="length_sigma"):
        Tilt(9.0, 5.0)


RARE = {
    "generator": {
        "gas": {
            "power_mw": 60, "units": 3, "start_s": 10, "start_failure_frac": 0.03, "mtbf_h": 60,
            "common_cause_frac": 0.2, "fuel_price_per_mwh": 90000,
        }
    },
    "battery": {"main": {"energy_mwh": 16, "power_mw": 8, "reliability": {"failures_per_year": 2, "blocks": 4}}},
    "grid": grid(outage_h=hours_of(0.3, 3.0), common_cause_frac=0.02, outages_per_year=20),
}  # fmt: skip


@pytest.fixture(scope="module")
def both(campus):
    """The same campus, drawn as declared and tilted."""
    plain = OutageStudy(campus(**RARE), 3000, 6.0, seed=1).run()
    return plain, OutageStudy(campus(**RARE), 3000, 6.0, seed=2, tilt=Tilt(0.5, 4.0)).run()


def test_tilted_campaigns_say_what_plain_ones_say(both):
    plain, tilted = both
    for one, other in ((plain.served, tilted.served), (plain.unserved_mwh, tilted.unserved_mwh)):
        assert abs(one.value - other.value) < 4.0 * np.hypot(one.sigma, other.sigma)


def test_weights_of_tilted_campaigns_have_the_mean_one(both):
    weights = both[1].campaigns["weight"].to_numpy()
    error = weights.std() / np.sqrt(len(weights))
    assert abs(weights.mean() - 1.0) < 5.0 * error
    assert weights.max() <= 2.0 + 1e-9
    assert weights.std() > 0.1


def test_tilted_campaigns_are_surer_of_a_rare_loss(both):
    plain, tilted = both
    assert plain.served.value > 0.9
    assert tilted.served.sigma < plain.served.sigma
    assert tilted.figures["lost_campaigns"] > 1.5 * plain.figures["lost_campaigns"]


def test_every_cause_of_loss_has_its_campaigns(both):
    causes = set(both[1].causes["cause"])
    assert {
        "a start failed",
        "battery blocks were out",
        "what took the grid took the generators too",
    } <= causes
