"""Lithium iron phosphate on graphite, 3 Ah round cell: the law of Naumann, calendar and cycles.

Gives    NAUMANN_LFP, resistance (its two stresses on resistance).
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import GAS_CONSTANT, ROOM_K, Law, Number, Path, Range, Shape, Stress

RESISTANCE_NUMBERS = {
    "k_res": Number(3.4194e-10, "1/s", "resistance over time at 25 degC and 50 %"),
    "e_res": Number(71827.0, "J/mol", "its activation energy"),
    "c_res": Number(-3.3903, "1", "its course over (soc - 0.5)^2"),
    "d_res": Number(1.5604, "1", "its value at 50 %"),
    "a_res_cycle": Number(-0.0020, "%/(1/h)", "resistance over cycles, course over the rate"),
    "b_res_cycle": Number(0.0021, "%", "at rate 0"),
    "c_res_cycle": Number(6.8477, "1", "course over (dod - 0.5)^3"),
    "d_res_cycle": Number(0.9182, "1", "value at 50 % depth"),
}


def resistance(n: Mapping[str, float], path: int) -> tuple[Stress, Stress]:
    """Growth of resistance, linear in time and in full equivalent cycles: both drive one path."""
    time = (n["k_res"], n["e_res"] / GAS_CONSTANT, 1.0 / ROOM_K, n["c_res"], 2.0, n["d_res"])
    cycle = (n["a_res_cycle"] / 100.0, n["b_res_cycle"] / 100.0, n["c_res_cycle"], 0.5, n["d_res_cycle"])
    return Stress(row.T_POLYNOMIAL, time, path), Stress(row.C_POLYNOMIAL, cycle, path)


def _shape(n: Mapping[str, float]) -> Shape:
    time = (n["k_loss"], n["e_loss"] / GAS_CONSTANT, 1.0 / ROOM_K, n["c_loss"], 3.0, n["d_loss"])
    cycle = (n["a_cycle"] / 100.0, n["b_cycle"] / 100.0, n["c_cycle"], 0.6, n["d_cycle"])
    ohm_time, ohm_cycle = resistance(n, 2)
    return Shape(
        paths=(
            Path("calendar", row.TO_MAIN, 0.5),
            Path("cycles", row.TO_MAIN, 0.5),
            Path("resistance", row.TO_RESISTANCE),
        ),
        times=(Stress(row.T_POLYNOMIAL, time, 0), ohm_time),
        cycles=(Stress(row.C_POLYNOMIAL, cycle, 1), ohm_cycle),
    )


NAUMANN_LFP = Law(
    name="naumann-lfp",
    title="LFP/graphite, Sony/Murata US26650FTC1, 3 Ah round cell",
    paper="Naumann et al. (2018), J. Energy Storage 17:153, doi:10.1016/j.est.2018.01.019 (calendar); "
    "Naumann et al. "
    "(2020), J. Power Sources 451:227666, doi:10.1016/j.jpowsour.2019.227666 (cycles)",
    fitted_on="calendar: 0-60 degC over all states of charge; cycles: mostly 25 and 40 degC, depth and "
    "rate varied. Cycles "
    "do not know temperature: that of the calendar part holds for both.",
    fits=Range(temp_degc=(0.0, 60.0), soc=(0.0, 1.0), dod=(0.1, 1.0), c_rate=(0.2, 1.0)),
    numbers={
        "k_loss": Number(1.2571e-5, "1/s^0.5", "capacity over the root of time at 25 degC"),
        "e_loss": Number(17126.0, "J/mol", "its activation energy"),
        "c_loss": Number(2.8575, "1", "its course over (soc - 0.5)^3"),
        "d_loss": Number(0.60225, "1", "its value at 50 %"),
        "a_cycle": Number(
            0.0630, "%/(1/h)", "capacity over the root of full equivalent cycles, course over the rate"
        ),
        "b_cycle": Number(0.0971, "%", "at rate 0"),
        "c_cycle": Number(4.0253, "1", "course over (dod - 0.6)^3"),
        "d_cycle": Number(1.0923, "1", "value at 60 % depth"),
        **RESISTANCE_NUMBERS,
    },
    shape=_shape,
)
