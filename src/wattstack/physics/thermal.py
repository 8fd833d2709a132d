"""The container of a battery as heat: what holds it, what carries it off, what keeps the cells at their temperature.

Needs    campus.Climate as declared; physics.kernel.thermal (when called).
Gives    Container, container_of.
Used by  physics.blocks.

Everything is per MWh of nameplate. The heat capacity of the cells is the cell's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wattstack.campus import Battery


@dataclass(frozen=True, slots=True)
class Container:
    """Cells, the air or coolant around them and the wall as three nodes, with a thermostat.

    Attributes:
        cell_air_w_per_k: From cells to air or coolant [W/K/MWh].
        air_wall_w_per_k: From air or coolant to the wall [W/K/MWh].
        wall_out_w_per_k: From the wall to the air outdoors [W/K/MWh].
        air_j_per_k: Heat capacity of air or coolant, with racks and plates [J/K/MWh].
        wall_j_per_k: Heat capacity of the wall [J/K/MWh].
        setpoint_degc: Temperature the thermostat holds.
        band_k: It starts this far off the setpoint, and stops there.
        cop: Heat taken away per electricity, outdoor air at 35 degC.
        cooling_w: Most heat it can take away [W/MWh].
        heating_w: Most heat it can give, by resistance [W/MWh].
        fan_w: Pumps or fans while it works [W/MWh].
        idle_w: Controls, always on [W/MWh].

    Source:
        Assumptions from a 20 ft container of 5 MWh: wall 75 m2 at 0.6 W/m2/K; steel and insulation 1.1 MJ/K; cold
        plates at 3 kW/K/MWh (5 K rise at C/2), air through racks 1 kW/K/MWh. Without cooling, fans blow 0.8 m3/s of
        outdoor air a MWh through open racks, 1 kW/K/MWh, always on: an insulated box would boil its cells.
    """

    cell_air_w_per_k: float = 3000.0
    air_wall_w_per_k: float = 40.0
    wall_out_w_per_k: float = 12.0
    air_j_per_k: float = 3.0e5
    wall_j_per_k: float = 2.2e5
    setpoint_degc: float = 25.0
    band_k: float = 3.0
    cop: float = 3.0
    cooling_w: float = 12e3
    heating_w: float = 4e3
    fan_w: float = 500.0
    idle_w: float = 400.0


# how heat leaves the cells, reaches the wall and gets out, and the heat capacity between, by kind of climate
_PATHS = {
    "liquid": (3000.0, 40.0, 12.0, 3.0e5),
    "air": (1000.0, 120.0, 12.0, 1.0e5),
    "none": (1000.0, 2000.0, 2000.0, 1.0e5),
}


def container_of(battery: Battery) -> Container:
    """The container as the campus file declares its climate.

    Example:
        >>> from wattstack.campus import Battery
        >>> unit = Battery(power_mw=1, energy_mwh=2, charge_eff=0.95, discharge_eff=0.95)
        >>> container_of(unit).cooling_w
        12000.0
    """
    climate = battery.climate
    cell_air, air_wall, wall_out, air_heat = _PATHS[climate.kind]
    works = 0.0 if climate.kind == "none" else 1000.0
    always_kw = climate.idle_kw_per_mwh + (climate.fan_kw_per_mwh if climate.kind == "none" else 0.0)
    return Container(
        cell_air_w_per_k=cell_air,
        air_wall_w_per_k=air_wall,
        wall_out_w_per_k=wall_out,
        air_j_per_k=air_heat,
        setpoint_degc=climate.setpoint_degc,
        band_k=climate.band_k,
        cop=climate.cop,
        cooling_w=works * climate.cooling_kw_per_mwh,
        heating_w=works * climate.heating_kw_per_mwh,
        fan_w=works * climate.fan_kw_per_mwh,
        idle_w=1000.0 * always_kw,
    )
