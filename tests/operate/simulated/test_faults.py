"""Scripts of faults: what is wrong with one is told at once, and what it does to frames and values."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from wattstack.errors import InputError
from wattstack.operate.simulated import KINDS, read_faults
from wattstack.operate.simulated.faults import Spoiler

DEVICES = ("battery.main", "grid.connection")


def test_a_script_is_read_in_the_order_of_time(tmp_path):
    path = tmp_path / "faults.yaml"
    path.write_text(
        "faults:\n- {at_s: 60, device: battery.main, kind: silent, lasts_s: 5}\n"
        "- {at_s: 1.5, device: grid.connection, kind: outage}\n"
    )
    first, second = read_faults(path, DEVICES)
    assert (first.at_s, first.kind, first.lasts_s) == (1.5, "outage", math.inf)
    assert (second.device, second.lasts_s, second.value) == ("battery.main", 5, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("faults: 3", "must be a list"),
        ("fault: []", "must be `faults`"),
        ("faults: [{device: battery.main, kind: silent}]", "at_s  is missing"),
        ("faults: [{at_s: 1, device: battery.main, kind: [1]}]", "must be one of: silent"),
        ("faults: [{at_s: 1, device: {a: 1}, kind: silent}]", "must be a device of the campus"),
        ("faults: [{at_s: .inf, device: battery.main, kind: silent}]", "must be a number >= 0"),
        ("faults: [{at_s: 1, device: battery.main, kind: late, value: .nan}]", "must be a number"),
        ("faults: [{at_s: 1, device: battery.main, kind: late, value: -1}]", "must be a number >= 0"),
        (f"faults: [{{at_s: 1{'0' * 400}, device: battery.main, kind: late}}]", "must lie within"),
        ("faults: [{at_s: 1, device: battery.main, kind: exception, value: 300}]", "1 .. 255"),
        ("faults: [{at_s: 1, device: battery.main, kind: no_start}]", "must be of generator."),
        ("faults: [{at_s: 1, device: battery.main, kind: outage}]", "must be of grid.connection"),
        ("faults: [silent]", "must have the keys at_s, device"),
        ("faults: [{at_s: 1, device: battery.main, kind: silnt}]", "Nearest: silent"),
        ("faults: [{at_s: 1, device: batery.main, kind: silent}]", "Nearest: battery.main"),
        ("faults: [{at_s: soon, device: battery.main, kind: silent}]", "must be a number >= 0"),
        ("faults: [{at_s: -1, device: battery.main, kind: silent}]", "must be a number >= 0"),
        ("faults: [{at_s: 1, last_s: 3, device: battery.main, kind: silent}]", "Nearest: lasts_s"),
        ("faults: [{at_s: 1, at_s: 2, device: battery.main, kind: silent}]", "at_s"),
    ],
)
def test_what_is_wrong_with_a_script_is_told(tmp_path, text, told):
    path: Path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_faults(path, DEVICES)
    assert told in str(caught.value)


def test_all_that_is_wrong_with_a_script_is_told_at_once(tmp_path):
    path = tmp_path / "faults.yaml"
    path.write_text(
        "more: 1\nmore: 2\nfaults: [3, {at_s: x, device: a, kind: {}}, {kind: silent, device: []}]\n"
    )
    with pytest.raises(InputError) as caught:
        read_faults(path, DEVICES)
    wheres = [
        "more",
        "more",
        "faults[0]",
        "faults[1].device",
        "faults[1].kind",
        "faults[1].at_s",
        "faults[2].at_s",
    ]
    assert sorted(fault.where for fault in caught.value.faults) == sorted([*wheres, "faults[2].device"])


def test_frames_go_out_as_the_faults_let_them():
    pdu = bytes((3, 4, 0, 1, 0, 2))
    expected = {
        "silent": None,
        "short": (0.0, 1, bytes((3, 2, 0, 1))),
        "wrong_unit": (0.0, 2, pdu),
        "exception": (0.0, 1, bytes((0x83, 4))),
        "late": (1.0, 1, pdu),
        "slow": (0.08, 1, pdu),
        "reject": (0.0, 1, pdu),
    }
    assert Spoiler().frame(1, pdu) == (0.0, 1, pdu)
    for kind, seen in expected.items():
        spoiler = Spoiler()
        spoiler.put(kind)
        assert spoiler.frame(1, pdu) == seen, kind
        spoiler.lift(kind)
        assert spoiler.frame(1, pdu) == (0.0, 1, pdu)


def test_values_are_seen_as_the_faults_let_them():
    spoiler = Spoiler(20.0)
    assert spoiler.seen("power_mw", 2.0) == 2.0
    spoiler.put("sign")
    spoiler.put("scale", 1000.0)
    assert spoiler.seen("output_mw", 2.0) == -2000.0 and spoiler.seen("soc", 0.5) == 0.5
    spoiler.put("soc_jump", 0.7)
    assert spoiler.seen("soc", 0.5) == 1.0 and spoiler.seen("stored_mwh", 4.0) == 18.0
    spoiler.put("nan")
    assert math.isnan(spoiler.seen("soc", 0.5)) and spoiler.seen("state", 3.0) == 3.0


def test_every_kind_says_what_happens():
    assert all(text and (value is None or value >= 0.0) for text, value in KINDS.values())
