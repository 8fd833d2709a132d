"""Four fits of NREL to NMC on graphite: Kokam, Sanyo, and two large pouch cells named A and B1.

Gives    BLAST_NMC111, BLAST_NMC111_SANYO, BLAST_NMC_75AH, BLAST_NMC_50AH.
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import (
    DAY_S,
    Law,
    Number,
    Path,
    Range,
    Shape,
    Stress,
    graphite_v,
    spread_table,
)

NORMAL_K = 308.15  # the fits count temperature in units of 35 degC
NORMAL_V = 0.123  # and the anode's voltage in units of that at 50 %
LARGE_PAPER = (
    "Gasper et al. (2023), J. Energy Storage 73:109042, doi:10.1016/j.est.2023.109042; "
    "numbers as in BLAST-Lite (NREL)"
)
LARGE_TEST = (
    "calendar over temperature and state of charge; cycles at 10-45 degC with the maker's careful rates"
)
# voltage of the Sanyo cell at rest, read off figure 1 of Schmalstieg (2014), ends after Ecker (2014)
SANYO_SOC = (
    0.0, 0.0086, 0.0268, 0.0449, 0.0631, 0.0812, 0.0993, 0.1356, 0.1719, 0.2082, 0.2626, 0.3171, 0.3896, 0.4441,
    0.4803, 0.5166, 0.5529, 0.5892, 0.6436, 0.7162, 0.7888, 0.8613, 0.9158, 0.952, 0.9883, 0.9982, 1.0,
)  # fmt: skip
SANYO_V = (
    3.331, 3.345, 3.379, 3.412, 3.441, 3.466, 3.490, 3.530, 3.562, 3.586, 3.613, 3.632, 3.652, 3.670,
    3.687, 3.708, 3.734, 3.765, 3.815, 3.885, 3.954, 4.032, 4.088, 4.120, 4.153, 4.161, 4.162,
)  # fmt: skip


def _kokam(n: Mapping[str, float]) -> Shape:
    film = (n["q1_0"], n["q1_1"], n["q1_2"], NORMAL_K, 1.0, NORMAL_V)
    ohm_film = (n["r1"] * n["q1_0"], *film[1:])
    depth = (n["q3_0"], n["q3_1"], n["q3_2"], NORMAL_K)
    ohm_depth = (n["r3"] * n["q3_0"], *depth[1:])
    return Shape(
        paths=(
            Path("lithium, calendar", row.TO_MAIN, n["q2"]),
            Path("lithium, cycles", row.TO_MAIN, n["q4"]),
            Path("active material, cycles", row.TO_OTHER, n["p_lam"], row.SIGMOID, limit=1.0),
            Path("resistance, calendar", row.TO_RESISTANCE, n["r2"]),
            Path("resistance, cycles", row.TO_RESISTANCE, n["r4"]),
        ),
        times=(Stress(row.T_EYRING, film, 0, DAY_S), Stress(row.T_EYRING, ohm_film, 3, DAY_S)),
        cycles=(
            Stress(row.C_DEPTH_EXP, depth, 1),
            Stress(row.C_HALF_LIFE, (n["q5_0"], n["q5_1"], 328.15, 0.6), 2, inverse_exponent=1.0),
            Stress(row.C_DEPTH_EXP, ohm_depth, 4),
        ),
        base=(1.0, 1.01),
        resistance_follows=(n["r5"], n["r6"]),
        tables=(graphite_v(),),
    )


def _sanyo(n: Mapping[str, float]) -> Shape:
    volts = spread_table(SANYO_SOC, SANYO_V)
    squares = np.concatenate([[0.0], np.cumsum(0.5 * (volts[1:] ** 2 + volts[:-1] ** 2)) / row.TABLE_STEPS])
    per_ah = 0.5 / n["capacity_ah"]  # x is Ah of throughput: two capacities a full cycle
    return Shape(
        paths=(
            Path("calendar", row.TO_MAIN, n["qcal_p"]),
            Path("cycles", row.TO_MAIN, n["qcyc_p"]),
            Path("resistance, calendar", row.TO_RESISTANCE, n["rcal_p"]),
            Path("resistance, cycles", row.TO_RESISTANCE),
        ),
        times=(
            Stress(row.T_VOLTAGE, (n["qcal_a"], n["qcal_b"], 1e6, n["qcal_c"]), 0, DAY_S),
            Stress(row.T_VOLTAGE, (n["rcal_a"], n["rcal_b"], 1e5, n["rcal_c"]), 2, DAY_S),
        ),
        cycles=(
            Stress(row.C_VOLTAGE, (n["qcyc_a"], n["qcyc_b"], n["qcyc_c"], n["qcyc_d"]), 1, per_ah),
            Stress(row.C_VOLTAGE, (n["rcyc_a"], n["rcyc_b"], n["rcyc_c"], n["rcyc_d"]), 3, per_ah),
        ),
        tables=(volts, squares),
    )


def _large_a(n: Mapping[str, float]) -> Shape:
    time = (n["p1"], n["p2"], NORMAL_K, 3.0, -1.0 / 3.0, NORMAL_V)
    cycle = (n["p3"], n["p4"], n["p5"], n["p6"], NORMAL_K)
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["pcal"]), Path("cycles", row.TO_MAIN, n["pcyc"])),
        times=(Stress(row.T_POWERS, time, 0, 1e3 * DAY_S),),
        cycles=(Stress(row.C_FOUR_TERMS, cycle, 1, 1e4),),
        tables=(graphite_v(),),
    )


def _large_b1(n: Mapping[str, float]) -> Shape:
    time = (n["p1"], n["p2"], NORMAL_K, -3.0, 1.0 / 3.0, NORMAL_V)
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["pcal"]), Path("cycles", row.TO_MAIN, n["pcyc"])),
        times=(Stress(row.T_POWERS, time, 0, 1e4 * DAY_S),),
        cycles=(Stress(row.C_POWERS, (n["p3"], n["p4"], NORMAL_K), 1, 1e5),),
        tables=(graphite_v(),),
    )


BLAST_NMC111 = Law(
    name="blast-nmc111",
    title="NMC/graphite, Kokam 75 Ah pouch, with the loss of active material apart",
    paper="fit: BLAST-Lite (NREL), on the tests of Smith et "
    "al. (2017), American Control Conference, doi:10.23919/ACC.2017.7963578",
    fitted_on="calendar and cycles at 0-55 degC, 80 % depth (one test of 100 %), 1C. Cycles do not know "
    "the rate.",
    fits=Range(temp_degc=(0.0, 45.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.3, 1.0)),
    numbers={
        "q1_0": Number(2.66e7, "1/day^0.357", "lithium, calendar"),
        "q1_1": Number(-17.8, "1", "its course over 308.15 K / T"),
        "q1_2": Number(-5.21, "1", "its course over anode's voltage / 0.123 V x 308.15 K / T"),
        "q2": Number(0.357, "1", "power of time"),
        "q3_0": Number(3.80e3, "1", "lithium, cycles"),
        "q3_1": Number(-18.4, "1", "its course over 308.15 K / T"),
        "q3_2": Number(1.04, "1", "its course over exp(dod^2)"),
        "q4": Number(0.778, "1", "power of full equivalent cycles"),
        "q5_0": Number(1e4, "cycles", "active material: full cycles to its fall"),
        "q5_1": Number(153.0, "cycles/K", "its course over (T - 55 degC) dod soc / 0.6"),
        "p_lam": Number(10.0, "1", "how sudden it falls"),
        "r1": Number(0.0570, "1", "resistance of the calendar's k"),
        "r2": Number(1.25, "1", "power of time"),
        "r3": Number(4.87, "1", "resistance of the cycles' k"),
        "r4": Number(0.712, "1", "power of full equivalent cycles"),
        "r5": Number(-0.08, "1", "resistance that follows the active material"),
        "r6": Number(1.09, "1", "the same, over what is left of it"),
    },
    shape=_kokam,
)

BLAST_NMC111_SANYO = Law(
    name="blast-nmc111-sanyo",
    title="NMC/graphite, Sanyo UR18650E, 2.15 Ah round cell",
    paper="Schmalstieg et al. (2014), J. Power Sources 257:325, doi:10.1016/j.jpowsour.2014.02.012",
    fitted_on="calendar at 35-50 degC; cycles at 35 degC and 1C over depth and mean state of charge: "
    "cycles know neither "
    "temperature nor rate, and the knees seen at high depth are not in the law",
    fits=Range(temp_degc=(20.0, 50.0), soc=(0.0, 1.0), dod=(0.05, 1.0), c_rate=(0.5, 1.0)),
    numbers={
        "capacity_ah": Number(2.15, "Ah", "nominal capacity"),
        "qcal_a": Number(7.543, "1e6/(V day^0.75)", "calendar, over voltage"),
        "qcal_b": Number(-23.75, "1e6/day^0.75", "the same, constant"),
        "qcal_c": Number(-6976.0, "K", "its course over 1/T"),
        "qcal_p": Number(0.75, "1", "power of time"),
        "qcyc_a": Number(7.348e-3, "1/(V^2 Ah^0.5)", "cycles, over (root mean square voltage - qcyc_b)^2"),
        "qcyc_b": Number(3.667, "V", "see qcyc_a"),
        "qcyc_c": Number(7.6e-4, "1/Ah^0.5", "constant"),
        "qcyc_d": Number(4.081e-3, "1/Ah^0.5", "over depth"),
        "qcyc_p": Number(0.5, "1", "power of charge throughput"),
        "rcal_a": Number(5.270, "1e5/(V day^0.75)", "resistance, calendar, over voltage"),
        "rcal_b": Number(-16.32, "1e5/day^0.75", "the same, constant"),
        "rcal_c": Number(-5986.0, "K", "its course over 1/T"),
        "rcal_p": Number(0.75, "1", "power of time"),
        "rcyc_a": Number(
            2.153e-4, "1/(V^2 Ah)", "resistance, cycles, over (root mean square voltage - rcyc_b)^2"
        ),
        "rcyc_b": Number(3.725, "V", "see rcyc_a"),
        "rcyc_c": Number(-1.521e-5, "1/Ah", "constant"),
        "rcyc_d": Number(2.798e-4, "1/Ah", "over depth"),
    },
    shape=_sanyo,
)

BLAST_NMC_75AH = Law(
    name="blast-nmc-75ah",
    title="NMC/graphite, pouch of about 75 Ah ('A'), power type",
    paper=LARGE_PAPER,
    fitted_on=LARGE_TEST,
    fits=Range(temp_degc=(10.0, 45.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.1, 2.0)),
    numbers={
        "p1": Number(8.71e-7, "1", "calendar, over 1,000 days"),
        "p2": Number(
            10.0, "1", "its course over t^3 u^(-1/3); t = T / 308.15 K, u = anode's voltage / 0.123 V"
        ),
        "pcal": Number(0.578, "1", "power of time"),
        "p3": Number(0.0267, "1", "cycles, over 10,000 full equivalent cycles"),
        "p4": Number(1.64, "1", "over t^3 dod^0.5"),
        "p5": Number(0.011, "1", "over exp(rate^2 / t^0.5)"),
        "p6": Number(-0.44, "1", "over exp(dod^0.5 t^2 rate^0.5)"),
        "pcyc": Number(1.11, "1", "power of full equivalent cycles"),
    },
    shape=_large_a,
)

BLAST_NMC_50AH = Law(
    name="blast-nmc-50ah",
    title="NMC/graphite, pouch of about 50 Ah ('B1'), power type",
    paper=LARGE_PAPER,
    fitted_on=LARGE_TEST + "; at 10 degC it was charged at 0.3C at most",
    fits=Range(temp_degc=(10.0, 45.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.1, 1.75)),
    numbers={
        "p1": Number(36.2, "1", "calendar, over 10,000 days"),
        "p2": Number(
            -4.4, "1", "its course over t^-3 u^(1/3); t = T / 308.15 K, u = anode's voltage / 0.123 V"
        ),
        "pcal": Number(0.708, "1", "power of time"),
        "p3": Number(0.844, "1", "cycles, over 100,000 full equivalent cycles"),
        "p4": Number(0.458, "1", "power of dod^2 t^3 rate^0.5"),
        "pcyc": Number(0.467, "1", "power of full equivalent cycles"),
    },
    shape=_large_b1,
)
