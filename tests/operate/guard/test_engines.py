"""An engine that does not start, that runs on, that rests: by hand, and a simulated one over real sockets."""

from __future__ import annotations

from tests.operate.guard.conftest import DEVICES, RAW, campus_of, until
from tests.operate.guard.images import UTC_S, image_of, site
from wattstack.operate.guard import Mind
from wattstack.operate.guard.did import NOTHING, did_of
from wattstack.operate.link import Request

DEVICES = DEVICES | {"generator.gas": {"template": "library:genset-controller", "period_s": 0.1}}
GAS = {
    "fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000, "start_s": 4, "start_tries": 2,
    "start_pause_s": 3, "least_run_s": 20, "cooldown_s": 5, "least_rest_s": 10, "minimum_frac": 0.25,
}  # fmt: skip
ON = {"generator__gas__running": 1.0, "generator__gas__output_mw": 3.0}


class Site:
    """A mind whose engine is called for 3 MW while `short` holds."""

    def __init__(self) -> None:
        self.mind, self.time_s = Mind(campus_of(DEVICES, generator={"gas": GAS})), 0.0

    def go(self, seconds: float, short: bool = True, **shown: float):
        engine = {
            "generator__gas__running": 0.0,
            "generator__gas__output_mw": 0.0,
            "generator__gas__available": 1.0,
        }
        engine |= shown
        imported = (29.0 if short else 16.0) - engine["generator__gas__output_mw"]
        for _ in range(round(seconds * 10)):
            self.time_s += 0.1
            values = site(self.time_s, grid__connection__power_mw=imported, **engine)
            made = self.mind.decide(image_of(values, self.time_s))
        return made.device_mw["generator.gas"], made.reasons["generator.gas"], made

    def island(self, seconds: float):
        return self.go(seconds, grid__connection__voltage_pu=0.0, generator__gas__running=0.0)


def test_a_start_that_fails_is_tried_again_after_a_pause_and_then_left_to_a_person():
    one = Site()
    power, why, _ = one.go(5.9)
    assert power == 3.0 and "starts since" in why
    power, why, _ = one.go(0.5)
    assert power == 0.0 and "did not start, is tried again in 3 s" in why
    power, why, made = one.go(3.0)
    assert power == 3.0 and made.alarms == {}
    power, why, made = one.go(6.2)
    assert power == 0.0
    assert one.mind.lockouts.why == {"generator.gas": "it did not start, 2 times"}
    assert one.go(60.0)[0] == 0.0  # nothing tries a third time
    assert one.mind.lockouts.clear("generator.gas") == ""
    assert one.go(1.0)[0] == 3.0


def test_a_set_that_says_it_is_not_available_is_not_waited_for():
    one = Site()
    one.go(1.0)
    power, why, _ = one.go(1.5, generator__gas__available=0.0)
    assert power == 0.0 and "did not start, is tried again" in why
    assert one.mind.lockouts.why == {}  # it did not trip: it never ran


def test_an_engine_runs_its_least_time_then_without_load_and_then_rests():
    one = Site()
    one.go(3.0)
    assert one.go(5.0, **ON)[0] == 3.0
    power, why, _ = one.go(10.0, short=False, **ON)
    assert power == 3.0 and "its least time" in why  # a quarter of 12 MW
    power, why, _ = one.go(8.0, short=False, **ON)
    assert power == 3.0 and "cools down" in why
    power, why, _ = one.go(5.0, short=False, **ON)
    assert power == 0.0
    power, why, _ = one.go(3.0)
    assert power == 0.0 and "rests for" in why
    assert one.go(8.0)[0] == 3.0


def test_an_engine_that_is_called_while_it_cools_goes_on_at_once():
    one = Site()
    one.go(3.0)
    one.go(18.0, **ON)
    one.go(4.0, short=False, **ON)
    assert "cools down" in one.go(1.0, short=False, **ON)[1]
    power, why, _ = one.go(0.1, **ON)
    assert power == 3.0 and "cools" not in why


def test_a_request_for_an_engine_says_what_the_engine_does():
    one = Site()
    ask = Request(
        id="1", source="planner", what="generator_mw", path="generator.gas", value=4.0, until_s=UTC_S + 60.0
    )
    assert one.mind.book.take(ask, "planner", UTC_S, 0.0).taken
    _, _, made = one.go(1.0)
    assert did_of(ask, made).startswith("planner; generator.gas starts since")
    assert did_of(ask.model_copy(update={"path": "generator.b"}), made) == NOTHING


def test_a_grid_that_is_away_ends_a_rest():
    one = Site()
    one.go(3.0)
    one.go(21.0, **ON)
    one.go(6.0, short=False, **ON)
    assert "rests for" in one.go(1.0)[1]
    power, why, _ = one.island(0.2)
    assert power > 0.0 and "starts since" in why


def test_one_that_stops_while_it_runs_is_started_again_and_one_that_trips_is_not():
    one = Site()
    one.go(3.0)
    one.go(5.0, **ON)
    assert "is tried again" in one.go(0.2)[1]
    one.go(3.0)
    one.go(5.0, **ON)
    one.go(0.1, generator__gas__available=0.0)
    assert one.mind.lockouts.why == {"generator.gas": "it is not available any more"}


def test_an_engine_that_runs_when_the_guard_starts_runs_on():
    one = Site()
    power, why, _ = one.go(1.0, short=False, **ON)
    assert power == 3.0 and "its least time" in why


def test_an_engine_that_is_not_ours_to_start_is_never_found_at_fault():
    one = Site()
    one.mind.live = False  # a standby that waits
    power, why, _ = one.go(60.0)
    assert power == 3.0 and one.mind.lockouts.why == {} and "starts" not in why
    one.go(1.0, **ON)
    one.mind.live = True
    assert one.go(1.0, **ON)[0] == 3.0 and one.mind.others.engines.running == {"generator.gas"}
    shadow = Site()
    shadow.mind.mode = "shadow"
    shadow.go(60.0)
    assert shadow.mind.lockouts.why == {}


def test_batteries_carry_while_a_simulated_engine_does_not_start_and_give_way_when_it_does(at_site):
    quick = GAS | {"start_s": 0.5, "start_pause_s": 1.0, "ramp_frac_per_s": 1.0, "minimum_frac": 0.0}
    grid = {"connection": {"firm_mw": 14}, "tariff": RAW["grid"]["tariff"]}

    async def work(site, guard):
        site.put("generator.gas", "no_start")
        site.site.load_mw = 20.0
        await until(lambda: guard.started)
        site.put("grid.connection", "outage")
        await until(lambda: "did not start, is tried again" in guard.decision.reasons["generator.gas"], 8.0)
        assert site.site.stores["battery.main"].injection_mw > 9.0  # it carries what it can
        site.lift("generator.gas", "no_start")
        await until(lambda: site.site.engines["generator.gas"].output_mw > 5.0, 8.0)
        await until(lambda: site.site.meters.unserved_mw == 0.0, 3.0)
        assert guard.mind.lockouts.why == {}

    at_site(work, DEVICES, {"generator": {"gas": quick}, "grid": grid})
