"""A template of the user's own, in a file beside the campus: checked, found, and spoken by a real device."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.operate.devices.conftest import campus_with, running
from tests.operate.test_keeper import guard_at
from wattstack.campus import read_campus, write_campus
from wattstack.cli.app import run
from wattstack.errors import InputError
from wattstack.operate import prepare_campus
from wattstack.operate.commission.site import _told
from wattstack.operate.devices import layouts_of, templates_of
from wattstack.operate.keeper import Keeper, take_over
from wattstack.operate.sources import checksum_of

OWN = """\
title: Battery controller of a maker
passport: {source: "manual 1.4, table 7", date: 2026-11, status: claim, confidence: medium}
values:
  for: [battery]
  word_order: little
  gap_registers: 8
  reversion: {seconds: revert_s, enable: revert_on, fallback: fallback_mw}
  points:
    power_mw: {address: 31000, type: int32, unit: kW}
    stored_mwh: {address: 31002, type: uint32, unit: kWh}
    soc: {address: 31004, type: uint16, unit: "%", scale: 0.1, least: 0, most: 1}
    can_charge_mw: {address: 31006, type: uint16, unit: kW, scale: 10, not_implemented: 0xFFFF}
    can_discharge_mw: {address: 31007, type: uint16, unit: kW, scale: 10, not_implemented: 0xFFFF}
    setpoint_on: {address: 32000, type: uint16, write: true, atomic_group: setpoint, value: 1}
    setpoint_mw: {address: 32001, type: int32, unit: kW, write: true, atomic_group: setpoint}
    revert_on: {address: 32010, type: uint16, write: true, atomic_group: reversion, value: 1}
    revert_s: {address: 32011, type: uint16, unit: s, write: true, atomic_group: reversion}
    fallback_mw: {address: 32012, type: int32, unit: kW, write: true, atomic_group: reversion, value: 0}
"""


@pytest.fixture
def site(tmp_path) -> Path:
    """A folder with a campus whose battery speaks a template that lies beside it."""
    folder = tmp_path / "site"
    folder.mkdir()
    campus = campus_with({"battery.main": {"template": "my-battery.yaml"}})
    campus._base_dir = folder
    write_campus(campus, folder / "campus.yaml")
    (folder / "my-battery.yaml").write_text(OWN, encoding="utf-8")
    return folder


def test_a_device_is_read_and_commanded_by_a_template_of_the_users_own(site):
    async def work() -> None:
        async with running(read_campus(site / "campus.yaml")) as bench:
            asked = {"battery.main": 3.0}
            await bench.until(
                lambda image: image.value("battery.main.power_mw", 0.0) == pytest.approx(3.0, abs=0.05), asked
            )
            assert bench.image.value("battery.main.setpoint_mw") == pytest.approx(3.0)

    asyncio.run(asyncio.wait_for(work(), 25))


def test_the_verbs_take_it_too(site, capsys):
    assert run(["check", str(site / "campus.yaml")]) == 0
    assert run(["simulate-devices", str(site / "campus.yaml"), "--for", "0.3"]) == 0
    assert "battery.main  my-battery.yaml  127.0.0.1:" in capsys.readouterr().out


def test_commissioning_signs_what_stood_in_it(site):
    campus = read_campus(site / "campus.yaml")
    before = _told(campus, site / "campus.yaml", "", "engineer-2")["templates"]["my-battery.yaml"]
    (site / "my-battery.yaml").write_text(OWN.replace("scale: 10", "scale: 100"), encoding="utf-8")
    after = _told(campus, site / "campus.yaml", "", "engineer-2")["templates"]["my-battery.yaml"]
    assert len(before) == len(after) == 64 and before != after


def test_it_is_found_from_the_folder_of_the_sites_data(site, tmp_path):
    made = prepare_campus(site, folder=tmp_path / "elsewhere" / "data", say=lambda _: None)
    again = read_campus(made.file)
    copy = Path(again.devices["battery.main"].template)
    assert copy.is_relative_to(made.folder) and copy.read_text(encoding="utf-8") == OWN
    assert layouts_of(again)["battery.main"].template.name == "my-battery"


def test_an_edit_of_it_while_the_site_runs_is_shown_and_not_taken_over_and_a_broken_copy_is_written_again(
    site, tmp_path
):
    made = prepare_campus(site, folder=tmp_path / "data", say=lambda _: None)
    said: list[str] = []
    keeper = Keeper(made, said.append)
    keeper.look()
    assert said == [] and not made.changed
    scaled = OWN.replace("scale: 10,", "scale: 100,")
    (site / "my-battery.yaml").write_text(scaled, encoding="utf-8")
    keeper.look()
    assert made.changed and len(said) == 1 and "It is not taken over" in said[0]
    (copy,) = made.templates
    copy.write_text(scaled, encoding="utf-8")
    keeper.look()
    assert f"{copy} was not as it was prepared" in said[1]
    shutil.rmtree(copy.parent)
    keeper.look()
    register = templates_of(read_campus(made.file))["battery.main"].registers["can_charge_mw"]
    assert register.factor == pytest.approx(0.01)  # 10 kW a count, as it was
    again = prepare_campus(site, folder=tmp_path / "data", say=lambda _: None)  # all was stopped
    register = templates_of(read_campus(again.file))["battery.main"].registers["can_charge_mw"]
    assert register.factor == pytest.approx(0.1) and not again.changed


def test_beside_a_guard_at_work_its_copy_is_what_ran_or_nothing_is_taken(site, tmp_path):
    folder = tmp_path / "data"
    take_over(site, folder, lambda _: None).look()
    (site / "my-battery.yaml").write_text(OWN + "# a word more\n", encoding="utf-8")
    with guard_at(folder):
        kept = take_over(site, folder, lambda _: None)
        (copy,) = kept.prepared.templates
        assert copy.read_text(encoding="utf-8") == OWN and kept.prepared.changed
        copy.write_text("half", encoding="utf-8")
        with pytest.raises(InputError, match="stands nowhere"):
            take_over(site, folder, lambda _: None)


def test_it_is_found_by_a_campus_that_extends_another_folder_s(site, tmp_path):
    over = tmp_path / "over.yaml"
    over.write_text("extends: site/campus.yaml\nname: over\n", encoding="utf-8")
    campus = read_campus(over)
    assert templates_of(campus)["battery.main"].registers["power_mw"].address == 31000
    before = checksum_of(over)
    (site / "my-battery.yaml").write_text(OWN + "# a word more\n", encoding="utf-8")
    assert checksum_of(over) != before
    write_campus(campus, site / "copy.yaml")
    assert read_campus(site / "copy.yaml").devices["battery.main"].template == "my-battery.yaml"


def test_it_may_be_named_from_the_root(site, tmp_path):
    moved = shutil.move(site / "my-battery.yaml", tmp_path / "other.yml")
    file = site / "campus.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("my-battery.yaml", str(moved)), encoding="utf-8")
    assert templates_of(read_campus(file))["battery.main"].name == "other"


def test_a_site_is_not_begun_with_a_template_that_is_not_there(site, tmp_path):
    (site / "my-battery.yaml").unlink()
    said = r"is 'my-battery.yaml', which cannot be read: .*directory\. A name without a folder"
    with pytest.raises(InputError, match=said):
        prepare_campus(site, folder=tmp_path / "data", say=lambda _: None)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["my-batery.yaml", "library:bess-genric"])
def test_a_template_that_is_not_there_fails_the_check(site, capsys, name):
    file = site / "campus.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("my-battery.yaml", name), encoding="utf-8")
    assert run(["check", str(file)]) == 2
    said = capsys.readouterr().err
    assert "devices.battery.main.template" in said
    assert ("is 'my-batery.yaml', which cannot be read" in said) or ("Nearest: 'bess-generic'" in said)


def test_every_fault_of_a_template_fails_the_check_and_names_the_file(site, capsys):
    text = OWN.replace("address: 31002", "address: 31000").replace("scale: 0.1,", "scale: nought,")
    (site / "my-battery.yaml").write_text(text, encoding="utf-8")
    assert run(["check", str(site / "campus.yaml")]) == 2
    said = capsys.readouterr().err
    assert "has 2 faults" in said
    assert "my-battery.yaml points.stored_mwh" in said and "overlaps power_mw at register 31000" in said
    assert "my-battery.yaml points.soc.scale" in said and "is 'nought', must be a number" in said


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"\xff\xfe", "is no YAML"),
        (b"title: [", "is no YAML"),
        (b"title: x\npassport: {date: 2026-13-45}\n", "is no YAML"),
        (b"", "title"),
        (
            b"title: x\nvalues: 5\npassport: {source: a, date: b, status: c, confidence: d}\n",
            "is 5, must hold",
        ),
    ],
)
def test_a_file_that_is_no_template_is_refused(site, text, told):
    (site / "my-battery.yaml").write_bytes(text)
    with pytest.raises(InputError) as caught:
        templates_of(read_campus(site / "campus.yaml"))
    assert told in str(caught.value)


def test_the_faults_of_a_template_that_many_devices_share_are_told_once(site):
    (site / "my-battery.yaml").write_text(OWN.replace("31002", "31000"), encoding="utf-8")
    half = {"template": "my-battery.yaml", "share_frac": 0.5}
    campus = campus_with({"battery.main": half, "battery.main#2": half})
    campus._base_dir = site
    with pytest.raises(InputError, match="has 1 fault:"):
        templates_of(campus)


def test_a_device_may_not_push_its_template_over_the_last_register(site):
    campus = campus_with({"battery.main": {"template": "my-battery.yaml", "address": 40_000}})
    campus._base_dir = site
    with pytest.raises(InputError, match="must be at most 33522: its template goes up to register 32013"):
        templates_of(campus)


@pytest.mark.parametrize("name", ["meter-generic", "my.txt", "folder/.yaml"])
def test_a_name_that_is_neither_of_the_library_nor_a_file_of_yaml_is_refused(name, site, capsys):
    file = site / "campus.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("my-battery.yaml", name), encoding="utf-8")
    assert run(["check", str(file)]) == 2
    assert "must be library:NAME" in capsys.readouterr().err
