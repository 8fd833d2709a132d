"""Power logs of every format, made here, and what is said of their faults."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.series import read_waveform

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "ai-load"
START_S = 1_714_564_800.0  # 2024-05-01T12:00:00Z
POWERS_W = (300.0, 500.0, 700.0, 650.0, 320.0, 310.0)


def clock(second, pattern="%Y-%m-%d %H:%M:%S"):
    """A stamp with milliseconds."""
    whole = np.datetime64(int((START_S + second) * 1e3), "ms").item()
    return whole.strftime(pattern) + f".{whole.microsecond // 1000:03d}"


def written(tmp_path, name, lines):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def dmon(stamped=False):
    lines = ["#Entity   GPUTL   POWER", "ID                W"]
    for k, watts in enumerate(POWERS_W):
        for gpu in (0, 1):
            stamp = f"{clock(0.1 * k, '%Y-%m-%dT%H:%M:%S')} " if stamped else ""
            lines.append(f"{stamp}GPU {gpu}     {90 + k}     {watts + gpu if (k, gpu) != (2, 1) else 'N/A'}")
    return lines


def exporter(stamp=True):
    lines = ["# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).", "# TYPE DCGM_FI_DEV_POWER_USAGE gauge"]
    for k, watts in enumerate(POWERS_W):
        for gpu in (0, 1):
            end = f" {int(1e3 * (START_S + 15 * k))}" if stamp else ""
            labels = f'gpu="{gpu}",UUID="GPU-{gpu}",device="nvidia{gpu}",Hostname="a"'
            lines.append(f"DCGM_FI_DEV_POWER_USAGE{{{labels}}} {watts + gpu}{end}")
            lines.append(f"DCGM_FI_DEV_GPU_TEMP{{{labels}}} 50{end}")
    return lines


def smi():
    lines = ["timestamp, index, power.draw [W], temperature.gpu"]
    for k, watts in enumerate(POWERS_W):
        for gpu in (0, 1):
            value = "[N/A]" if (k, gpu) == (3, 0) else f"{watts + gpu:.2f} W"
            lines.append(f"{clock(0.5 * k, '%Y/%m/%d %H:%M:%S')}, {gpu}, {value}, 55")
    return lines


def mllog(watts=POWERS_W, shift_s=0.0, step_s=2.0):
    def line(second, key, value):
        said = {
            "namespace": "",
            "time_ms": int(1e3 * (START_S + second + shift_s)),
            "key": key,
            "value": value,
        }
        return f":::MLLOG {json.dumps(said)}"

    rows = [line(0.0, "power_measurement_start", None), line(1.0, "run_start", None)]
    rows += [line(step_s * (k + 1), "power_reading", value) for k, value in enumerate(watts)]
    return [*rows, ":::MLLOG {cut off", line(9.0, "eval_start", None)]


def ptd():
    return [
        f"Time,{clock(k, '%m-%d-%Y %H:%M:%S')},Watts,{watts},Volts,230.1,Amps,3.1,PF,0.99,Mark,run"
        for k, watts in enumerate(POWERS_W)
    ]


def prometheus(kind="matrix", metric="DCGM_FI_DEV_POWER_USAGE"):
    result = [
        {
            "metric": {"__name__": metric, "instance": f"host{n}", "gpu": "0"},
            "values": [[START_S + 15 * k, str(watts + n)] for k, watts in enumerate(POWERS_W)],
        }
        for n in (0, 1)
    ]
    return [json.dumps({"status": "success", "data": {"resultType": kind, "result": result}})]


def watts(wave, name="power_mw"):
    return (wave[name] * 1e6).round(6).tolist()


def test_dcgmi_dmon_has_no_stamps_so_its_default_step_is_taken_and_said(tmp_path):
    wave = read_waveform(written(tmp_path, "d.log", dmon()))
    assert wave.step_s == 1.0 and wave.start is None
    assert watts(wave, "node.gpu0.power_mw") == list(POWERS_W)
    assert any("no stamps: 1 s" in note for note in wave.notes)
    assert any("gpu1: 1 row without a value" in note for note in wave.notes)


def test_the_step_of_a_log_without_stamps_can_be_given(tmp_path):
    wave = read_waveform(written(tmp_path, "d.log", dmon()), step_s=0.1)
    assert wave.step_s == pytest.approx(0.1)
    assert any("as given" in note for note in wave.notes)


def test_stamps_that_a_tool_put_before_rows_of_dcgmi_dmon_are_used(tmp_path):
    wave = read_waveform(written(tmp_path, "d.log", dmon(stamped=True)))
    assert wave.step_s == pytest.approx(0.1)
    half = [*dmon(stamped=True)[:6], *dmon()[6:]]
    with pytest.raises(InputError, match="stand in some rows only"):
        read_waveform(written(tmp_path, "half.log", half))


def test_scrapes_of_dcgm_exporter_give_watts_by_gpu(tmp_path):
    wave = read_waveform(written(tmp_path, "e.prom", exporter()))
    assert watts(wave, "node.1.power_mw") == [w + 1 for w in POWERS_W]
    assert wave.start == "2024-05-01T12:00:00.000+00:00"
    with pytest.raises(InputError, match="missing behind 12 samples"):
        read_waveform(written(tmp_path, "bare.prom", exporter(stamp=False)))


def test_nvidia_smi_units_and_missing_values_are_understood(tmp_path):
    wave = read_waveform(written(tmp_path, "smi.csv", smi()))
    assert wave.step_s == 0.5 and wave.start is None  # its clock names no zone
    assert watts(wave, "node.1.power_mw") == [w + 1 for w in POWERS_W]


def test_zeus_counts_in_milliwatts_even_where_it_says_power_mw(tmp_path):
    old = ["Time,Power", *(f"{clock(0.1 * k)},{int(w * 1e3)}" for k, w in enumerate(POWERS_W))]
    assert watts(read_waveform(written(tmp_path, "z.csv", old))) == list(POWERS_W)
    new = ["timestamp,gpu_index,power_mw", *(f"{START_S + k},0,{w * 1e3}" for k, w in enumerate(POWERS_W))]
    wave = read_waveform(written(tmp_path, "n.csv", new))
    assert watts(wave) == list(POWERS_W) and wave.start is not None


def test_nodes_of_an_mlperf_training_run_add_up_and_bring_its_events(tmp_path):
    written(tmp_path, "node_0.txt", mllog())
    written(tmp_path, "node_1.txt", mllog([w + 10 for w in POWERS_W]))
    wave = read_waveform(tmp_path)
    assert watts(wave) == [2 * w + 10 for w in POWERS_W]
    assert (-1.0, "run_start") in wave.events
    assert watts(wave, "node.node_1.power_mw")[0] == 310.0


def test_a_log_that_repeats_another_byte_for_byte_is_left_out_and_said(tmp_path):
    for n in range(3):
        written(tmp_path, f"node_{n}.txt", mllog([w + 10 * (n == 2) for w in POWERS_W]))
    wave = read_waveform(str(tmp_path / "node_*.txt"))
    assert watts(wave)[0] == 610.0
    assert any("1 of 3 logs repeat" in note and "node_1 = node_0" in note for note in wave.notes)


def test_lines_of_ptdaemon_are_read_month_first(tmp_path):
    wave = read_waveform(written(tmp_path, "spl.txt", ptd()))
    assert wave.step_s == 1.0 and watts(wave) == list(POWERS_W)


def test_a_prometheus_range_answer_gives_one_channel_a_series(tmp_path):
    wave = read_waveform(written(tmp_path, "q.json", prometheus()))
    assert wave.step_s == 15.0
    assert watts(wave, "node.host1.power_mw")[1] == 501.0
    with pytest.raises(InputError, match="must be 'matrix'"):
        read_waveform(written(tmp_path, "v.json", prometheus("vector")))
    with pytest.raises(InputError, match="without a unit"):
        read_waveform(written(tmp_path, "u.json", prometheus(metric="pdu_power")))
    assert read_waveform(tmp_path / "u.json", unit="kW")["power_mw"][0] == pytest.approx(0.601)
    with pytest.raises(InputError, match="range query"):
        read_waveform(written(tmp_path, "w.json", ['{"result": 3, "data": {}}']), format="prometheus")
    with pytest.raises(InputError, match="holds no power"):
        read_waveform(written(tmp_path, "e.json", ['{"data": {"resultType": "matrix", "result": []}}']))


@pytest.mark.parametrize(("name", "factor"), [("power_w", 1e-6), ("power_kw", 1e-3), ("power_mw", 1.0)])
def test_the_unit_of_a_plain_table_is_in_the_name_of_its_column(tmp_path, name, factor):
    lines = [f"time_s,{name}", *(f"{0.005 * k},{10 + k}" for k in range(9))]
    wave = read_waveform(written(tmp_path, "p.csv", lines))
    assert wave["power_mw"][1] == pytest.approx(11 * factor)
    assert wave.step_s == 0.005


def test_a_plain_table_brings_voltage_and_frequency_along(tmp_path):
    lines = ["time,power_mw,voltage_pu,frequency_hz"]
    lines += [f"2024-05-01T14:00:0{k}+02:00,{k},1.0,60" for k in range(6)]
    wave = read_waveform(written(tmp_path, "p.csv", lines))
    assert wave["voltage_pu"].tolist() == [1.0] * 6 and wave.start == "2024-05-01T12:00:00.000+00:00"


def test_parquet_gives_what_csv_gives_and_rows_can_be_chosen(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.table(
        {
            "t_s": [0.0, 2.0, 4.0] * 2,
            "run": [0] * 3 + [1] * 3,
            "n1_w": [1.0, 2, 3, 4, 5, 6],
            "n2_w": [7.0, 8, 9, 1, 2, 3],
        }
    )
    parquet.write_table(table, tmp_path / "r.parquet")
    wave = read_waveform(tmp_path / "r.parquet", column="n*_w", where={"run": 1})
    assert watts(wave) == [5, 7, 9] and watts(wave, "node.n1.power_mw") == [4, 5, 6]
    naive = pa.table(
        {"time": np.array(["2024-05-01T00:00", "2024-05-01T00:01"], "M8[us]"), "power_kw": [1, 2]}
    )
    parquet.write_table(naive, tmp_path / "n.parquet")
    assert read_waveform(tmp_path / "n.parquet").step_s == 60.0


def test_a_gap_stays_a_gap(tmp_path):
    lines = ["time_s,power_w", *(f"{2 * k},{100 + k}" for k in range(20) if k not in (7, 8, 9))]
    wave = read_waveform(written(tmp_path, "g.csv", lines))
    assert np.flatnonzero(np.isnan(wave["power_mw"])).tolist() == [7, 8, 9]
    assert any("1 gap, 6 s in all" in note for note in wave.notes)


def test_uneven_stamps_are_resampled_and_judged_up_to_a_lower_frequency(tmp_path):
    shake = np.random.default_rng(1).uniform(-0.2, 0.2, 400)
    at_s = 2.0 * np.arange(400) + shake
    at_s = at_s[(at_s < 300) | (at_s > 320)]
    lines = ["time_s,power_w", *(f"{t:.4f},{1000 + 100 * np.sin(2 * np.pi * 0.02 * t):.3f}" for t in at_s)]
    wave = read_waveform(written(tmp_path, "u.csv", lines))
    assert any("by straight lines" in note for note in wave.notes)
    assert "nothing above 0.125 Hz" in wave.notes[-1]
    exact = 1000 + 100 * np.sin(2 * np.pi * 0.02 * (wave.time_s + at_s[0]))
    known = np.isfinite(wave["power_mw"])
    assert (~known).sum() in range(8, 15)
    assert np.abs(1e6 * wave["power_mw"] - exact)[known].max() < 2.0


def test_even_stamps_are_judged_up_to_four_tenths_of_the_rate(tmp_path):
    lines = ["time_s,power_w", *(f"{2 * k},{k}" for k in range(9))]
    assert "nothing above 0.2 Hz" in read_waveform(written(tmp_path, "e.csv", lines)).notes[-1]


def test_doubled_stamps_are_taken_once_or_as_their_mean(tmp_path):
    lines = ["time_s,power_w", "0,1", "1,2", "1,2", "2,3", "2,5", "3,4"]
    wave = read_waveform(written(tmp_path, "d.csv", lines))
    assert watts(wave) == [1, 2, 4, 4]
    assert any("2 stamps twice, 1 of them with another value" in note for note in wave.notes)


def test_rows_a_little_out_of_order_are_sorted_and_two_clocks_are_refused(tmp_path):
    lines = ["time_s,power_w", "0,1", "2,3", "1,2", "3,4"]
    wave = read_waveform(written(tmp_path, "s.csv", lines))
    assert watts(wave) == [1, 2, 3, 4] and any("out of order, sorted" in note for note in wave.notes)
    two = ["time_s,power_w", *(f"{k % 20},5" for k in range(40))]
    with pytest.raises(InputError, match=r"goes back by 19 s after row 20.*two clocks"):
        read_waveform(written(tmp_path, "c.csv", two))


def test_nodes_that_share_no_time_are_two_clocks(tmp_path):
    written(tmp_path, "a.txt", mllog())
    written(tmp_path, "b.txt", mllog([w + 1 for w in POWERS_W]))
    written(tmp_path, "c.txt", mllog([w + 2 for w in POWERS_W], shift_s=3600.0))
    with pytest.raises(InputError, match=r"c  begins \+3600 s from the others"):
        read_waveform(tmp_path)


def test_nodes_at_moments_of_their_own_are_brought_together(tmp_path):
    written(tmp_path, "a.txt", mllog())
    written(tmp_path, "b.txt", mllog(shift_s=0.7))
    wave = read_waveform(tmp_path)
    assert wave.count == 5 and any("moments of their own" in note for note in wave.notes)


def test_all_faults_of_all_files_come_at_once(tmp_path):
    written(tmp_path, "a.csv", ["when,power_w", "1,2", "2,3"])
    written(tmp_path, "b.csv", ["time_s,load", "1,2", "2,3"])
    with pytest.raises(InputError) as caught:
        read_waveform(tmp_path)
    said = str(caught.value)
    assert "2 faults" in said and "a.csv time" in said and "b.csv power" in said


@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        (["time_s,power_mw", "0,7000000", "1,7000001"], {}, "must stay within 20,000"),
        (["time_s,power", "0,7", "1,8"], {}, "without a unit"),
        (["time_s,power", "0,7", "1,8"], {"unit": "kW/h"}, "not known for power"),
        (["time_s,a_w,b_w", "0,7,1", "1,8,1"], {}, "not clear among 2 columns"),
        (["time_s,a_w", "0,7", "1,8"], {"column": "b_w"}, "Nearest: a_w"),
        (["time_s,a_w", "0,7", "1,8"], {"column": "zzz"}, "There are: time_s, a_w"),
        (["time_s,a_w", "0,7", "1,8"], {"where": {"runn": 1}}, "is no column. There are"),
        (["time_s,run,a_w", "0,1,7", "1,1,8"], {"where": {"runn": 1}}, "Nearest: run"),
        (["time_s,run,a_w", "0,1,7", "1,1,8"], {"where": {"run": 2}}, "no row left"),
        (["time_s,a_w", "0,7", "1,x"], {}, "'x' in row 2"),
        (["time,a_w", "2024-05-01,7", "soon,8"], {}, "'soon' in row 2"),
        (["time,a_w", "2024-05-01T00:00Z,7", "2024-05-01T00:01,8"], {}, "offset in some rows only"),
        (["time_s,a_w", ",7", "1,8"], {}, "is empty in row 1"),
        (["time_s,a_w", "0,7"], {}, "must have two or more"),
        (["time_s,a_w", "0,7", "0,7"], {}, "one moment only"),
        (["time_s,a_w", "0,true", "1,false,3"], {}, "cannot be read as a table"),
        (["time_s,a_w", "0,7", "1,8"], {"format": "csw"}, "Nearest: 'csv'"),
        (["time_s,a_w", "0,7", "1,8"], {"format": "mlperf-node"}, "holds no power"),
        (["time_s,a_w", "0,7", "1,8"], {"format": "mlperf-ptd"}, "holds no power"),
        (["time_s,a_w", "0,7", "1,8"], {"format": "dcgm-dmon"}, "holds no power"),
        (["time_s,a_w", "0,7", "1,8"], {"format": "dcgm-exporter"}, "holds no power"),
    ],
)
def test_a_fault_says_what_is_and_what_must_be(tmp_path, lines, more, said):
    with pytest.raises(InputError) as caught:
        read_waveform(written(tmp_path, "x.csv", lines), **more)
    assert said in str(caught.value)


def test_a_path_that_is_not_there_names_the_nearest(tmp_path):
    written(tmp_path, "power.csv", ["time_s,a_w", "0,7", "1,8"])
    with pytest.raises(InputError, match=r"Nearest in that folder: 'power\.csv'"):
        read_waveform(tmp_path / "powr.csv")
    with pytest.raises(InputError, match="matches no file"):
        read_waveform(tmp_path / "q*.csv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        read_waveform(tmp_path / "empty")


@pytest.mark.real
@pytest.mark.skipif(not DATA.is_dir(), reason="the measured logs are not beside the checkout")
def test_thirty_of_the_64_logs_of_a_real_run_are_repeats():
    path = DATA / "mlperf_gpt3_512xH100_node_power_2s.parquet"
    wave = read_waveform(path, column="n*_w", where={"run": 0})
    assert len(wave.arrays) == 1 + 34 and wave.step_s == 2.0
    assert "30 of 64 logs repeat" in wave.notes[0]
