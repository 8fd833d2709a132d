"""The campus as real Modbus servers over real sockets, moved by a small live site, with faults by script.

Gives    SimulatedSite, simulate_devices: the site; SiteLog: what really happened in it; ScriptedFault, read_faults,
         faults_of, KINDS: what goes wrong; Port, Served: the server.
Used by  cli, operate.commission, benchmarks.
"""

from wattstack.operate.simulated.faults import KINDS, ScriptedFault, faults_of, read_faults
from wattstack.operate.simulated.log import SiteLog
from wattstack.operate.simulated.run import SimulatedSite, simulate_devices
from wattstack.operate.simulated.server import Port, Served

__all__ = [
    "KINDS", "Port", "ScriptedFault", "Served", "SimulatedSite", "SiteLog", "faults_of", "read_faults",
    "simulate_devices",
]  # fmt: skip
