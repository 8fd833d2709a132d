"""A recorded day decided again: the same bits, or the first decision that is another one is named."""

from __future__ import annotations

import asyncio
import pickle
import stat
import time
from math import nan

import pytest
from click.testing import CliRunner

from tests.operate.guard.conftest import DEVICES, campus_of, guarded_site, until
from tests.operate.guard.images import UTC_S, image_of, site
from wattstack.cli.history import history
from wattstack.errors import InputError
from wattstack.operate.guard import Mind, decide_again
from wattstack.operate.guard import record as kept
from wattstack.operate.guard.record import HEAD, MAGIC, Recorder, pack
from wattstack.operate.link import Request, open_client

BACKUP = {"backup": {"duration_h": 1.0, "load_frac": 0.5}}
GAS = {"fuel": "lng", "power_mw": 12, "fuel_mwh_per_mwh": 2.2, "fuel_price_per_mwh": 9000}


class Evil:
    """Asks to be put together by running code."""

    def __reduce__(self):
        return eval, ("1",)


def recorded(folder, cycles: int = 300, most_gb: float = 1.0, step_s: float = 0.1) -> Mind:
    """A mind at work on a site that moves, with a request, a trip and a value that is missing now and then."""
    devices = DEVICES | {"generator.gas": {"template": "library:genset-controller"}}
    mind = Mind(campus_of(devices, duties=BACKUP, generator={"gas": GAS}))

    async def work() -> None:
        recorder = Recorder(folder, most_gb)
        for k in range(cycles):
            time_s = k * step_s
            imported = nan if k < 3 or k % 50 == 49 else 15.0 + 0.1 * (k % 83)
            shown = {"grid__connection__power_mw": imported, "generator__gas__output_mw": 0.0}
            image = image_of(site(time_s, **shown), time_s)
            recorder.begin(mind, image)
            if k == 20:
                ask = Request(id="1", source="planner", what="battery_mw", value=3.3, until_s=UTC_S + 90.0)
                utc_s = UTC_S + time_s
                assert mind.book.take(ask, "planner", utc_s, time_s).taken
                recorder.heard("request", ask.model_dump(), "planner", utc_s, time_s)
            if k == 40:
                mind.begin(1.5)
                recorder.heard("begin", 1.5)
            recorder.decided(image, UTC_S + time_s, mind.decide(image))
            mind.clock.told.clear()
        await recorder.close()
        assert recorder.wrong == "" and recorder.cycles == cycles

    asyncio.run(work())
    return mind


def test_what_was_recorded_is_decided_again_bit_for_bit(tmp_path):
    recorded(tmp_path / "images")
    made = decide_again(tmp_path / "images")
    assert (made.cycles, made.files, made.first, made.notes) == (300, 1, None, ())
    assert made.end_s - made.start_s == pytest.approx(29.9)
    part = decide_again(tmp_path / "images", UTC_S + 10.0, UTC_S + 20.0)
    assert part.cycles == 100 and part.first is None
    assert decide_again(tmp_path / "images", UTC_S + 1e6).cycles == 0


def test_the_first_decision_that_differs_is_named(tmp_path, monkeypatch):
    recorded(tmp_path / "images")
    decide, seen = Mind.decide, []

    def other(self, image):
        made = decide(self, image)
        seen.append(1)
        if len(seen) == 124:
            made.device_mw["battery.main"] += 1e-15
        return made

    monkeypatch.setattr(Mind, "decide", other)
    made = decide_again(tmp_path / "images")
    assert made.first.cycle == 123 and made.cycles == 124
    assert made.first.utc_s == pytest.approx(UTC_S + 12.3)
    seen.clear()
    said = CliRunner().invoke(history, [str(tmp_path), "replay"], standalone_mode=False)
    assert said.return_value == 3
    assert "cycle 123" in said.output and "battery.main" in said.output


def test_files_of_an_hour_each_go_on_from_the_mind_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "FILE_S", 10.0)
    monkeypatch.setattr(kept, "PIECE_S", 3.0)
    recorded(tmp_path / "images")
    files = sorted((tmp_path / "images").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    files[0].unlink()  # nothing of before is needed
    made = decide_again(tmp_path / "images")
    assert (made.cycles, made.files, made.first) == (200, 2, None)


def test_the_oldest_files_go_where_all_would_be_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "FILE_S", 5.0)
    recorded(tmp_path / "images", most_gb=3e-5)
    files = list((tmp_path / "images").iterdir())
    assert 1 <= len(files) < 6 and sum(file.stat().st_size for file in files) < 60_000
    assert decide_again(tmp_path / "images").first is None


def test_an_end_in_the_middle_of_a_piece_is_left_out_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "PIECE_S", 3.0)
    recorded(tmp_path / "images")
    file = next((tmp_path / "images").iterdir())
    file.write_bytes(file.read_bytes()[:-20])
    made = decide_again(tmp_path / "images")
    assert 200 < made.cycles < 300 and made.first is None
    assert "ends in the middle of a piece" in made.notes[0]


def test_a_file_that_is_none_is_refused_and_brings_no_code(tmp_path):
    folder = tmp_path / "images"
    with pytest.raises(InputError, match="has no recorded images"):
        decide_again(folder)
    folder.mkdir()
    file = folder / "x.images"
    file.write_bytes(b"something else, and longer than a beginning")
    with pytest.raises(InputError, match="is no file of recorded images"):
        decide_again(folder)
    file.write_bytes(MAGIC + HEAD + b"\x00\x00\x00\x04abcd")
    with pytest.raises(InputError, match="is not whole"):
        decide_again(folder)
    file.unlink()
    recorded(folder, 5)
    file = next(folder.iterdir())
    whole = file.read_bytes()
    first = len(MAGIC) + 5 + int.from_bytes(whole[len(MAGIC) + 1 : len(MAGIC) + 5], "big")
    told = {"names": [], "version": "0", "utc_s": 0.0}
    for evil in (time.time, print, Evil(), str.upper):
        file.write_bytes(MAGIC + pack(HEAD, told, pickle.dumps(evil)) + whole[first:])
        with pytest.raises(InputError, match="which no mind is made of"):
            decide_again(folder)
    file.write_bytes(MAGIC + whole[first:])
    with pytest.raises(InputError, match="does not begin with a mind"):
        decide_again(folder)


def test_a_live_guard_records_what_it_decides_and_a_day_of_it_is_the_same_again(tmp_path):
    async def work():
        campus = campus_of(control={"kind": "mpc", "rules": ["limit", "reserve", "plan"]})
        async with guarded_site(campus, tmp_path) as (sim, guard):
            await until(lambda: guard.started)
            client = await open_client(guard.server.path, "planner")
            ask = Request(id="1", source="planner", what="battery_mw", value=6.0, until_s=time.time() + 20.0)
            assert (await client.ask(ask)).taken
            await asyncio.sleep(1.5)
            sim.put("battery.main", "contactor")
            await until(lambda: "battery.main" in guard.mind.lockouts.why)
            sim.lift("battery.main", "contactor")
            await asyncio.sleep(0.5)
            face = await open_client(guard.server.path, "face")
            clear = Request(
                id="2", source="user", user="operator-1", what="clear_lockout", path="battery.main",
                until_s=time.time() + 9.0,
            )  # fmt: skip
            assert (await face.ask(clear)).taken
            sim.put("grid.connection", "silent")
            await asyncio.sleep(1.5)
            await client.close()
            await face.close()
        assert guard.recorder.wrong == ""
        return guard

    guard = asyncio.run(work())
    made = decide_again(tmp_path / "images")
    assert made.first is None and made.cycles == guard.recorder.cycles > 9
    said = CliRunner().invoke(history, [str(tmp_path), "replay"], standalone_mode=False)
    assert said.return_value == 0 and "each is the recorded one, bit for bit" in said.output
    said = CliRunner().invoke(history, [str(tmp_path), "replay", "--to", "2020-01-01"], standalone_mode=False)
    assert "nothing was recorded" in said.output


def test_a_folder_that_cannot_be_written_is_told_and_control_goes_on(at_site):
    async def work(sim, guard):
        folder = guard.folder / "images"
        await until(lambda: folder.exists() and any(folder.iterdir()))
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.write_text("in the way")
        guard.recorder._began_s = float("-inf")  # the next file
        await until(lambda: "images are not recorded" in " ".join(guard.slow.values()), 5.0)
        await until(lambda: abs(sim.site.meters.import_mw - 16.0) < 0.3)

    at_site(work)


def test_nothing_is_recorded_where_that_is_asked(at_site):
    async def work(sim, guard):
        await until(lambda: guard.started)
        assert guard.recorder is None and not (guard.folder / "images").exists()

    at_site(work, sections={"operate": {"record_gb": 0}})
