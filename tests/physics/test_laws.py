"""Laws: every one has its page, with its paper, its numbers and its range; every chemistry names one that exists."""

from __future__ import annotations

import pytest

from wattstack.library import find, names
from wattstack.physics import Steady, ageing_of, fade
from wattstack.physics.laws import LAWS

RATED = {"life_years": 20, "life_cycles": 6000, "left_frac": 0.8}


def given(name):
    return {"law": name, **(RATED if name == "rated" else {})}


@pytest.mark.parametrize("name", LAWS)
def test_every_law_has_a_page_with_its_numbers_its_paper_and_its_range(name, request):
    folder = request.config.rootpath / "docs" / "laws"
    page, law = (folder / f"{name}.md").read_text(encoding="utf-8"), LAWS[name]
    assert law.name == name and law.title in page and law.paper[1:] in page and law.fitted_on[1:] in page
    for key, number in law.numbers.items():
        value = "must be given" if number.value is None else repr(number.value)
        assert f"| `{key}` | {value} | {number.unit} | {number.meaning} |" in page
    assert f"| temperature | {law.fits.temp_degc[0]:g} .. {law.fits.temp_degc[1]:g} degC |" in page
    assert f"({name}.md)" in (folder / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LAWS)
def test_every_law_ages_more_by_more_years_more_cycles_and_more_heat(name):
    laws = ageing_of(given(name))

    def lost(years=2, **duty):
        table = fade(
            laws,
            Steady(**({"temp_degc": 25.0, "c_rate": 0.5, "cycles_per_day": 0.3} | duty)),
            years,
            strip_days=5,
        )
        return 1.0 - table.capacity_frac[-1]

    assert lost(3) > lost()
    assert lost(cycles_per_day=0.6) > lost()
    if name != "blast-lfp-250ah":  # its cycles undo its calendar's temperature
        assert lost(temp_degc=45.0, cycles_per_day=0.0, dod=0.0) > lost(cycles_per_day=0.0, dod=0.0)


@pytest.mark.parametrize("entry", names("chemistries"))
def test_every_chemistry_ages_by_laws_that_exist(entry):
    for law in find("chemistries", entry).cell.get("laws", ()):
        assert ageing_of(law).law is not None


def test_published_laws_for_one_chemistry_differ_as_much_as_we_say():
    duty = Steady(25.0, 0.5, 0.8, 0.25, 0.8)
    lost = [
        1 - fade(ageing_of(name), duty, 1).capacity_frac[-1] for name in ("naumann-lfp", "blast-lfp-250ah")
    ]
    assert 2 < lost[0] / lost[1] < 4
