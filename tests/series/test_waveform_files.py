"""Waveforms on disk: what is read back is what was written, by our reader and by one of others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattstack.errors import InputError
from wattstack.series import Waveform, read_waveform, write_waveform

comtrade = pytest.importorskip("comtrade", reason="an independent reader of COMTRADE, installed for tests")


def wave(count: int = 400, **more) -> Waveform:
    t = np.arange(count) * 0.005
    power_mw = 120.0 + 19.0 * np.sign(np.sin(2 * np.pi * t / 0.5))
    arrays = {
        "power_mw": power_mw,
        "voltage_pu": np.full(count, 1.0),
        "frequency_hz": 60.0 + 0.01 * np.sin(t),
    }
    events = ((0.5, "job halls.big stops, in order"), (1.0, "sag to 0.4"))
    return Waveform(0.005, arrays | more, "made", True, events, "2030-04-01T09:00:00+09:00")


@pytest.mark.parametrize(("form", "step"), [("ascii", 38.0 / 199_998), ("float32", 1e-5)])
def test_another_reader_of_comtrade_finds_every_sample_moment_and_event(tmp_path, form, step):
    made = wave()
    cfg, dat = write_waveform(made, tmp_path / "poc.cfg", form=form, nominal_hz=60, site="sakai")
    read = comtrade.load(str(cfg), str(dat))
    assert read.analog_channel_ids == list(made.arrays)
    assert np.allclose(read.analog[0], made["power_mw"], atol=step)
    assert np.allclose(read.time, made.time_s, atol=1e-6)
    assert (read.frequency, read.station_name, read.rec_dev_id) == (60.0, "sakai", "wattstack synthetic")
    assert read.start_timestamp.isoformat() == "2030-04-01T00:00:00"
    assert [int(np.argmax(on)) for on in read.status] == [100, 200]
    assert read.status_channel_ids[0] == "job halls.big stops; in order"


def test_a_missing_sample_stays_missing_in_single_precision(tmp_path):
    holed = wave()
    holed["power_mw"][7] = np.nan
    cfg, dat = write_waveform(holed, tmp_path / "poc.cfg", form="float32")
    values = np.frombuffer(
        dat.read_bytes(), np.dtype([("n", "<u4"), ("t", "<u4"), ("a", "<f4", 3), ("d", "<u2", 1)])
    )["a"]
    assert values[7, 0] == -np.finfo(np.float32).max
    assert np.all(np.abs(values[8:, 0]) < 200)
    line = write_waveform(holed, cfg, form="ascii")[1].read_text().splitlines()[7]
    assert line.split(",")[2] == ""


def test_an_hour_of_seconds_beyond_32_bits_of_microseconds_keeps_its_moments(tmp_path):
    long = Waveform(10.0, {"power_mw": np.arange(500.0)}, "made", True)
    read = comtrade.load(*map(str, write_waveform(long, tmp_path / "long.cfg")))
    assert np.allclose(read.time, long.time_s, atol=1e-3)


def test_a_parquet_file_comes_back_with_what_happened(tmp_path):
    made = wave()
    (path,) = write_waveform(made, tmp_path / "poc.parquet")
    back = read_waveform(path)
    assert np.array_equal(back["power_mw"], made["power_mw"])
    assert np.array_equal(back["voltage_pu"], made["voltage_pu"])
    assert back.step_s == pytest.approx(0.005)
    assert (back.synthetic, back.events, back.start) == (True, made.events, made.start)


def test_a_csv_file_comes_back_with_its_samples(tmp_path):
    made = wave()
    back = read_waveform(write_waveform(made, tmp_path / "poc.csv")[0])
    assert np.allclose(back["power_mw"], made["power_mw"], rtol=1e-15)


def test_equal_waveforms_give_equal_bytes(tmp_path):
    for name in ("a.parquet", "a.csv", "a.cfg"):
        first = [p.read_bytes() for p in write_waveform(wave(), tmp_path / "1" / name)]
        assert first == [p.read_bytes() for p in write_waveform(wave(), tmp_path / "2" / name)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_ascii_records_are_right_to_half_a_digit_of_their_range(tmp_path_factory, values):
    power_mw = np.array(values)
    made = Waveform(0.01, {"power_mw": power_mw}, "made", True)
    read = comtrade.load(*map(str, write_waveform(made, tmp_path_factory.mktemp("c") / "x.cfg")))
    assert np.allclose(read.analog[0], power_mw, atol=max(np.ptp(power_mw), 1e-9) / 199_998 + 1e-6)


@pytest.mark.parametrize(
    ("name", "form", "word"), [("a.txt", "ascii", ".cfg"), ("a.cfg", "binary", "float32")]
)
def test_another_ending_or_form_is_refused_in_words(tmp_path, name, form, word):
    with pytest.raises(InputError, match=word):
        write_waveform(wave(), tmp_path / name, form=form)
