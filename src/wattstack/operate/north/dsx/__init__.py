"""DSX Flex 1.7: load targets from utility or partner become requests, power states and breaches are published.

Gives    DsxWay.
Used by  operate.north.way.
"""

from wattstack.operate.north.dsx.way import DsxWay

__all__ = ["DsxWay"]
