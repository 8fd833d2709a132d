"""WHAT stands there: the campus file as frozen, checked declarations.

Gives    read_campus, write_campus, campus_schema; Campus and its parts; reserve_mwh, reserve_mw.
Used by  case and every room above it.
"""

from wattstack.campus.battery import Battery
from wattstack.campus.campus import Campus
from wattstack.campus.contract import Periods, Tariff, Window
from wattstack.campus.duties import reserve_mw, reserve_mwh
from wattstack.campus.fields import SeriesRef, SizeRange
from wattstack.campus.load import Hall, PlainLoad
from wattstack.campus.sources import SeriesSource

__all__ = [
    "Battery", "Campus", "Hall", "Periods", "PlainLoad", "SeriesRef", "SeriesSource", "SizeRange", "Tariff",
    "Window", "reserve_mw", "reserve_mwh",
]  # fmt: skip
