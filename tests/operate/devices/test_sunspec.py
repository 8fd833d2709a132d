"""SunSpec: lengths of models as the standard says, and devices that are walked through."""

from __future__ import annotations

import asyncio

import pytest

from wattstack.errors import InputError
from wattstack.operate.devices.sunspec import LAST, MARK, MOST_MODELS, find_models, model_places

# L of the models as published, without the two registers of their head
LENGTHS = {1: 66, 103: 50, 123: 24, 124: 24, 701: 153, 702: 50, 704: 65, 713: 7, 715: 7, 802: 62}


@pytest.mark.parametrize("number", LENGTHS)
def test_a_model_is_as_long_as_the_standard_says(number):
    places = model_places(number)
    assert sum(place.words for place in places.values()) == LENGTHS[number] + 2
    assert list(places)[:2] == ["ID", "L"] and places["ID"].offset == 0


def test_a_group_that_repeats_stands_as_often_as_asked():
    once, twice = model_places(160), model_places(160, 2)
    assert twice["module.2.DCW"].offset == twice["module.1.DCW"].offset + 20
    assert "module.2.DCW" not in once and once["module.1.DCW"].scale == "DCW_SF"


def test_a_model_that_is_none_is_told():
    with pytest.raises(InputError, match="model 4711"):
        model_places(4711)


def walked(registers: dict[int, int]) -> dict:
    async def read(address, count):
        found = tuple(registers.get(address + k) for k in range(count))
        return None if None in found else found

    return asyncio.run(find_models(read))


def chain(base: int, *models: tuple[int, int]) -> dict[int, int]:
    registers = dict(enumerate(MARK, base))
    at = base + 2
    for number, length in models:
        registers |= {at: number, at + 1: length}
        at += 2 + length
    return registers


@pytest.mark.parametrize("base", [0, 40_000, 50_000])
def test_models_are_found_wherever_the_device_begins(base):
    found = walked(chain(base, (1, 66), (701, 153), (LAST, 0)))
    assert found == {1: (base + 2, 68), 701: (base + 70, 155)}


def test_a_device_of_another_kind_has_no_models():
    assert walked({40_000: 1, 40_001: 2}) == {}


def test_a_chain_without_an_end_is_left_at_its_last_model():
    assert list(walked(chain(40_000, (1, 66), (103, 50)))) == [1, 103]


def test_a_chain_that_never_ends_is_left():
    assert len(walked(chain(0, *((k, 1) for k in range(1, 200))))) == MOST_MODELS
