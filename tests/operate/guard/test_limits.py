"""Whatever is asked by whom, in whatever order: two batteries, an engine, export, a reserve; nothing beyond a limit."""

from __future__ import annotations

from math import isnan, nan

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.operate.guard.conftest import BATTERY, DEVICES, campus_of
from tests.operate.guard.images import UTC_S, image_of, site
from wattstack.operate.guard import Mind
from wattstack.operate.link import Request

FIRM_MW, FREE_MW, EXPORT_MW, ENGINE_MW, BATTERY_MW = 16.0, 4.0, 5.0, 6.0, 10.0
TARIFF = {"energy": {"price_per_mwh": 10000}, "export": {"price_per_mwh": 0, "limit_mw": EXPORT_MW}}
GRID = {"connection": {"firm_mw": FIRM_MW, "nonfirm_mw": FREE_MW}, "tariff": TARIFF}
GAS = {"fuel": "lng", "power_mw": ENGINE_MW, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 5000}
BACKUP = {"backup": {"duration_h": 1.0, "load_frac": 0.5}}
NAMES = ("main", "b")
SITE = DEVICES | {
    "battery.b": {"template": "library:sunspec-storage"},
    "generator.gas": {"template": "library:genset-controller"},
}
ROLES = {"planner": ("planner",), "face": ("user",), "north": ("utility", "market", "workload")}
PATHS = (None, "battery.main", "battery.b", "generator.gas", "battery.none")
numbers = st.one_of(st.floats(-12.0, 12.0), st.floats(-60.0, 60.0))

asks = st.fixed_dictionaries(
    {
        "who": st.sampled_from([(role, source) for role, sources in ROLES.items() for source in sources]),
        "what": st.sampled_from(
            ["battery_mw", "generator_mw", "import_limit_mw", "export_limit_mw", "peak_mw", "mode", "reserve_mwh",
             "load_cap_mw", "clear_lockout"]
        ),
        "path": st.sampled_from(PATHS),
        "bounds": st.tuples(numbers, numbers).map(sorted),
        "mode": st.sampled_from(["run", "manual", "safe", "shadow"]),
        "ends": st.sampled_from([False, False, False, True]),
        "lasts_s": st.sampled_from([0.05, 60.0, 60.0]),
    }
)  # fmt: skip
gauge = st.one_of(st.floats(0.0, 4.0), st.floats(0.0, 20.0), st.just(nan))
sights = st.fixed_dictionaries(
    {
        "import": st.one_of(st.floats(0.0, 20.0), st.floats(-15.0, 50.0), st.just(nan)),
        "stored": st.tuples(gauge, gauge),
        "can": st.tuples(*[st.one_of(st.just(10.0), st.floats(0.0, 12.0))] * 4),
        "contactor": st.tuples(*[st.sampled_from([1.0, 1.0, 1.0, 0.0])] * 2),
        "engine": st.sampled_from([0.0, 3.0, 6.0]),
    }
)


def asked(ask: dict, number: int, now_s: float) -> Request | None:
    """The request, where it is one that the socket lets through."""
    words = {"path": ask["path"]} if ask["what"] in ("battery_mw", "generator_mw", "clear_lockout") else {}
    if ask["what"] == "mode":
        words["mode"] = ask["mode"]
    elif ask["what"] != "clear_lockout":
        words |= dict(zip(("low", "high"), ask["bounds"], strict=True))
    if ask["who"][1] == "user":
        words |= {"user": "operator-1", "second_user": "engineer-2"}
    words |= {"ends": ask["ends"], "until_s": UTC_S + now_s + ask["lasts_s"]}
    try:
        return Request(id=str(number), source=ask["who"][1], what=ask["what"], **words)
    except ValueError:
        return None


def shown(sight: dict, powers: dict[str, float], now_s: float) -> dict[str, float]:
    """What the devices show."""
    values = site(now_s) | {
        "grid.connection.power_mw": sight["import"],
        "generator.gas.output_mw": sight["engine"],
    }
    for k, name in enumerate(NAMES):
        own = {"power_mw": powers[name], "stored_mwh": sight["stored"][k], "contactor": sight["contactor"][k]}
        own |= {"can_charge_mw": sight["can"][2 * k], "can_discharge_mw": sight["can"][2 * k + 1]}
        values |= {f"battery.{name}.{key}": value for key, value in (own | {"local": 0.0}).items()}
    return values


ASK = {"who": ("face", "user"), "what": "battery_mw", "path": None, "bounds": [9.0, 10.0], "mode": "run", "ends": False,
       "lasts_s": 60.0}  # fmt: skip
CALM = {"import": 1.0, "stored": (20.0, 20.0), "can": (10.0,) * 4, "contactor": (1.0, 1.0), "engine": 0.0}


@example([([ASK], CALM)] * 30)  # more than may be exported
@example([([ASK], CALM | {"stored": (2.0, 2.0), "import": 14.0})] * 30)  # less is stored than the reserve
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.lists(asks, max_size=3), sights), min_size=1, max_size=12))
def test_nothing_that_is_asked_takes_batteries_engines_connection_or_reserve_beyond_their_limits(steps):
    batteries = dict.fromkeys(NAMES, BATTERY)
    mind = Mind(campus_of(SITE, grid=GRID, duties=BACKUP, battery=batteries, generator={"gas": GAS}))
    powers, now, number = dict.fromkeys(NAMES, 0.0), 0.0, 0
    for asked_now, sight in steps:
        for ask in asked_now:
            number += 1
            request = asked(ask, number, now)
            if request is not None and mind.book.take(request, ask["who"][0], UTC_S + now, now).taken:
                mind.lockouts.clear(request.path) if request.what == "clear_lockout" else None
        now += 0.1
        made = mind.decide(image_of(shown(sight, powers, now), now))
        new = {name: made.device_mw[f"battery.{name}"] for name in NAMES}
        most_in, most_out = 0.0, 0.0
        for k, name in enumerate(NAMES):
            able = sight["contactor"][k] == 1.0 and f"battery.{name}" not in mind.lockouts.why
            least, most = (min(one, BATTERY_MW) * able for one in sight["can"][2 * k : 2 * k + 2])
            assert -least - 1e-9 <= new[name] <= most + 1e-9
            most_in, most_out = most_in + least, most_out + most
        assert 0.0 <= made.device_mw.get("generator.gas", 0.0) <= ENGINE_MW + 1e-9
        if not isnan(sight["import"]):
            _connection(
                mind, now, sight["import"] + sum(powers.values()), sum(new.values()), (most_in, most_out)
            )
            if not any(map(isnan, sight["stored"])):
                _reserve(mind, now, sight, sum(powers.values()), sum(new.values()))
        powers = new


def _connection(mind: Mind, now_s: float, net_mw: float, new_mw: float, most: tuple[float, float]) -> None:
    """Import and export stay inside, but for what the batteries cannot hold."""
    freed = [
        r.bounds[1] for r in mind.book.in_force(now_s) if (r.source, r.what) == ("utility", "import_limit_mw")
    ]
    firm_mw = max([FIRM_MW, *(min(one, FIRM_MW + FREE_MW) for one in freed)])
    assert net_mw - new_mw <= max(firm_mw, net_mw - most[1]) + 1e-6
    assert net_mw - new_mw >= min(-EXPORT_MW, net_mw + most[0]) - 1e-6 or new_mw <= 1e-9


def _reserve(mind: Mind, now_s: float, sight: dict, power_mw: float, new_mw: float) -> None:
    """What is stored beyond the reserve may go out, and what the connection needs."""
    load_mw = sight["import"] + power_mw + sight["engine"]
    reserve_mwh = max(load_mw, 0.0) * 0.5 * 1.0 / 0.95
    above_mwh = max(sum(sight["stored"]) - reserve_mwh, 0.0)
    need_mw = sight["import"] + power_mw - FIRM_MW
    assert new_mw <= max(need_mw, above_mwh * 36_000.0, 0.0) + 1e-6
