"""FACTS: numbers with a passport, one YAML file an entry.

Gives    find, names, kinds, Entry.
Used by  campus (which fills declarations from it), physics.load (profiles), report (passports), cli.
"""

from wattstack.library.entries import Entry, find, kinds, names

__all__ = ["Entry", "find", "kinds", "names"]
