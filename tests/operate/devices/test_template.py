"""Templates: those of the library are right, and what is wrong with one is told at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operate.devices.conftest import campus_with
from wattstack.errors import InputError
from wattstack.library import Entry, names
from wattstack.operate.devices import Decoder, lay_out, layouts_of, read_template
from wattstack.operate.devices.form import ASSETS
from wattstack.operate.devices.link import MOST_READ
from wattstack.operate.devices.points import TYPES
from wattstack.operate.devices.template import made_template


def made(**values):
    return made_template(
        Entry("devices", "own", "of a test", "a test", "2026-11", "assumption", "low", None, values, (), "")
    )


def faults_of(**values) -> str:
    with pytest.raises(InputError) as caught:
        made(**values)
    return str(caught.value)


@pytest.mark.parametrize("name", names("devices"))
def test_a_template_of_the_library_lies_in_blocks_that_one_request_can_read(name):
    template = read_template(f"library:{name}")
    layout = lay_out(template, 10.0)
    assert all(1 <= block.count <= MOST_READ for block in layout.blocks)
    assert sum(block.count for block in layout.blocks) == layout.length
    for point, own in zip(layout.points, layout.block_of, strict=True):
        block = layout.blocks[own]
        assert block.at <= point.offset and point.offset + point.words <= block.at + block.count
    Decoder(layout.points, layout.length)
    assert set(template.assets) <= set(ASSETS) and len(layout.points) == len(layout.place)


@pytest.mark.parametrize("name", names("devices"))
def test_a_device_that_takes_setpoints_falls_back_by_itself(name):
    template = read_template(f"library:{name}")
    if any(register.write for register in template.registers.values()):
        assert "seconds" in template.reversion


def test_all_faults_of_a_template_are_told_at_once():
    text = faults_of(
        **{
            "for": ["batery"],
            "colour": 1,
            "heartbeat": "beat",
            "reversion": {"seconds": "power_mw"},
            "points": {
                "power_mw": {"address": 0, "type": "int32", "unit": "V"},
                "soc": {"address": 1, "type": "uint17", "unit": "%"},
                "energy_mwh": {"address": 2, "type": "int32", "unit": "kWh", "scale": "point:factor"},
                "import_mw": {"address": 3, "type": "int32", "unit": "kW"},
                "state": {"address": 9, "type": "uint16", "unit": "kW"},
                "alarms": {"addres": 9, "type": "uint16"},
                "limit_mw": {"address": 20, "type": "uint16", "unit": "kW", "table": "input", "write": True},
                "setpoint_mw": {
                    "address": 30,
                    "type": "uint16",
                    "unit": "kW",
                    "write": True,
                    "atomic_group": "g",
                },
                "setpoint_on": {"address": 32, "type": "uint16", "write": True, "atomic_group": "g"},
                "far_mw": {"address": 40, "type": "uint16", "unit": "kW", "table": "coil"},
            },
        }
    )
    for told in (
        "is 'batery', must be one of battery, generator",
        "colour",
        "heartbeat",
        "names 'beat'. Must be one of the points",
        "is 'V', must be a unit of power_mw",
        "is 'uint17', must be one of",
        "Nearest: 'uint16'",
        "names 'factor'",
        "overlaps energy_mwh at register 3",
        "a name without a unit has none",
        "points.alarms.addres",
        "Nearest: 'address'",
        "an input register is never written",
        "stands at register 32, must stand at 31",
        "is 'coil', must be one of holding, input",
    ):
        assert told in text, told


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ({"model": 704, "point": "WSett"}, "Nearest: WSet"),
        ({"model": 60000, "point": "W"}, "must be a model of the standard"),
        ({"unit": "kW"}, "has no address and type"),
        ({"type": "uint16"}, "has no address, must have address and type"),
        ({"model": 704}, "has no point, must have address and type, or model and point"),
        ({"model": 704, "point": "WSet", "address": 3}, "has address and model"),
        (
            {"address": 1, "type": "uint16", "unit": "kW", "scale": "sf"},
            "must be a number other than 0, or point:NAME",
        ),
        ({"model": 713, "point": "WHAvail", "unit": "Wh"}, "must be one of sunspec.models"),
    ],
)
def test_a_point_that_cannot_be_is_told(point, told):
    name = "stored_mwh" if point.get("model") == 713 else "power_mw"
    text = faults_of(**{"for": ["battery"], "sunspec": {"models": [704]}, "points": {name: point}})
    assert told in text


SOUND = {"address": 1, "type": "int32", "unit": "kW"}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"address": "x"}, "address  is 'x', must be a whole number"),
        ({"address": -5}, "address  is -5, must be >= 0"),
        ({"address": 70_000}, "address  is 70000, must be < 65536"),
        ({"address": 65_535}, "address  is 65535, must be at most 65534: int32 takes 2 registers"),
        ({"address": 1.5}, "address  is 1.5, must be a whole number"),
        ({"address": True}, "address  is true, must be a whole number"),
        ({"type": 7}, "type  is 7, must be one of int16"),
        ({"unit": 5}, "unit  is 5, must be text"),
        ({"scale": None}, "scale  is empty, must be a number other than 0"),
        ({"scale": 0}, "scale  is 0, must be a number other than 0"),
        ({"scale": float("nan")}, "scale  is nan, must be a number other than 0"),
        ({"scale": True}, "scale  is true, must be a number other than 0"),
        ({"sign": "-"}, "sign  is '-', must be one of 1, -1"),
        ({"sign": 0}, "sign  is 0, must be one of 1, -1"),
        ({"word_order": "litle"}, "word_order  is 'litle', must be one of big, little. Nearest: 'little'"),
        ({"every_s": "x"}, "every_s  is 'x', must be a number"),
        ({"every_s": -1}, "every_s  is -1, must be >= 0"),
        ({"write": "no"}, "write  is 'no', must be true or false"),
        ({"least": 5, "most": 1}, "least  is 5, must be below most 1"),
        ({"not_implemented": "0x8000"}, "not_implemented  is '0x8000', must be a whole number"),
        ({"not_implemented": 2**32}, "not_implemented  is 0x100000000, must fit into the 32 bits of int32"),
    ],
)
def test_a_key_of_a_point_that_cannot_be_is_told_with_its_place(wrong, told):
    text = faults_of(**{"for": ["battery"], "points": {"power_mw": {**SOUND, **wrong}}})
    assert f"points.power_mw.{told}" in text
    assert "has 1 fault:" in text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"points": [1]}, "points  is a list, must hold names"),
        ({"points": None}, "points  is empty, must be given"),
        ({"points": {}}, "points  is empty, must hold at least one"),
        ({"points": {"power_mw": 5}}, "points.power_mw  is 5, must hold keys (address, type"),
        ({"points": {7: SOUND}}, "points.7  is 7, must be text"),
        ({"points": {"power.mw": {**SOUND}}}, "must be a name of a-z"),
        ({"for": "battery"}, "for  is 'battery', must be a list"),
        ({"for": [["battery"]]}, "for.0  is a list, must be one of battery"),
        ({"reversion": [1]}, "reversion  is a list, must hold keys (seconds, enable, fallback)"),
        ({"reversion": {"second": "power_mw"}}, "reversion.second  is not a key here. Nearest: 'seconds'"),
        ({"sunspec": [1]}, "sunspec  is a list, must hold keys (models, optional)"),
        ({"sunspec": {"models": ["x"]}}, "sunspec.models.0  is 'x', must be a whole number"),
        ({"gap_registers": "x"}, "gap_registers  is 'x', must be a whole number"),
        ({"heartbeat": 5}, "heartbeat  is 5, must be text"),
        ({"fence": [1]}, "fence  is a list, must hold"),
        ({"table": "coil"}, "table  is 'coil', must be one of holding, input"),
    ],
)
def test_a_section_of_a_template_that_cannot_be_is_told(wrong, told):
    text = " ".join(faults_of(**{"for": ["battery"], "points": {"power_mw": SOUND}, **wrong}).split())
    assert " ".join(told.split()) in text


def test_a_template_that_is_no_mapping_is_told():
    entry = Entry("devices", "own", "of a test", "a test", "2026-11", "assumption", "low", None, [1], (), "")
    with pytest.raises(InputError, match=r"is a list, must hold keys \(for, points"):
        made_template(entry)


def test_what_leads_to_a_point_at_fault_is_no_fault_of_its_own():
    points = {
        "power_mw": {**SOUND, "scale": "point:factor"},
        "factor": {"address": "x", "type": "sunssf"},
        "beat": {"address": 9, "type": "uint16", "write": "yes"},
    }
    text = faults_of(**{"for": ["battery"], "heartbeat": "beat", "points": points})
    assert "has 2 faults" in text and "points.factor.address" in text and "points.beat.write" in text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"power_mw": SOUND}, {"stored_mwh": {**SOUND, "unit": "kWh"}}),
        ({"soc": {"address": 4, "type": "uint16"}}, {"soh_frac": {"address": 4, "type": "int16"}}),
        (
            {"setpoint_mw": {**SOUND, "write": True}},
            {"fallback_mw": {**SOUND, "write": True, "unit": "% of rating"}},
        ),
        ({"power_mw": {"model": 704, "point": "WSet"}}, {"limit_mw": {"model": 704, "point": "WSet"}}),
    ],
)
def test_two_quantities_in_one_register_are_refused_and_both_are_named(one, other):
    points = {name: {"unit": "%", **p} if "address" in p else p for name, p in {**one, **other}.items()}
    text = faults_of(**{"for": ["battery"], "sunspec": {"models": [704]}, "points": points})
    assert f"points.{next(iter(other))}" in text and f"overlaps {next(iter(one))} at register" in text


def test_a_scale_factor_serves_many_and_the_two_tables_are_two():
    points = {
        "power_mw": {**SOUND, "scale": "point:factor"},
        "reactive_mvar": {"address": 3, "type": "int16", "unit": "kvar", "scale": "point:factor"},
        "factor": {"address": 9, "type": "sunssf"},
        "same_factor": {"address": 9, "type": "sunssf"},
        "stored_mwh": {"address": 1, "type": "int32", "unit": "kWh", "table": "input"},
        "energy_mwh": {"address": 20, "type": "int32", "unit": "kWh", "scale": "point:same_factor"},
    }
    assert len(made(**{"for": ["battery"], "points": points}).registers) == 6


def test_a_scale_factor_that_takes_two_registers_is_refused():
    points = {
        "power_mw": {**SOUND, "scale": "point:factor"},
        "factor": {"address": 9, "type": "int32"},
    }
    text = faults_of(**{"for": ["battery"], "points": points})
    assert "points.power_mw.scale" in text and "factor of type int32, must be of type sunssf" in text


def test_written_registers_that_have_no_reversion_role_are_told():
    text = faults_of(
        **{
            "for": ["battery"],
            "reversion": {"seconds": "revert_s"},
            "points": {"revert_s": {"address": 1, "type": "uint16", "unit": "s"}},
        }
    )
    assert "is revert_s, which is not written. Give it write: true." in text


def test_a_group_with_a_register_that_is_not_written_is_told():
    points = {
        "setpoint_mw": {"address": 0, "type": "uint16", "unit": "kW", "write": True, "atomic_group": "g"},
        "mode": {"address": 1, "type": "uint16", "atomic_group": "g"},
    }
    assert "must have write: true" in faults_of(**{"for": ["battery"], "points": points})


def test_percent_of_a_rating_needs_one():
    points = {"output_mw": {"address": 0, "type": "uint16", "unit": "% of rating"}}
    template = made(**{"for": ["generator"], "points": points})
    assert lay_out(template, 5.0).points[0].factor == pytest.approx(0.05)
    with pytest.raises(InputError, match="must have a power > 0"):
        lay_out(template, None)


def test_a_template_speaks_for_its_own_kind_of_asset_only():
    campus = campus_with(
        {
            "battery.main": {"template": "library:load-meter"},
            "grid.connection": {"template": "library:no-such"},
        }
    )
    with pytest.raises(InputError) as caught:
        layouts_of(campus)
    assert "speaks for load, not for a battery" in str(caught.value)
    assert "is not in the library" in str(caught.value)


@given(
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(sorted(TYPES))), min_size=1, max_size=12),
    st.integers(0, 50),
)
def test_every_register_of_any_table_is_read_by_its_block(places, gap):
    points, taken = {}, set()
    for k, (address, kind) in enumerate(places):
        mine = set(range(address, address + TYPES[kind][0]))
        if not mine & taken:
            taken |= mine
            points[f"state_{k}"] = {"address": address, "type": kind}
    layout = lay_out(made(**{"for": ["load"], "points": points, "gap_registers": gap}))
    covered = {a for block in layout.blocks for a in range(block.address, block.address + block.count)}
    assert taken <= covered and all(block.count <= MOST_READ for block in layout.blocks)
    assert len(covered) == sum(block.count for block in layout.blocks)
    if gap == 0:
        assert covered == taken
