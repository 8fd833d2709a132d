"""Strip cycles and energy added later."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from wattstack.campus.upkeep import Strip


def test_a_strip_needs_an_interval():
    with pytest.raises(ValidationError, match="every_days  is missing, must be given, or every_cycles"):
        Strip()
    assert Strip(every_cycles=5).every_days is None


def test_groups_in_turn_must_fit_between_two_strips():
    assert Strip(every_days=2, groups=8, rest_h=6).groups == 8
    with pytest.raises(ValidationError, match=r"but 9 groups in turn, 6 h each, take 2\.25 days"):
        Strip(every_days=2, groups=9, rest_h=6)
