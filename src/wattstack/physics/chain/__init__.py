"""What stands between servers and grid, within milliseconds: supplies, stored energy, uninterruptible units,
converters, feeder.

Gives    make_chain, ChainSet; level_swings, SupplyCourse; ride_through, UpsCourse;
         make_network, NetworkSet, GensetDynamics, simulate_network, NetworkCourse; bus_voltage, most_load_mw, ENDED.
Used by  twin, prove.
"""

from wattstack.physics.chain.feeder import ENDED, bus_voltage, most_load_mw
from wattstack.physics.chain.genset import GensetDynamics
from wattstack.physics.chain.groups import ChainSet, make_chain
from wattstack.physics.chain.network import NetworkCourse, NetworkSet, make_network, simulate_network
from wattstack.physics.chain.supply import SupplyCourse, level_swings
from wattstack.physics.chain.ups import UpsCourse, ride_through

__all__ = [
    "ENDED", "ChainSet", "GensetDynamics", "NetworkCourse", "NetworkSet", "SupplyCourse", "UpsCourse", "bus_voltage",
    "level_swings", "make_chain", "make_network", "most_load_mw", "ride_through", "simulate_network",
]  # fmt: skip
