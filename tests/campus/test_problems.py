"""Every kind of error a declaration can raise has a sentence of ours."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from wattstack.campus.problems import faults_of, shown


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("127 MW", "is '127 MW', must be a number [MW]. Write 127: the unit is in the name of the key."),
        ("127000 kW", "is '127000 kW', must be a number [MW]. Write the number alone, in MW."),
        ("'127'", "is '127', must be a number [MW]. Write 127 without quotes."),
        ("large", "is 'large', must be a number [MW]. Write it without quotes and without a unit."),
        ("", "is empty, must be given or taken out. It is: Rating of the IT equipment [MW]."),
        ("{max: 3}", "is a mapping, must be a number [MW]. Only a size can be a range."),
        ("{a: 3}", "is a mapping, must be a number [MW]. Write one number."),
        ("[3]", "is a list, must be a number [MW]. Write it without quotes and without a unit."),
        ("0", "is 0, must be > 0 MW. Give a value > 0."),
        (".inf", "is inf, must be a finite number. Give a value, or take the key out."),
        ("1" + "0" * 400, "is 10000000000000000000..., must lie within 1e+15. Mend the number."),
        ("1_000x", "is '1_000x', must be a number [MW]. Write it without quotes and without a unit."),
    ],
)
def test_a_wrong_number_says_how_to_write_it(told, text, sentence):
    assert told(("it_mw: 100", f"it_mw: {text}"))["load.halls.it_mw"] == f"{sentence} (line 10)"


def test_a_share_given_as_text_has_no_unit_to_name(told):
    sentence = "is '80 %', must be a number. Write the number alone."
    assert told(("it_mw: 100", "it_mw: 100, utilisation_frac: 80 %"))["load.halls.utilisation_frac"] == (
        f"{sentence} (line 10)"
    )


@pytest.mark.parametrize(
    ("old", "new", "where", "sentence"),
    [
        ("name: test", "name: My Site", "name",
         "is 'My Site', must hold only a-z, 0-9, _ and -. Write my-campus."),
        ("name: test", "name: 7", "name", 'is 7, must be text. Put it in quotes: "7".'),
        ("currency: JPY", "currency: ¥", "currency",
         "is '¥', must be the ISO 4217 code of a currency, three capital letters. Write JPY."),
        ("  halls: {it_mw: 100}", "  main hall: {it_mw: 100}", "load.main hall",
         "is 'main hall', must be a name of a-z, A-Z, 0-9, _ and -, at most 40 signs long. Rename it."),
        ("load:\n  halls: {it_mw: 100}", "load: {}\n", "load",
         "is empty, must hold at least one. It is: What draws power, by name."),
        ("  connection: {firm_mw: 110}", "  connection: 110", "grid.connection",
         "is 110, must hold keys (firm_mw, nonfirm_mw, curtailed, voltage_kv, ...). Write them below it, "
         "indented."),
        ("load:\n  halls: {it_mw: 100}", "load: 100\n", "load",
         "is 100, must hold names, each with its keys. Write them below it, indented."),
        ("currency: JPY", "curency: JPY", "curency", "is not a key here. Nearest: 'currency'."),
        ("firm_mw: 110", "firm_mw: 110, zzz: 1", "grid.connection.zzz",
         "is not a key here. There are: firm_mw, nonfirm_mw, curtailed, voltage_kv, capital_per_mw, "
         "fixed_per_mw_year, life_years, frequency_hz, short_circuit_mva, x_over_r, modes, reliability."),
        ("firm_mw: 110", "firm: 110", "grid.connection.firm", "is not a key here. Nearest: 'firm_mw'."),
        ("battery:\n", "solar: {roof: {power_mw: 3, kind: tracker}}\nbattery:\n", "solar.roof.kind",
         "is 'tracker', must be fixed, the only one yet. Write fixed."),
    ],
)  # fmt: skip
def test_a_wrong_value_says_what_must_be(told, old, new, where, sentence):
    found = told((old, new))
    assert found[where].rsplit(" (line ", 1)[0] == sentence


def test_a_fractional_count_is_answered_with_the_nearest_whole_one(told):
    assert told(finance="{horizon_years: 20.4}") == {
        "finance.horizon_years": "is 20.4, must be a whole number [years]. Write 20. (line 23)"
    }


def test_an_error_that_no_declaration_raises_still_fits_in_a_line():
    class Odd(BaseModel):
        model_config = ConfigDict(strict=True)
        odd: bytes

    with pytest.raises(ValidationError) as caught:
        Odd(odd=3)
    (fault,) = faults_of(caught.value)
    assert str(fault) == "odd  is 3, which does not fit: Input should be a valid bytes."


def test_long_values_are_cut_short():
    assert shown("x" * 90) == repr("x" * 37 + "...")
    assert shown(10**40) == "a number of more than 30 digits"
    assert (shown(3), shown(2.50), shown([1]), shown(False)) == ("3", "2.5", "a list", "false")
