"""FACTS: numbers with a passport, one YAML file an entry; and the codes of currencies.

Gives    find, names, kinds, Entry, currency_fault.
Used by  campus (which fills declarations from it), portfolio, physics.load (profiles), report (passports), cli.
"""

from wattstack.library.currency import currency_fault
from wattstack.library.entries import Entry, find, kinds, names

__all__ = ["Entry", "currency_fault", "find", "kinds", "names"]
