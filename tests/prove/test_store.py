import json

import numpy as np
import pytest

from wattstack.errors import InputError
from wattstack.prove import read_outages, write_outages
from wattstack.prove.store import FILE


def test_what_is_written_is_read_back(outages, tmp_path):
    written = write_outages(outages, tmp_path / "out")
    read = read_outages(tmp_path / "out")
    assert read.summary == json.loads(json.dumps(written.summary))
    assert np.array_equal(read.tables["campaigns"]["loss_h"], outages.campaigns["loss_h"], equal_nan=True)
    assert (read.tables["campaigns"]["cause"] == outages.campaigns["cause"]).all()
    assert read.timing["stages_s"].keys() == {"plan", "case", "reference", "campaigns"}


def test_equal_campaigns_give_equal_bytes(study, outages, tmp_path):
    write_outages(outages, tmp_path / "one")
    write_outages(study.run(), tmp_path / "two")
    for path in (tmp_path / "one").iterdir():
        if path.name != "timing.json":
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_folder_of_something_else_is_refused(outages, tmp_path):
    with pytest.raises(InputError, match=r"has no outages\.json"):
        read_outages(tmp_path)
    write_outages(outages, tmp_path)
    (tmp_path / "causes.csv").unlink()
    with pytest.raises(InputError, match=r"lacks causes\.csv"):
        read_outages(tmp_path)
    (tmp_path / FILE).write_text('{"wattstack_outages": 99}')
    with pytest.raises(InputError, match="has layout 99, must be 2"):
        read_outages(tmp_path)


def test_a_page_of_older_campaigns_does_not_stay(outages, tmp_path):
    (tmp_path / "report.html").write_text("of another day")
    write_outages(outages, tmp_path)
    assert not (tmp_path / "report.html").exists()
