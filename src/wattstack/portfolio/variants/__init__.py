"""The same portfolio under another future, with less or more of something, or without a way of standing in.

Each takes a Portfolio and gives a new one; the first stays as it is. None touches what the cost of running
depends on (prices, weeks, efficiencies), repeated_sites apart, so cuts already found serve a variant too. What
stands at the start is never taken away: an offer of which something stands keeps its place, `may_order` false.
"""

from wattstack.portfolio.variants.futures import (
    delayed_grid,
    own_cells_first,
    scaled_fire_cap,
    scaled_firm,
    scaled_supply,
    supplier_short,
    under_scenario,
    without_chemistry,
    without_substitution,
)
from wattstack.portfolio.variants.relief import earlier, more
from wattstack.portfolio.variants.sites import only_sites, repeated_sites
from wattstack.portfolio.whole import Late

__all__ = [
    "Late", "delayed_grid", "earlier", "more", "only_sites", "own_cells_first", "repeated_sites", "scaled_fire_cap",
    "scaled_firm", "scaled_supply", "supplier_short", "under_scenario", "without_chemistry",
    "without_substitution",
]  # fmt: skip
