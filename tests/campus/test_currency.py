"""A currency is a code of ISO 4217; a name or a slip is refused with the code that is meant."""

from __future__ import annotations

import pytest

from wattstack.units import PER_USD


@pytest.mark.parametrize(
    ("code", "mend"),
    [
        ("YEN", "Nearest: 'JPY'."),
        ("RMB", "Nearest: 'CNY'."),
        ("JPX", "Nearest: 'JPY'."),
        ("QQQ", "Write JPY, EUR or USD."),
    ],
)
def test_a_code_that_is_none_is_refused_with_the_one_that_is_meant(told, code, mend):
    assert told(("currency: JPY", f"currency: {code}")) == {
        "currency": f"is {code!r}, must be the ISO 4217 code of a currency. {mend} (line 5)"
    }


def test_exchange_rates_name_codes_too(told):
    assert list(told(finance="{exchange: {YEN: 150}}")) == ["finance.exchange.YEN"]


@pytest.mark.parametrize("code", sorted(PER_USD))
def test_every_currency_whose_level_is_known_is_a_code(campus_of, code):
    assert campus_of(currency=code).currency == code
