"""HOW it behaves: pure step functions of arrays, each with its source.

Gives    cooling_mw, wet_bulb_degc; utilisation_frac, it_mw, supply_loss_mw; solar_frac, solar_notes,
         solar_version; running_cost_per_mwh; Cell, cell_of, read_bpx;
         dc_round_trip; check_safety; BlockSpec, BlockSet, make_blocks, block_of, simulate_battery,
         simulate_batteries;
         make_racks, simulate_racks, power_window; ageing_of, draw_factors, outside; Steady, fade, aged; Make, of_make.
Used by  case, control, twin, prove, cli.
"""

from wattstack.physics.ageing import ageing_of, draw_factors, outside
from wattstack.physics.battery import block_of, simulate_batteries, simulate_battery
from wattstack.physics.blocks import BlockSet, BlockSpec, make_blocks
from wattstack.physics.bpx import read_bpx
from wattstack.physics.cell import Cell
from wattstack.physics.cell_entry import cell_of
from wattstack.physics.cooling import cooling_mw, wet_bulb_degc
from wattstack.physics.efficiency import dc_round_trip
from wattstack.physics.fade import Steady, aged, fade
from wattstack.physics.generator import running_cost_per_mwh
from wattstack.physics.load import it_mw, supply_loss_mw, utilisation_frac
from wattstack.physics.makes import Make, of_make
from wattstack.physics.power_window import power_window
from wattstack.physics.racks import make_racks, simulate_racks
from wattstack.physics.safety import check_safety
from wattstack.physics.solar import solar_frac, solar_notes, solar_version

__all__ = [
    "BlockSet", "BlockSpec", "Cell", "Make", "Steady", "aged", "ageing_of", "block_of", "cell_of", "check_safety",
    "cooling_mw", "dc_round_trip", "draw_factors", "fade", "it_mw", "make_blocks", "make_racks", "of_make",
    "outside", "power_window", "read_bpx", "running_cost_per_mwh", "simulate_batteries", "simulate_battery",
    "simulate_racks", "solar_frac", "solar_notes", "solar_version", "supply_loss_mw", "utilisation_frac",
    "wet_bulb_degc",
]  # fmt: skip
