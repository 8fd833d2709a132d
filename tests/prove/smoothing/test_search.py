"""The steps of the search, each on a small campus run for real: cut, grow, calm down, verify, and give up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.prove.smoothing.conftest import COARSE, PRICES
from wattstack.prove.compliance import site_point
from wattstack.prove.smoothing.demand import loop_for, read_demand
from wattstack.prove.smoothing.mix import Layer, Mix
from wattstack.prove.smoothing.price import options_of, prices_of
from wattstack.prove.smoothing.search import GROWTHS, Candidate, Search, duty_of
from wattstack.prove.smoothing.trial import Ground
from wattstack.work import progress

LAYER = Layer(rack_j=16000.0, average_s=1.0)


@pytest.fixture
def search_of(campus, code):
    """A search before its first trial: search_of(ramp=40, short=4, **changes of the campus)."""

    def make(ramp=40.0, short=4.0, chemistries=(), **changes) -> Search:
        made, codes = campus(**changes), [code(ramp, short)]
        site = site_point(made)
        ground = Ground(made, codes, site, read_demand(codes, site), **COARSE)
        paid = prices_of(made, PRICES)
        with progress("a search", total=None) as bar:
            return Search(ground, paid, options_of(made, chemistries, paid), 0.05, bar)

    return make


def candidate_of(search: Search, power_mw: float, half_mwh: float, layer: Layer = LAYER) -> Candidate:
    """A mix with the first battery of the search, run."""
    loop = loop_for(search.ground.campus, layer, search.ground.demand)
    bare = search._try(layer, loop, None)
    mix = search._mix(layer, search.options[0], loop, power_mw, half_mwh)
    return search._resized(Candidate(mix, bare, search.options[0], {}), power_mw, half_mwh)


@pytest.fixture
def needed(search_of):
    """A search, and what its battery of plenty was asked for."""
    search = search_of()
    assert search._with_plenty(LAYER)
    return search, search.passing[0]


def test_a_battery_a_little_too_small_is_grown_and_one_far_too_small_given_up(needed):
    search, enough = needed
    small = candidate_of(search, 0.9 * enough.mix.power_mw, enough.half_mwh)
    cut = search._cut(small)
    assert search._passes(cut.trial)
    assert cut.mix.power_mw <= enough.mix.power_mw * 1.1
    assert search._cut(candidate_of(search, 0.1 * enough.mix.power_mw, 0.1 * enough.half_mwh)) is None


def test_what_falls_in_the_last_trial_is_told_and_grown_as_far_as_it_may(needed):
    search, enough = needed
    least = search._cut(enough)
    small = candidate_of(search, 0.85 * least.mix.power_mw, least.half_mwh)
    search._note(replace(small, trial=enough.trial), "passed its first trials")
    stood = search._verified(small)
    assert stood.mix.power_mw > small.mix.power_mw and search._passes(stood.trial)
    told = [row for row in search.rows if "fails the last trial" in row.note]
    assert told and not any(row.passes for row in told)
    full = replace(small.option, most_mw=small.mix.power_mw)
    assert search._verified(replace(small, option=full)) is None
    tiny = candidate_of(search, 0.05 * enough.mix.power_mw, enough.half_mwh)
    before = search.trials
    assert search._verified(tiny) is None
    assert search.trials == before + 3 * GROWTHS  # two of each size, and the size that came last


def test_no_battery_that_falls_in_the_last_trial_is_given_up(search_of):
    search = search_of()
    layer = Layer(floor_frac=0.65)
    alone = Candidate(Mix(layer), search._try(layer, None, None), None, {})
    assert search._verified(alone) is None
    assert search._calmed(alone) is alone and search._cut(alone) is alone
    assert duty_of(alone) == {}


def test_a_rule_that_the_ramp_lacks_slows_the_ramp_and_asks_for_its_energy(needed):
    search, enough = needed
    verdict = next(v for v in enough.trial.found.verdicts if v.rule == "short")
    missed = replace(enough.trial, worst=replace(verdict, margin_frac=-0.1), unheld_s=0.0)
    helped = search._helped(enough, missed)
    assert helped.mix.loop.ramp_mw_per_min < enough.mix.loop.ramp_mw_per_min
    assert helped.mix.power_mw == pytest.approx(enough.mix.power_mw)
    slower = enough.mix.loop.ramp_mw_per_min / helped.mix.loop.ramp_mw_per_min
    assert helped.half_mwh == pytest.approx(enough.half_mwh * slower)


def test_of_calmer_loops_the_cheapest_is_taken_until_one_asks_for_too_much(needed):
    search, enough = needed
    dear = replace(enough, costs={**enough.costs, "losses": 1e12})
    calm = search._calmed(dear)
    assert calm.cost < dear.cost
    assert calm.mix.loop.ramp_mw_per_min < enough.mix.loop.ramp_mw_per_min
    small = replace(enough.option, most_mwh=enough.mix.energy_mwh * 0.5)
    held = replace(enough, option=small)
    assert search._calmed(held) is held


def test_a_loop_that_settles_for_longer_than_a_trial_is_not_looked_at(search_of):
    search = search_of(ramp=0.1, short=0.02)
    loop = loop_for(search.ground.campus, LAYER, search.ground.demand)
    option = search.options[0]
    bare = Candidate(search._mix(LAYER, option, loop, 10.0, 1.0), None, option, {})
    assert search._calmed(bare) is bare
    assert search.trials == 0


def test_gpus_alone_pass_where_the_code_lets_them(search_of):
    search = search_of(ramp=400.0, short=14.0)
    search._alone(Layer(0.9, 0.5, 0.5))
    assert [one.mix.storage for one in search.passing] == [""]
    assert search._best().option is None


def test_without_a_battery_to_look_at_no_layer_is_run_beside_one(search_of):
    search = search_of(battery=None)
    assert not search._with_plenty(LAYER)
    assert search.trials == 0
    assert search._filled(LAYER, 0.0) is LAYER


def test_of_finalists_that_all_fall_the_first_that_stood_alone_is_told(needed):
    search, enough = needed
    never = replace(enough.option, most_mw=0.0, most_mwh=0.0)
    tiny = candidate_of(search, 0.1 * enough.mix.power_mw, 0.1 * enough.half_mwh)
    search.passing = [replace(tiny, option=never)]
    assert search._best() is None
    assert search.near is not None
