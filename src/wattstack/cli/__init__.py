"""The command line: parse, call one function, print.

Gives    main.
Used by  the command `wattstack` and `python -m wattstack`.
"""

from wattstack.cli.app import main

__all__ = ["main"]
