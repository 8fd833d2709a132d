"""Halls: utilisation on the local clock, power between idle and rating, losses on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattstack.campus import Hall
from wattstack.errors import StateError
from wattstack.library import find, names
from wattstack.physics import it_mw, supply_loss_mw, utilisation_frac

DAY = np.concatenate([np.full(12, 0.5), np.full(12, 1.5)])


def test_half_used_hall_draws_its_idle_power_and_half_of_the_rest():
    hall = Hall(it_mw=100, idle_frac=0.4)
    assert it_mw(hall, 0.5, idle_frac=0.0) == pytest.approx(70.0)


def test_a_hall_without_its_own_idle_share_takes_that_of_the_profile():
    assert it_mw(Hall(it_mw=100), 0.0, idle_frac=0.29) == pytest.approx(29.0)


def test_supply_loss_is_a_share_of_the_equipments_power():
    assert supply_loss_mw(Hall(it_mw=100, ups_loss_frac=0.03), 70.0) == pytest.approx(2.1)


def test_utilisation_follows_the_local_hour():
    shape = np.tile(DAY, (7, 1))
    used = utilisation_frac(shape, np.array([0, 0, 6]), np.array([11.99, 12.0, 23.5]), 0.5)
    assert used.tolist() == [0.25, 0.75, 0.75]


def test_utilisation_follows_the_weekday():
    shape = np.ones((7, 24))
    shape[6] = 0.3
    shape[:6] += 0.7 / 6
    used = utilisation_frac(shape, np.array([5, 6]), np.array([0.0, 0.0]), 0.5)
    assert used[1] == pytest.approx(0.15)
    assert used[0] > used[1]


def test_a_full_hall_cannot_do_more_than_its_rating():
    used = utilisation_frac(np.tile(DAY, (7, 1)), np.array([0]), np.array([13.0]), 0.9)
    assert used.tolist() == [1.0]


@pytest.mark.parametrize("shape", [np.ones(24), np.ones((7, 24)) * 2, np.full((7, 24), np.nan)])
def test_a_shape_that_is_no_week_with_mean_one_is_refused(shape):
    with pytest.raises(StateError, match="must be 7 days of 24 hours"):
        utilisation_frac(shape, np.array([0]), np.array([0.0]), 0.5)


def test_every_profile_of_the_library_is_a_week_with_mean_one():
    for name in names("profiles"):
        week = np.arange(168)
        shape = find("profiles", name).values["shape"]
        used = utilisation_frac(shape, week // 24, (week % 24).astype(float), 0.5)
        assert used.mean() == pytest.approx(0.5, abs=2e-3)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1000))
def test_power_stays_between_idle_and_rating(used, idle, rating):
    power = float(it_mw(Hall(it_mw=rating, idle_frac=idle), used, idle_frac=0.0))
    assert rating * idle - 1e-9 <= power <= rating * (1 + 1e-12)
