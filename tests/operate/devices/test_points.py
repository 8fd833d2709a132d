"""Registers and values: what is written is what is read, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattstack.errors import InputError, StateError
from wattstack.operate.devices import Decoder, Point, encoded
from wattstack.operate.devices.points import BAD, GOOD, NOT_IMPLEMENTED, TYPES


def read(point: Point, registers: tuple[int, ...]) -> tuple[float, int]:
    value, quality = Decoder([point], len(registers)).values(np.array(registers, dtype=np.uint16))
    return float(value[0]), int(quality[0])


@given(st.sampled_from(sorted(TYPES)), st.booleans(), st.sampled_from([1.0, 0.001, -0.1, 1e6]), st.data())
def test_what_is_encoded_is_decoded(kind, little, factor, data):
    words, number, bits, _mark = TYPES[kind]
    point = Point("x", 0, kind, factor=factor, little=little)
    if number == "float":
        raw = data.draw(st.floats(-1e6, 1e6, width=32))
    else:
        low, high = (-(2 ** (bits - 1)) + 1, 2 ** (bits - 1) - 1) if number == "int" else (0, 2**bits - 2)
        raw = data.draw(st.integers(max(low, -(2**52)), min(high, 2**52)))
    registers = encoded(point, raw * factor)
    assert len(registers) == words and all(0 <= r < 65536 for r in registers)
    value, quality = read(point, registers)
    assert quality == GOOD
    assert value == pytest.approx(raw * factor, rel=1e-6, abs=abs(factor) * 1e-9)


@pytest.mark.parametrize("kind", [k for k, (_, _, _, mark) in TYPES.items() if mark is not None])
def test_the_mark_of_a_type_means_not_implemented_and_is_never_written(kind):
    words, number, bits, mark = TYPES[kind]
    point = Point("x", 0, kind)
    registers = tuple((mark >> (16 * k)) & 0xFFFF for k in reversed(range(words)))
    value, quality = read(point, registers)
    assert np.isnan(value) and quality == NOT_IMPLEMENTED
    with pytest.raises(StateError):
        encoded(point, float(mark - 2**bits if number == "int" else mark))


def test_a_scale_factor_in_a_register_is_used_as_it_stands_now():
    decoder = Decoder([Point("power_mw", 0, "int16", factor=1e-6, scale=1)], 2)
    assert decoder.values(np.array([1500, 3], dtype=np.uint16))[0][0] == pytest.approx(1.5)
    assert decoder.values(np.array([1500, 0x10000 - 1], dtype=np.uint16))[0][0] == pytest.approx(1.5e-4)


@pytest.mark.parametrize("exponent", [0x8000, 11, 0x10000 - 11])
def test_a_scale_factor_that_cannot_be_makes_the_value_bad(exponent):
    value, quality = Decoder([Point("x", 0, "int16", scale=1)], 2).values(
        np.array([5, exponent], dtype=np.uint16)
    )
    assert np.isnan(value[0]) and quality[0] == BAD


@pytest.mark.parametrize("pattern", [(0x7FC0, 0), (0x7F80, 0), (0xFF80, 0)])
def test_a_float_that_is_no_number_is_bad(pattern):
    assert read(Point("x", 0, "float32"), pattern)[1] == BAD


def test_a_value_outside_what_is_believed_is_bad():
    assert read(Point("soc", 0, "uint16", factor=0.01, most=1.0), (101,))[1] == BAD
    assert read(Point("soc", 0, "uint16", factor=0.01, most=1.0), (100,)) == (1.0, GOOD)


def test_the_low_word_first_gives_the_same_value():
    assert read(Point("x", 0, "int32", little=True), (0xFA24, 0xFFFF)) == read(
        Point("x", 0, "int32"), (0xFFFF, 0xFA24)
    )


def test_all_faults_of_a_table_are_told_at_once():
    with pytest.raises(InputError) as caught:
        Decoder(
            [Point("a", 0, "int33"), Point("b", 3, "int32"), Point("c", 1, "int32"), Point("d", 2, "int16")],
            4,
        )
    text = str(caught.value)
    assert "Nearest: int32" in text and "must lie in 0 .. 3" in text and "d  overlaps c at register 2" in text


def test_a_value_that_does_not_fit_is_refused():
    with pytest.raises(StateError, match=r"must fit into int16 \(-32768 .. 32767\)"):
        encoded(Point("x", 0, "int16"), 40000.0)
    with pytest.raises(StateError, match="must be a finite number"):
        encoded(Point("x", 0, "int16"), float("nan"))
