"""Logs of jobs as clusters publish them."""

from __future__ import annotations

import pytest

from wattstack.errors import InputError
from wattstack.series import read_job_log


def written(tmp_path, lines, name="jobs.csv"):
    path = tmp_path / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_log_with_submission_gpus_and_duration(tmp_path):
    path = written(
        tmp_path,
        [
            "job_id,gpu_num,type,submit_time,duration",
            "a,8,pretrain,2023-05-01T00:10:00+08:00,3600",
            "b,0,eval,2023-05-01T00:00:00+08:00,60",
            "c,64,pretrain,2023-05-01T00:00:00+08:00,7200",
        ],
    )
    log = read_job_log(path, tier={"pretrain": 2})
    assert log.submit_s.tolist() == [0.0, 600.0] and log.gpus.tolist() == [64.0, 8.0]
    assert log.tier.tolist() == [2, 2] and log.gpu_h == 136.0
    assert log.notes == ("1 job without GPU or run time left out",)


def test_begin_and_end_in_hundredths_of_a_gpu(tmp_path):
    path = written(tmp_path, ["plan_gpu,start_time,end_time", "50,100,400", "200,0,60", "100,,"])
    log = read_job_log(path, tier=1, gpu_scale=0.01)
    assert log.gpus.tolist() == [2.0, 0.5] and log.lasts_s.tolist() == [60.0, 300.0]
    assert log.tier.tolist() == [1, 1]


def test_parquet_and_a_tier_of_its_own(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"submit_s": [0.0], "gpus": [4], "lasts_s": [9.0], "tier": [3]}), tmp_path / "j.parquet"
    )
    assert read_job_log(tmp_path / "j.parquet").tier.tolist() == [3]


def test_a_window_of_requests_is_a_job_of_the_gpus_they_keep(tmp_path):
    lines = ["model,t_s,rate_rps", "b,0,2.5", "b,600,5", "b,1200,0", "a,300,1", "a,330,2"]
    log = read_job_log(written(tmp_path, lines), tier={"a": 1}, gpu_s_per_request=8.0)
    assert log.submit_s.tolist() == [0.0, 300.0, 330.0, 600.0]
    assert log.gpus.tolist() == [20.0, 8.0, 16.0, 40.0]
    assert log.lasts_s.tolist() == [600.0, 30.0, 30.0, 600.0]
    assert log.tier.tolist() == [0, 1, 1, 0]
    assert "4 windows of" in log.notes[0] and "1 job without GPU" in log.notes[1]


def test_requests_of_one_service_need_no_column_of_models(tmp_path):
    log = read_job_log(written(tmp_path, ["t_s,rate_rps", "0,1", "60,3"]), gpu_s_per_request=2.0)
    assert log.gpus.tolist() == [2.0, 6.0] and log.lasts_s.tolist() == [60.0, 60.0]


@pytest.mark.parametrize(
    ("lines", "more", "said"),
    [
        (["when,n", "0,1"], {}, "3 faults"),
        (["submit_s,gpus,duratoin", "0,1,2"], {}, "Nearest: duratoin"),
        (["submit_s,gpus,lasts_s,tier", "0,1,2,7"], {}, "must be 0 .. 3"),
        (["submit_s,gpus,lasts_s", "0,1,2"], {"tier": {"a": 1}}, "needs a column of kinds"),
        (["submit_s,gpus,lasts_s", "0,x,2"], {}, "must be numbers"),
        (["submit_s,gpus,lasts_s", "0,0,2"], {}, "no job that ran"),
        (["submit_s,gpus", "0,1,2"], {}, "cannot be read as a table"),
        (["t_s,rate_rps", "0,1", "9,1"], {}, "is missing, must be above 0: this is a log of requests"),
        (["t_s,rate_rps", "0,1", "9,1"], {"gpu_s_per_request": 0.0}, "is 0, must be above 0"),
        (["t_s,rate_rps", "0,1"], {"gpu_s_per_request": 1.0}, "no job that ran"),
    ],
)
def test_a_fault_says_what_is_and_what_must_be(tmp_path, lines, more, said):
    with pytest.raises(InputError) as caught:
        read_job_log(written(tmp_path, lines), **more)
    assert said in str(caught.value)


def test_a_log_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_job_log(tmp_path / "no.csv")
