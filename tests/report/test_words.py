import pytest

from wattstack.report.words import exact, money_of, name_of, percent, quantity, step_words, unit_of


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0 MW"),
        (18.3198, "18.32 MW"),
        (-1164651.2, "−1,164,651 MW"),
        (0.000123456, "0.000123 MW"),
        (1000.0, "1,000 MW"),
        (-0.0000001, "0 MW"),
        (float("inf"), "no limit"),
        (-float("inf"), "−no limit"),
    ],
)
def test_a_quantity_shows_four_figures_and_its_unit(value, text):
    assert quantity(value, "MW").replace("\u00a0", " ") == text


def test_what_is_not_defined_is_said_so():
    assert quantity(None) == quantity(float("nan")) == percent(None) == exact(None) == "not defined"


def test_the_certificate_keeps_every_figure():
    assert exact(31702768438.353188) == "31,702,768,438.353188"
    assert float(exact(-0.1).replace("−", "-")) == -0.1


@pytest.mark.parametrize(
    ("largest", "unit", "shown"),
    [
        (3e10, "M JPY", "12.3"),
        (3e9, "M JPY", "12.30"),
        (5e5, "k JPY", "12,300.00"),
        (900.0, "JPY", "12,300,000.00"),
    ],
)
def test_money_takes_one_scale_for_a_page(largest, unit, shown):
    money = money_of("JPY", largest)
    assert money.unit == unit
    assert money.number(12_300_000.0) == shown


def test_prices_are_never_scaled():
    assert money_of("JPY", 1e12).per_mwh == "JPY/MWh"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("battery.main.power_mw", "Battery main, power"),
        ("battery.main.discharge", "Battery main, discharge"),
        ("generator.gas_a.output_mw", "Generator gas a"),
        ("grid.connection.nonfirm_mw", "Grid, non-firm"),
        ("load.halls.shed", "Load halls, shed"),
        ("dry_year", "Dry year"),
    ],
)
def test_paths_are_named_in_words(path, words):
    assert name_of(path) == words


def test_units_come_from_the_end_of_the_path():
    assert (unit_of("a.energy_mwh"), unit_of("a.power_mw"), unit_of("a")) == ("MWh", "MW", "")


def test_steps_are_named_in_words():
    assert [step_words(s) for s in (60, 900, 7200)] == ["1 min", "15 min", "2 h"]
