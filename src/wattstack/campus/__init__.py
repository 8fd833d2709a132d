"""WHAT stands there: the campus file as frozen, checked declarations.

Gives    read_campus, write_campus, campus_schema; Campus and the declarations in it; reserve_mwh, reserve_mw,
         transient_faults, largest, with_chemistry; and for portfolio, which tells faults in the same words:
         Declared, quantity, read_document, faults_of.
Used by  case and every room above it.
"""

from wattstack.campus.battery import Battery
from wattstack.campus.campus import Campus
from wattstack.campus.chemistry import with_chemistry
from wattstack.campus.contract import Contract, Demand, Periods, Tariff, Window
from wattstack.campus.control import Control
from wattstack.campus.cooling import Cooling
from wattstack.campus.document import read_document
from wattstack.campus.duties import reserve_mw, reserve_mwh
from wattstack.campus.fast import transient_faults
from wattstack.campus.fields import Declared, SeriesRef, SizeRange, largest, quantity
from wattstack.campus.file import read_campus, write_campus
from wattstack.campus.generator import Generator
from wattstack.campus.inverter import Inverter
from wattstack.campus.load import Hall, PlainLoad
from wattstack.campus.problems import faults_of
from wattstack.campus.running import strip_faults
from wattstack.campus.schema import campus_schema
from wattstack.campus.solar import Solar
from wattstack.campus.sources import SeriesSource
from wattstack.campus.upkeep import Strip
from wattstack.campus.ups import Ups

__all__ = [
    "Battery", "Campus", "Contract", "Control", "Cooling", "Declared", "Demand", "Generator", "Hall", "Inverter",
    "Periods", "PlainLoad", "SeriesRef", "SeriesSource", "SizeRange", "Solar", "Strip", "Tariff", "Ups", "Window",
    "campus_schema", "faults_of", "largest", "quantity", "read_campus", "read_document", "reserve_mw", "reserve_mwh",
    "strip_faults", "transient_faults", "with_chemistry", "write_campus",
]  # fmt: skip
