"""OpenADR as a way, with a guard's socket: what is asked, renewed, ended; a VTN that is silent and returns."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.operate.north.conftest import Socket, at_work, until
from tests.operate.north.openadr.conftest import MemoryVtn, campus_of, event, moment
from wattstack.errors import InputError
from wattstack.operate.north import Site
from wattstack.operate.north.openadr import OpenAdrWay, transport
from wattstack.operate.north.openadr import way as module
from wattstack.operate.north.openadr.transport import refuse_old_python

LIMIT = ("utility", "import_limit_mw", "openadr")
STORE = ("utility", "battery_mw", "openadr")


def limit(kw=9_000.0, for_s=600.0, name="event-1", **more) -> dict:
    now_s = time.time()
    return event(
        ("IMPORT_CAPACITY_LIMIT", kw), start_s=now_s - 60.0, duration=f"PT{for_s + 60.0:.0f}S", id=name,
        modificationDateTime=moment(now_s - 60.0), **more,
    )  # fmt: skip


@asynccontextmanager
async def running(spoken_to, **words):
    """A way with a guard's socket."""
    with TemporaryDirectory(prefix="adr") as name:
        folder, campus = Path(name), campus_of(**{"poll_s": 2.0, **words})
        guard, site, way = Socket(folder), Site(campus, folder), OpenAdrWay(campus, spoken_to)
        guard.values |= {"grid.connection.power_mw": 14.0, "battery.main.stored_mwh": 12.0}
        async with at_work(guard, site, way):
            yield guard, way, site


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "TICK_S", 0.05)
    monkeypatch.setattr(module, "SETTLES_S", 0.5)


def run(vtn, work, **words) -> None:
    async def whole() -> None:
        async with running(vtn, **words) as (guard, way, site):
            way._declared = way._declared.model_copy(update={"poll_s": 0.1})
            await work(guard, way, site)

    asyncio.run(whole())


def test_a_limit_is_asked_until_the_end_of_its_interval_once():
    async def work(guard, way, site):
        await until(lambda: LIMIT in guard.in_force)
        one = guard.in_force[LIMIT]
        assert (one.high, one.low, one.path) == (9.0, None, None)
        assert abs(one.until_s - (time.time() + 600.0)) < 15.0
        assert "IMPORT_CAPACITY_LIMIT 9 MW" in one.reason
        await asyncio.sleep(1.0)
        assert len(guard.asked) == 1
        assert guard.told("command").count("IMPORT_CAPACITY_LIMIT") == 1

    run(MemoryVtn(limit()), work)


def test_a_changed_event_replaces_and_one_taken_back_ends():
    vtn = MemoryVtn(limit())

    async def work(guard, way, site):
        await until(lambda: LIMIT in guard.in_force)
        vtn.list = [limit(7_000.0)]
        await until(lambda: guard.in_force[LIMIT].high == 7.0)
        vtn.list = []
        await until(lambda: LIMIT not in guard.in_force, 5.0)
        assert guard.asked[-1].ends
        await until(lambda: "ended" in guard.told("info"))

    run(vtn, work)


def test_a_silent_vtn_leaves_what_has_an_end_and_gives_up_what_has_none():
    endless = {**limit(), "id": "endless", "intervalPeriod": {"start": moment(time.time() - 9.0), "duration": "P9999Y"},
               "payloadDescriptors": None, "targets": ["store-1"],
               "intervals": [{"id": 0, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [-3000]}]}]}  # fmt: skip
    vtn = MemoryVtn(limit(), endless)

    async def work(guard, way, site):
        await until(lambda: {LIMIT, STORE} <= guard.in_force.keys())
        assert guard.in_force[STORE].until_s < time.time() + 11.0
        way._declared = way._declared.model_copy(update={"hold_s": 1.0})
        vtn.fault = OSError("nobody there")
        await until(lambda: "is not heard: OSError: nobody there" in guard.told("alarm"))
        await until(lambda: STORE not in guard.in_force, 15.0)
        assert LIMIT in guard.in_force
        assert guard.told("alarm").count("is not heard") == 1
        vtn.fault = None
        await until(lambda: "heard again" in guard.told("info") and STORE in guard.in_force)

    run(vtn, work, hold_s=10.0)


def test_nothing_that_was_announced_begins_a_day_after_the_vtn_was_heard(monkeypatch):
    monkeypatch.setattr(module, "FORGET_S", 1.0)
    vtn = MemoryVtn(limit())

    async def work(guard, way, site):
        await until(lambda: LIMIT in guard.in_force)
        vtn.fault = OSError("nobody there")
        await until(lambda: way._known == {})
        await until(lambda: LIMIT not in guard.in_force)

    run(vtn, work)


def test_what_the_guard_lost_is_asked_again_and_what_it_refuses_is_told():
    async def work(guard, way, site):
        await until(lambda: LIMIT in guard.in_force)
        guard.asked.clear()  # it was started anew, with nothing kept
        await until(lambda: LIMIT in guard.in_force)
        guard.takes = False
        guard.asked.clear()
        await until(lambda: "the guard did not take" in guard.told("alarm"))

    run(MemoryVtn(limit()), work)


def test_what_ends_before_long_is_renewed_for_a_market():
    trade = {**limit(), "targets": ["store-1"], "payloadDescriptors": None,
             "intervals": [{"id": 0, "payloads": [{"type": "DISPATCH_SETPOINT", "values": [-2000]}]}]}  # fmt: skip
    vtn = MemoryVtn(trade, programs=({"id": "program-1", "programName": "flex"},))

    async def work(guard, way, site):
        key = ("market", "battery_mw", "openadr")
        await until(lambda: key in guard.in_force)
        assert guard.in_force[key].value is None and guard.in_force[key].low == 2.0
        assert guard.in_force[key].until_s <= time.time() + 120.0
        await until(lambda: way._held)
        (held,) = way._held.values()
        held.until_s = time.time() + 50.0  # as if a minute had gone
        await until(lambda: len(guard.asked) == 2)

    run(vtn, work, programs={"flex": "market"})


def test_what_is_not_understood_and_not_acted_on_is_told_once():
    alert = event(("ALERT_FIRE", "smoke"), ("PRICE", 0.1), start_s=time.time(), id="other", units=None)
    vtn = MemoryVtn({"id": "bad"}, alert, programs=({"id": "x y"},))

    async def work(guard, way, site):
        await until(lambda: "ALERT_FIRE smoke" in guard.told("alarm"))
        await until(lambda: vtn.asked > 5)
        assert guard.told().count("not acted on: event bad") == 1
        assert guard.told().count("not understood: program x y") == 1
        assert guard.told("info").count("PRICE is not acted on here") == 1
        vtn.list = {"not": "a list"}
        await until(lambda: "answered with no list" in guard.told("alarm"))

    run(vtn, work)


def test_reports_go_to_the_vtn_and_one_that_is_refused_is_told():
    asked = limit(reportDescriptors=[{"payloadType": "STORAGE_CHARGE_LEVEL", "frequency": 0}])

    class Picky(MemoryVtn):
        refuses = False

        async def report(self, report):
            if self.refuses:
                raise OSError("409")
            await super().report(report)

    vtn = Picky({**asked, "modificationDateTime": moment(time.time() - 30.0)})

    async def work(guard, way, site):
        await until(lambda: vtn.reports)
        (resource,) = vtn.reports[0]["resources"]
        assert resource["intervals"][0]["payloads"] == [{"type": "STORAGE_CHARGE_LEVEL", "values": [0.6]}]
        assert vtn.reports[0]["clientName"] == "test"
        vtn.refuses = True
        way._outbox.append(vtn.reports[0])
        await until(lambda: "a report was not taken: OSError: 409" in guard.told("alarm"))
        assert not way._outbox

    run(vtn, work, report_s=10.0)


def test_words_that_were_told_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_TOLD", 3)

    async def work(guard, way, site):
        for k in range(20):
            await way._once(site, "info", f"word {k}")
        assert len(way._told) <= 3

    run(MemoryVtn(), work)


def test_without_a_guard_nothing_is_held_to_be_asked():
    async def work(guard, way, site):
        await guard.shut()
        await until(lambda: not site.heard)
        way._held.clear()
        await asyncio.sleep(0.5)
        assert way._held == {}
        await guard.open()
        await until(lambda: LIMIT in guard.in_force, 30.0)

    run(MemoryVtn(limit()), work)


def test_an_older_python_and_a_missing_library_are_refused_by_name(monkeypatch, tmp_path):
    with pytest.raises(InputError, match=r"OpenADR needs Python 3\.12 or newer: this is 3\.11\.7"):
        refuse_old_python((3, 11, 7))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install wattstack\[openadr\]"):
        refuse_old_python((3, 12, 1))
    if sys.version_info < (3, 12):
        with pytest.raises(InputError, match="OpenADR needs Python"):
            OpenAdrWay(campus_of())


def test_a_secret_must_be_a_file_of_its_owner_with_both_parts(tmp_path, monkeypatch):
    campus = campus_of(secret=str(tmp_path / "secret"))
    (tmp_path / "secret").write_text("only-a-name")
    (tmp_path / "secret").chmod(0o600)
    with pytest.raises(InputError, match="must hold client id:client secret"):
        transport.secret_of(campus)
    (tmp_path / "secret").write_text("site-1:a secret:with colon\n")
    assert transport.secret_of(campus) == ("site-1", "a secret:with colon")
    (tmp_path / "secret").chmod(0o644)
    with pytest.raises(InputError, match="mode 644"):
        transport.secret_of(campus)
    assert transport.secret_of(campus_of()) is None


def test_a_resource_must_be_on_the_campus_and_a_vtn_must_prove_itself():
    with pytest.raises(InputError, match="must be on the campus"):
        OpenAdrWay(campus_of(resources={"a": "battery.other"}), MemoryVtn())
    for words, why in [
        ({"vtn": "http://vtn.example"}, "must begin with https"),
        ({"vtn": "http://x:y:z"}, "no number from 1 to 65535"),
        ({"resources": {"a": "solar.b"}}, "must be a battery"),
        ({"simple_import_frac": [0.5, 0.9, 0.1]}, "must not rise"),
    ]:
        with pytest.raises(ValueError, match=why):
            campus_of(**words)
    campus_of(vtn="http://127.0.0.1:8080")


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python is new enough")
def test_the_process_ends_with_the_word_where_python_is_too_old(tmp_path, capsys):
    from wattstack.campus import write_campus
    from wattstack.operate.north.__main__ import main

    write_campus(campus_of(), tmp_path / "campus.yaml")
    assert main([str(tmp_path / "campus.yaml"), str(tmp_path)]) == 2
    assert "OpenADR needs Python 3.12 or newer" in capsys.readouterr().err
