"""What a photovoltaic plant gives: from irradiance, temperature and wind to AC power per MW installed.

Needs    campus.Solar, campus.Place, weather on the axis; pvlib, imported when it is first needed (about 1 s).
Gives    solar_frac, solar_notes, solar_version.
Used by  case.

The chain, each link as pvlib has it:
    sun position      Reda, Andreas (2004), doi:10.1016/j.solener.2003.12.003, at the centre of each step
    beam and diffuse  as measured; from GHI alone by Erbs, Klein, Duffie (1982),
                      doi:10.1016/0038-092X(82)90302-4
    plane of array    Hay, Davies (1980), compared in Loutzenhiser et al. (2007),
                      doi:10.1016/j.solener.2006.03.009
    reflection        glass of index 1.526, De Soto et al. (2006),
                      doi:10.1016/j.solener.2005.06.010, on the beam
    cell temperature  Faiman (2008), doi:10.1002/pip.813, coefficients of a free-standing glass module
    DC, losses, AC    PVWatts version 5, Dobos (2014), NREL/TP-6A20-62641
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from wattstack.campus import Place, Solar

POWER_PER_K = -0.0035  # of cell temperature: data sheets of crystalline silicon, -0.0029 .. -0.0040
INVERTER_EFF = 0.96  # nominal efficiency: default of PVWatts version 5
WIND_M_S = 1.0  # where the weather has no wind: assumption, on the safe side
TWILIGHT_DEG = 90.0  # below the horizon the output is zero


def solar_frac(
    solar: Solar, place: Place, centre_utc: np.ndarray, weather: Mapping[str, np.ndarray]
) -> np.ndarray:
    """AC output of a plant per MW of DC peak.

    Args:
        solar: As declared on the campus.
        place: Latitude, longitude, altitude.
        centre_utc: Centre of each step, UTC, datetime64, shape (steps,).
        weather: Mean of each step by name, shape (steps,): ghi_w_m2 or dni_w_m2 and dhi_w_m2, temp_air_degc,
            and wind_speed_m_s where known.

    Returns:
        Output per MW installed, 0 .. min(inverter_frac, 1), zero while the sun is down, shape (steps,).

    Source:
        See the head of this file.
    """
    output = np.zeros(len(centre_utc))
    lit = _lit(weather)
    if not lit.any():
        return output
    seen = {name: values[lit] for name, values in weather.items()}
    zenith, azimuth, extra = _sun(place, centre_utc[lit])
    beam, diffuse, ghi = _components(seen, zenith, centre_utc[lit])
    effective, plane = _plane(solar, (zenith, azimuth, extra), (beam, diffuse, ghi))
    output[lit] = np.where(zenith < TWILIGHT_DEG, _power(solar, effective, plane, seen), 0.0)
    return output


def solar_notes(weather: Mapping[str, np.ndarray]) -> tuple[str, ...]:
    """What the chain has to assume with this weather, as sentences for the report."""
    notes = []
    if "ghi_w_m2" in weather and "dni_w_m2" not in weather and "dhi_w_m2" not in weather:
        notes.append(
            "Beam and diffuse irradiance are not in the weather; both are derived from GHI (Erbs 1982)."
        )
    if "wind_speed_m_s" not in weather:
        notes.append(f"Wind is not in the weather; module temperature assumes {WIND_M_S:g} m/s.")
    return tuple(notes)


def solar_version() -> str:
    """What the numbers of the chain come from besides its arguments: this file, pvlib, numpy."""
    chain = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return f"{chain} pvlib {version('pvlib')} numpy {np.__version__}"


def _lit(weather: Mapping[str, np.ndarray]) -> np.ndarray:
    """Steps with any light: the sun position is asked for these only."""
    given = [weather[name] for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2") if name in weather]
    return np.any([values > 0.0 for values in given], axis=0)


def _sun(place: Place, centre_utc: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Apparent zenith and azimuth [deg], irradiance outside the atmosphere [W/m2]."""
    import pandas as pd
    from pvlib.irradiance import get_extra_radiation
    from pvlib.solarposition import get_solarposition

    times = pd.DatetimeIndex(centre_utc.astype("datetime64[ns]"), tz="UTC")
    sun = get_solarposition(
        times, place.latitude_deg, place.longitude_deg, altitude=place.altitude_m, method="nrel_numpy"
    )
    extra = get_extra_radiation(_day_of_year(centre_utc))
    return sun["apparent_zenith"].to_numpy(), sun["azimuth"].to_numpy(), extra


def _day_of_year(centre_utc: np.ndarray) -> np.ndarray:
    """Day of the year, 1 January = 1."""
    day = centre_utc.astype("datetime64[D]")
    return (day - day.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64) + 1


def _components(
    weather: Mapping[str, np.ndarray], zenith: np.ndarray, centre_utc: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Beam, diffuse and global irradiance [W/m2]; what is missing of the three follows from the others."""
    ghi, dni, dhi = (weather.get(name) for name in ("ghi_w_m2", "dni_w_m2", "dhi_w_m2"))
    up = np.maximum(np.cos(np.radians(zenith)), 0.0)
    if dni is None and dhi is None:
        from pvlib.irradiance import erbs

        split = erbs(ghi, zenith, _day_of_year(centre_utc))
        return np.asarray(split["dni"]), np.asarray(split["dhi"]), ghi
    if (
        dni is None
    ):  # closure, with the sun's disc well above the horizon, where it is not a division by nothing
        dni = np.where(up > 0.065, np.maximum(ghi - dhi, 0.0) / np.maximum(up, 0.065), 0.0)
    if dhi is None:
        dhi = np.maximum(ghi - dni * up, 0.0)
    if ghi is None:
        ghi = dhi + dni * up
    return dni, dhi, ghi


def _plane(
    solar: Solar, sun: tuple[np.ndarray, ...], light: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Irradiance that the cells see, and that the module receives, on the plane of array [W/m2]."""
    from pvlib.iam import physical
    from pvlib.irradiance import aoi, get_total_irradiance

    zenith, azimuth, extra = sun
    beam, diffuse, ghi = light
    poa = get_total_irradiance(
        solar.tilt_deg, solar.azimuth_deg, zenith, azimuth, beam, ghi, diffuse,
        dni_extra=extra, albedo=solar.albedo, model="haydavies",
    )  # fmt: skip
    passed = physical(aoi(solar.tilt_deg, solar.azimuth_deg, zenith, azimuth))
    direct, scattered = np.asarray(poa["poa_direct"]), np.asarray(poa["poa_diffuse"])
    return direct * passed + scattered, direct + scattered


def _power(
    solar: Solar, effective: np.ndarray, plane: np.ndarray, weather: Mapping[str, np.ndarray]
) -> np.ndarray:
    """AC power per MW of DC peak: heat, module, losses, inverter with its limit."""
    from pvlib.inverter import pvwatts
    from pvlib.pvsystem import pvwatts_dc
    from pvlib.temperature import faiman

    cell_degc = faiman(plane, weather["temp_air_degc"], weather.get("wind_speed_m_s", WIND_M_S))
    dc = pvwatts_dc(effective, cell_degc, pdc0=1.0, gamma_pdc=POWER_PER_K) * (1.0 - solar.losses_frac)
    ac = pvwatts(dc, pdc0=solar.inverter_frac / INVERTER_EFF, eta_inv_nom=INVERTER_EFF)
    return np.clip(ac, 0.0, min(solar.inverter_frac, 1.0))
