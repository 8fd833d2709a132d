"""Losses between cells and bus."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus.converter import Converter, Transformer


def test_the_usual_converter_is_98_4_percent_at_best_and_98_3_at_full_load():
    usual = Converter()
    share = [load / 100 for load in range(1, 101)]
    best = max(1 - usual.loss_frac(p) / p for p in share)
    assert best == pytest.approx(0.984, abs=5e-4)
    assert 1 - usual.loss_frac(1.0) == pytest.approx(0.983)


def test_the_usual_transformer_loses_what_the_regulation_allows_one_of_3150_kva():
    assert Transformer().no_load_frac == pytest.approx(1980 / 3.15e6, abs=5e-5)
    assert Transformer().load_frac == pytest.approx(23000 / 3.15e6, abs=5e-5)


def test_a_converter_does_not_draw_more_at_rest_than_while_it_runs():
    assert Converter(standby_frac=0.004).standby_frac == Converter().fixed_frac
    with pytest.raises(
        ValidationError, match=r"standby_frac  is 0\.005, must not be above fixed_frac 0\.004"
    ):
        Converter(standby_frac=0.005)
