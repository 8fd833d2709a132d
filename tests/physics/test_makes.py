"""Makes of cells: each ages at its own speed, the same for the same seed, their middle as the law says."""

from __future__ import annotations

import numpy as np

from wattstack.physics import BlockSpec, Make, ageing_of, cell_of, draw_factors, of_make


def specs(count: int = 2) -> list[BlockSpec]:
    cell = cell_of("lfp-grid-2026")
    return [BlockSpec(f"b{i}", cell, ageing_of(cell), 10.0, 2.0, 2.0) for i in range(count)]


def test_the_middle_make_of_an_odd_number_lies_about_the_law():
    draws = draw_factors(ageing_of("naumann-lfp"), 9, seed=3)
    assert np.allclose(np.median(draws, axis=0), 1.0)
    assert np.allclose(np.sort(draws, axis=0), np.sort(draws, axis=0)[:, :1])


def test_laws_of_one_seed_share_their_draws():
    many, few = draw_factors(ageing_of("naumann-lfp"), 9, 3), draw_factors(ageing_of("vrla"), 9, 3)
    shared = min(many.shape[1], few.shape[1])
    assert shared > 0
    assert np.array_equal(many[:, :shared], few[:, :shared])


def test_blocks_of_one_make_differ_less_than_makes():
    one, other = (np.array([s.laws.factors for s in of_make(specs(), Make(n, 50, 1))]) for n in (0, 1))
    assert (one[0] != one[1]).any()
    across = np.log([[s.laws.factors for s in of_make(specs(), Make(n, 50, 1))] for n in range(50)])
    assert across.std(axis=0).mean() > 3.0 * across.std(axis=1).mean()
    assert (one != other).any()


def test_the_same_make_is_the_same_again():
    one, again = (of_make(specs(), Make(2, 9, 7)) for _ in range(2))
    assert np.array_equal(one[1].laws.factors, again[1].laws.factors)


def test_a_block_that_does_not_age_is_of_every_make():
    plan = BlockSpec("plan", None, None, 10.0, 5.0, 5.0)
    assert of_make([plan], Make(0, 3))[0].laws is None
