"""How the heat of the halls is carried away: towers as far as the wet bulb allows, a chiller for the rest.

Needs    campus.Cooling: kind, supply temperature, approach, fans and pumps, rated COP.
Gives    cooling_mw, wet_bulb_degc.
Used by  case.

One law for both kinds. Water from the tower leaves at wet bulb + approach. Where that is cold enough for the
supply, the chiller rests; where it is warmer than the return, the chiller carries all heat; in between both
carry a share. The chiller's COP is a constant share of Carnot's, fixed by its rated COP. So the power is
continuous and never falls with the wet bulb. It follows the heat at once: the lag of minutes that real
plants have is the transient twin's (physics.kernel.lag).

What the law gives over the Okayama standard year at 80 % of rating, 3 % loss of the supply chain counted:
liquid at 32 degC PUE 1.06 (1.12 in the worst hour), air at 24 degC 1.14 (1.24). Beside it: Frontier, liquid
at 32 degC, cooling factor 0.945, so 1.06 (ExaDigiT/RAPS configuration); Google's fleet, air, 1.10 (its own
yearly report); mean of the industry 1.5 to 1.6 (Uptime Institute survey). Older plants lie above the law:
raise fan_pump_frac and approach_k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from wattstack.campus import Cooling

KELVIN = 273.15
LOOP_RANGE_K = 10.0  # return above supply: assumption, usual for direct liquid cooling and for air handlers
AIR_COIL_K = 6.0  # supply air above the water that cools it: assumption
PINCH_K = 2.0  # refrigerant beside water in evaporator and condenser: assumption
CONDENSER_RANGE_K = 5.0  # warming of tower water in the condenser, 85 to 94.3 degF: AHRI 550/590, table 1
RATED_CHILLED_DEGC = 6.67  # leaving chilled water, 44 degF: AHRI 550/590, table 1
RATED_TOWER_DEGC = 29.44  # entering condenser water, 85 degF: AHRI 550/590, table 1
BEST_COP = 9.0  # at small lifts motor, oil and least pressure ratio bound the COP: assumption
CONDENSER_PUMP_FRAC = 0.016  # 19 W per gpm (ASHRAE 90.1, appendix G) at 3 gpm per ton of 3.517 kW
AIR_HEAT_FRAC = 0.13  # heat that liquid cooled racks still give to the room: assumption, about 17 of 132 kW
ROOM_SUPPLY_DEGC = 24.0  # supply air for that part: assumption, inside 18-27 degC of ASHRAE TC 9.9


def wet_bulb_degc(temp_air_degc: Any, relative_humidity_frac: Any) -> np.ndarray:
    """Wet bulb from temperature and humidity at sea level.

    Args:
        temp_air_degc: Dry bulb [degC], number or array; fitted for -20 .. 50.
        relative_humidity_frac: Relative humidity, 0 .. 1; fitted for 0.05 .. 0.99 and held there outside.

    Returns:
        Wet bulb [degC], never above the dry bulb. Error within -1 .. +0.65 K, mean below 0.3 K.

    Source:
        Stull (2011), eq. 1, doi:10.1175/JAMC-D-11-0143.1.

    Example:
        >>> round(float(wet_bulb_degc(20.0, 0.5)), 1)
        13.7
    """
    temp = np.asarray(temp_air_degc, dtype=float)
    percent = 100.0 * np.clip(relative_humidity_frac, 0.05, 0.99)
    wet = (
        temp * np.arctan(0.151977 * np.sqrt(percent + 8.313659))
        + np.arctan(temp + percent)
        - np.arctan(percent - 1.676331)
        + 0.00391838 * percent**1.5 * np.arctan(0.023101 * percent)
        - 4.686035
    )
    return np.minimum(wet, temp)


def cooling_mw(cooling: Cooling, heat_mw: Any, rating_mw: float, wet_bulb_degc: Any) -> np.ndarray:
    """Electric power that carries away the heat of the halls.

    Fans and pumps move a flow in step with the heat, not below the least flow, at a power cubic in the flow.
    The chiller carries the share of the heat that the tower cannot.

    Args:
        cooling: As declared on the campus.
        heat_mw: Heat of the halls, all that they draw [MW], number or array, 0 .. rating_mw.
        rating_mw: Heat at full rating [MW], > 0.
        wet_bulb_degc: Outdoor wet bulb [degC], number or array.

    Returns:
        Power of fans, pumps and chiller [MW], in the shape of heat and wet bulb.

    Source:
        Affinity law of fans and pumps, ASHRAE Handbook: HVAC Systems and Equipment. Series water-side
        economiser and share of Carnot: textbook models, constants at the head of this file.

    Example:
        >>> from wattstack.campus import Cooling
        >>> float(cooling_mw(Cooling(supply_degc=32, approach_k=9), 100.0, 100.0, wet_bulb_degc=5.0))
        3.0
    """
    heat = np.asarray(heat_mw, dtype=float)
    flow_frac = np.maximum(heat / rating_mw, cooling.minimum_flow_frac)
    fans_mw = cooling.fan_pump_frac * rating_mw * flow_frac**3
    tower_degc = np.asarray(wet_bulb_degc, dtype=float) + cooling.approach_k
    if cooling.kind == "air":
        chiller_frac = _chiller_frac(cooling.chiller_cop, cooling.supply_degc - AIR_COIL_K, tower_degc)
    else:
        racks = _chiller_frac(cooling.chiller_cop, cooling.supply_degc, tower_degc)
        room = _chiller_frac(cooling.chiller_cop, ROOM_SUPPLY_DEGC - AIR_COIL_K, tower_degc)
        chiller_frac = (1.0 - AIR_HEAT_FRAC) * racks + AIR_HEAT_FRAC * room
    return fans_mw + heat * chiller_frac


def _chiller_frac(rated_cop: float, water_degc: float, tower_degc: np.ndarray) -> np.ndarray:
    """Electricity of chiller and condenser pumps per heat: the share the tower leaves to them / COP."""
    share = np.clip((tower_degc - water_degc) / LOOP_RANGE_K, 0.0, 1.0)
    carnot_frac = rated_cop * _lift_frac(RATED_CHILLED_DEGC, RATED_TOWER_DEGC)
    per_heat = np.maximum(_lift_frac(water_degc, tower_degc) / carnot_frac, 1.0 / max(BEST_COP, rated_cop))
    return share * (per_heat + CONDENSER_PUMP_FRAC)


def _lift_frac(water_degc: Any, tower_degc: Any) -> Any:
    """Carnot's electricity per heat between evaporator and condenser, (T_cond - T_evap) / T_evap."""
    evaporator_k = water_degc - PINCH_K + KELVIN
    condenser_k = tower_degc + CONDENSER_RANGE_K + PINCH_K + KELVIN
    return (condenser_k - evaporator_k) / evaporator_k
