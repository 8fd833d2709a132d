"""The campus as it is run: refused with a way out, or laid into the folder of its data."""

from __future__ import annotations

import os
import socket

import pytest

from wattstack.campus import read_campus
from wattstack.errors import InputError
from wattstack.operate import prepare_campus
from wattstack.operate.alone import alone
from wattstack.operate.guard.strips import Strips
from wattstack.operate.sources import checksum_of


def test_campus_without_devices_is_refused_and_told_how(campus_file):
    with pytest.raises(InputError, match=r"devices.*--simulated makes one"):
        prepare_campus(campus_file)
    assert not (campus_file.parent / "operate-data").exists()


def test_open_size_is_refused_for_real_devices(campus_file):
    text = campus_file.read_text(encoding="utf-8").replace("power_mw: 4,", "power_mw: {max: 4},")
    campus_file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"battery.main.power_mw.*is a range, must stand"):
        prepare_campus(campus_file)


def test_simulated_makes_a_device_on_a_port_of_its_own_for_each_asset(campus_file):
    made = prepare_campus(campus_file, simulated=True)
    assert set(made.campus.devices) == {"grid.connection", "battery.main", "load.hall"}
    ports = [device.port for device in made.campus.devices.values()]
    assert len(set(ports)) == 3
    assert made.file == campus_file.parent / "operate-data" / "campus.yaml"
    assert set(read_campus(made.file).devices) == set(made.campus.devices)
    assert made.folder.stat().st_mode & 0o777 == 0o700


def test_declared_device_keeps_its_template_in_a_simulation(campus_file):
    with campus_file.open("a", encoding="utf-8") as file:
        file.write(
            "devices: {battery.main: {template: library:bess-generic, host: 192.0.2.9, unit: 7, revert_s: 4}}\n"
        )
    device = prepare_campus(campus_file, simulated=True).campus.devices["battery.main"]
    assert (device.template, device.unit, device.revert_s) == ("library:bess-generic", 7, 4)
    assert device.host == "127.0.0.1"


def test_folder_of_a_campus_is_as_good_as_its_file(campus_file, tmp_path):
    made = prepare_campus(campus_file.parent, simulated=True, folder=tmp_path / "live")
    assert made.campus.operate.folder == str(tmp_path / "live")
    assert made.source == campus_file


def test_files_it_names_are_found_from_where_it_runs(campus_file, tmp_path):
    with campus_file.open("a", encoding="utf-8") as file:
        file.write("operate: {face: {certificate: keys/cert.pem, key: keys/key.pem}}\n")
    made = prepare_campus(campus_file, simulated=True, folder=tmp_path / "live")
    assert made.campus.operate.face.certificate == str(campus_file.parent / "keys" / "cert.pem")
    assert made.page.startswith("https://127.0.0.1:")


def test_page_moves_where_its_port_is_taken(campus_file):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with campus_file.open("a", encoding="utf-8") as file:
            file.write(f"operate: {{face: {{port: {taken.getsockname()[1]}}}}}\n")
        made = prepare_campus(campus_file, simulated=True)
        assert made.campus.operate.face.port != taken.getsockname()[1]


def test_checksum_follows_the_file_and_what_it_extends(campus_file):
    over = campus_file.with_name("over.yaml")
    over.write_text("extends: campus.yaml\nname: other\n", encoding="utf-8")
    before = checksum_of(over)
    made = prepare_campus(campus_file, simulated=True)
    assert not made.changed
    campus_file.write_text(campus_file.read_text(encoding="utf-8") + "# a word more\n", encoding="utf-8")
    assert checksum_of(over) != before
    assert made.changed


def test_file_that_extends_itself_or_is_gone_has_a_checksum(tmp_path):
    (tmp_path / "a.yaml").write_text("extends: a.yaml\n", encoding="utf-8")
    assert len(checksum_of(tmp_path / "a.yaml")) == 64
    assert len(checksum_of(tmp_path / "none.yaml")) == 64


def test_folder_of_the_campus_file_itself_is_refused(campus_file):
    with pytest.raises(InputError, match=r"holds campus\.yaml itself"):
        prepare_campus(campus_file, simulated=True, folder=campus_file.parent)


def test_path_too_long_for_a_socket_is_refused(campus_file, tmp_path):
    with pytest.raises(InputError, match="too many for a socket"):
        prepare_campus(campus_file, simulated=True, folder=tmp_path / ("x" * 100))


def test_open_sizes_of_a_simulated_site_are_planned_first(campus_file):
    text = campus_file.read_text(encoding="utf-8").replace(
        "power_mw: 4, energy_mwh: 16", "power_mw: {max: 4}, energy_mwh: {max: 16}"
    )
    text = text.replace(
        "{energy: {price_per_mwh: 10000}}",
        "{energy: {price_per_mwh: 10000}, demand: {monthly: {price_per_mw_month: 1000000, interval: 1h}}}",
    )
    campus_file.write_text(text, encoding="utf-8")
    said = []
    made = prepare_campus(campus_file, simulated=True, say=said.append)
    assert said == ["Sizes are ranges still: the site is planned first."]
    assert isinstance(made.campus.battery["main"].power_mw, float)
    assert made.campus.control.peak_target_mw == {"2022-04": pytest.approx(10.0)}


def test_a_folder_that_others_could_have_filled_is_refused(campus_file, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    prepare_campus(campus_file, simulated=True, folder=folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o1777)
    with pytest.raises(InputError, match="can be written by others and is not empty"):
        prepare_campus(campus_file, simulated=True, folder=folder)
    assert folder.stat().st_mode & 0o777 == 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_folder_of_another_user_is_refused(campus_file, tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 65_534, 65_534)
    with pytest.raises(InputError, match="belongs to another user"):
        prepare_campus(campus_file, simulated=True, folder=folder)


def test_a_second_start_leaves_the_campus_that_runs_as_it_is(campus_file, tmp_path):
    made = prepare_campus(campus_file, simulated=True, folder=tmp_path / "live")
    before = made.file.read_bytes()
    with alone(made.folder), pytest.raises(InputError, match="running already"):
        prepare_campus(campus_file, simulated=True, folder=tmp_path / "live")
    assert made.file.read_bytes() == before


def test_what_is_wrong_with_the_files_of_devices_is_told_at_once_before_anything_starts(campus_file):
    with campus_file.open("a", encoding="utf-8") as file:
        file.write(
            "devices:\n  battery.main: {template: library:sunspec-storage, transport: tls, host: 192.0.2.9,\n"
            "    ca: ca.pem, certificate: site.pem, key: site.key}\n"
            "  grid.connection: {template: library:meter-generic, transport: mqtt,\n"
            "    host: 192.0.2.8, topic: meter, password: broker.txt}\n"
        )
    (campus_file.parent / "site.pem").write_text("a certificate")
    (campus_file.parent / "site.key").write_text("a key")
    (campus_file.parent / "site.key").chmod(0o644)
    with pytest.raises(InputError) as caught:
        prepare_campus(campus_file)
    told = {fault.where: fault.what for fault in caught.value.faults}
    assert "is ca.pem, which is not there" in told["devices.battery.main.ca"]
    assert "site.key, which has mode 644, must have 600" in told["devices.battery.main.key"]
    assert "broker.txt, which cannot be read" in told["devices.grid.connection.password"]
    assert len(told) == 3 and not (campus_file.parent / "operate-data").exists()


def test_a_battery_that_strips_has_a_device_for_each_of_its_groups(campus_file):
    text = campus_file.read_text(encoding="utf-8").replace(
        "power_mw: 4,", "power_mw: 4, strip: {every_days: 4, groups: 4},"
    )
    campus_file.write_text(text, encoding="utf-8")
    made = prepare_campus(campus_file, simulated=True).campus
    racks = [path for path in made.devices if path.startswith("battery.")]
    assert racks == [f"battery.main#{k}" for k in range(1, 5)]
    assert sum(made.devices[path].share_frac for path in racks) == pytest.approx(1.0)
    assert Strips(made).paths == racks
    with campus_file.open("a", encoding="utf-8") as file:
        file.write("devices: {battery.main: {template: library:sunspec-storage, host: 192.0.2.9}}\n")
    for simulated in (True, False):
        with pytest.raises(
            InputError, match=r"battery.main.strip.groups.*is 4, but 1 of devices.*must be as many"
        ):
            prepare_campus(campus_file, simulated=simulated)


def test_an_asset_that_has_devices_of_its_own_is_given_no_other(campus_file):
    one = "{{template: library:sunspec-storage, host: 192.0.2.{}, share_frac: 0.5}}"
    with campus_file.open("a", encoding="utf-8") as file:
        file.write(f"devices: {{battery.main#1: {one.format(8)}, battery.main#2: {one.format(9)}}}\n")
    made = prepare_campus(campus_file, simulated=True).campus
    assert set(made.devices) == {"grid.connection", "load.hall", "battery.main#1", "battery.main#2"}
