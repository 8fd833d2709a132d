"""FACTS: numbers with a passport, one YAML file an entry; and the codes of currencies.

Gives    find, read_entry, names, kinds, Entry, currency_fault.
Used by  campus (which fills declarations from it), portfolio, physics.load (profiles), prove (grid codes), report, cli.
"""

from wattstack.library.currency import currency_fault
from wattstack.library.entries import Entry, find, kinds, names, read_entry

__all__ = ["Entry", "currency_fault", "find", "kinds", "names", "read_entry"]
