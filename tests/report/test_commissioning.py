"""The page of a commissioning says what failed, where, and how to mend it; text of files is escaped."""

from __future__ import annotations

import copy

from wattstack.report import write_commissioning_page

COUNTS = {"passed": 1, "doubtful": 0, "failed": 1, "not done": 0}
FOUND = {
    "commission": 1, "wattstack": "0", "kind": "SAT", "by": "operator-1",
    "began": "2026-11-21T14:00:00.000Z", "ended": "2026-11-21T14:05:00.000Z",
    "campus": {"name": "test", "file": "campus.yaml", "sha256": "ab", "time_zone": "Asia/Tokyo"},
    "templates": {"meter-generic": "cd"}, "counts": COUNTS,
    "options": {"write": True, "only": [], "reads": 50, "step_frac": 0.02, "pairs": 3, "plateau_s": 2.0,
                "start_engines": False, "faults": False},
    "devices": {
        "grid.connection": {
            "template": "meter-generic", "where": "meter:502 unit 1", "identity": {"manufacturer": "<b>maker</b>"},
            "writable": False, "written": False, "reversion_measured_s": None, "checks": COUNTS,
            "points": [{"name": "power_mw", "value": None, "quality": "bad", "registers": "FFFF", "age_s": 0.1,
                        "update_s": None}],
        },
        "battery.main#2": {
            "template": "bess-generic", "where": "bess:502 unit 1", "identity": {}, "writable": True, "written": True,
            "reversion_measured_s": 3.21, "checks": dict.fromkeys(COUNTS, 0), "points": [],
        },
    },
    "checks": [
        {"device": "grid.connection", "kind": "balance", "what": "power_mw", "verdict": "failed",
         "text": "grid.connection power_mw has the wrong sign", "value": -20.0, "limit": 1.2, "unit": "MW",
         "mend": "Turn it round.", "utc": "2026-11-21T14:03:04.000Z"},
        {"device": "grid.connection", "kind": "read", "what": "reach", "verdict": "passed", "text": "answers",
         "value": None, "limit": None, "unit": "", "mend": "", "utc": "2026-11-21T14:01:00.000Z"},
    ],
}  # fmt: skip


def page_of(tmp_path, **more) -> str:
    found = copy.deepcopy(FOUND) | more
    return write_commissioning_page(found, tmp_path / "page.html").read_text()


def test_what_failed_stands_first_with_its_mend(tmp_path):
    page = page_of(tmp_path)
    assert "1 of 2 checks failed, at grid.connection" in page
    assert "has the wrong sign" in page and "Turn it round." in page
    assert "Site acceptance test of the real devices" in page and "SYNTHETIC" not in page
    assert ">3.21 s</data>" in page and "takes no setpoint" in page and "14:03:04" in page


def test_text_of_devices_is_escaped(tmp_path):
    assert "&lt;b&gt;maker" in page_of(tmp_path) and "<b>maker" not in page_of(tmp_path)


def test_a_rehearsal_says_so_and_a_sound_one_has_nothing_to_mend(tmp_path):
    counts = {"passed": 1, "doubtful": 0, "failed": 0, "not done": 2}
    options = FOUND["options"] | {"write": False}
    page = page_of(tmp_path, kind="FAT", counts=counts, checks=FOUND["checks"][1:], options=options)
    assert "SYNTHETIC" in page and "1 of 3, 2 not done." in page and "<p>Nothing.</p>" in page
    assert "nothing: read only" in page
    assert "All checks that could be made are passed: 1 of 1." in page_of(
        tmp_path, counts={**counts, "not done": 0}
    )
