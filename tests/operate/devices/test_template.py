"""Templates: those of the library are right, and what is wrong with one is told at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.operate.devices.conftest import campus_with
from wattstack.errors import InputError
from wattstack.library import Entry, names
from wattstack.operate.devices import Decoder, lay_out, layouts_of, read_template
from wattstack.operate.devices.link import MOST_READ
from wattstack.operate.devices.points import TYPES
from wattstack.operate.devices.template import ASSETS, made_template


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
    template = read_template(name)
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
        "must name some of: battery, generator",
        "colour",
        "heartbeat",
        "names 'beat'. Must be one of the points",
        "is 'V', must be a unit of power_mw",
        "is 'uint17', must be one of",
        "Nearest: uint16",
        "names 'factor'",
        "overlaps energy_mwh at register 3",
        "a name without a unit has none",
        "points.alarms.addres",
        "Nearest: address",
        "an input register is never written",
        "stands at register 32, must stand at 31",
        "is 'coil', must be holding or input",
    ):
        assert told in text, told


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ({"model": 704, "point": "WSett"}, "Nearest: WSet"),
        ({"model": 99999, "point": "W"}, "must be a model of the standard"),
        ({"type": "uint16"}, "has no address and type"),
        ({"address": 1, "type": "uint16", "unit": "kW", "scale": "sf"}, "must be a number or point:NAME"),
        ({"model": 713, "point": "WHAvail", "unit": "Wh"}, "must be one of sunspec.models"),
    ],
)
def test_a_point_that_cannot_be_is_told(point, told):
    name = "stored_mwh" if point.get("model") == 713 else "power_mw"
    text = faults_of(**{"for": ["battery"], "sunspec": {"models": [704]}, "points": {name: point}})
    assert told in text


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
