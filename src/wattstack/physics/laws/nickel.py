"""Fits of NREL to cells rich in nickel (NCA Panasonic, NMC811 LG MJ1 and M50) and to second-life LMO (Nissan Leaf).

Gives    BLAST_NCA, BLAST_NMC811_MJ1, BLAST_NMC811_M50, BLAST_LMO_LEAF.
Used by  physics.laws.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import DAY_S, ROOM_K, Law, Number, Path, Range, Shape, Stress, graphite_v

EYRING_NUMBERS = {
    "qcal_a": ("1/day^p", "calendar"),
    "qcal_b": ("K", "its course over 1/T"),
    "qcal_c": ("K", "its course over soc / T"),
    "qcal_p": ("1", "power of time"),
    "qcyc_a": ("1", "cycles"),
    "qcyc_b": ("h", "their course over the rate"),
    "qcyc_c": ("1", "their course over depth"),
    "qcyc_d": ("K", "their course over 1/T, cold side"),
    "qcyc_e": ("K", "the same, hot side"),
    "qcyc_p": ("1", "power of full equivalent cycles"),
}


def _numbers(*values: float) -> dict[str, Number]:
    return {
        key: Number(value, *words) for (key, words), value in zip(EYRING_NUMBERS.items(), values, strict=True)
    }


def _eyring(n: Mapping[str, float]) -> Shape:
    cycle = (n["qcyc_a"], n["qcyc_c"], n["qcyc_b"], n["qcyc_d"], n["qcyc_e"])
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["qcal_p"]), Path("cycles", row.TO_MAIN, n["qcyc_p"])),
        times=(Stress(row.T_EYRING, (n["qcal_a"], n["qcal_b"], n["qcal_c"], 1.0, 0.0, 1.0), 0, DAY_S),),
        cycles=(Stress(row.C_SUM_TWO_EXP, cycle, 1),),
    )


def _m50(n: Mapping[str, float]) -> Shape:
    time = (n["q1_0"], n["q1_1"], n["q1_2"], n["q1_3"], n["q1_4"], 308.15, 0.123)
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["p_cal"]), Path("cycles", row.TO_MAIN, n["p_cyc"])),
        times=(Stress(row.T_FIVE_TERMS, time, 0, 1e4 * DAY_S),),
        cycles=(Stress(row.C_DISCHARGE_RATE, (n["q3_0"], n["q3_1"], n["q3_2"], 308.15), 1, 1e4),),
        tables=(graphite_v(),),
    )


def _leaf(n: Mapping[str, float]) -> Shape:
    return Shape(
        paths=(Path("calendar", row.TO_MAIN, n["qcal_p"]), Path("cycles", row.TO_MAIN, n["qcyc_p"])),
        times=(Stress(row.T_EYRING, (n["qcal_a"], n["qcal_b"], n["qcal_c"], 1.0, 0.0, 1.0), 0, DAY_S),),
        cycles=(Stress(row.C_ARRHENIUS, (n["qcyc_a"], 0.0, 1.0 / ROOM_K, 0.0, 0.0), 1),),
    )


BLAST_NCA = Law(
    name="blast-nca",
    title="NCA/graphite, Panasonic NCR18650B, 3.2 Ah round cell",
    paper="data: Keil et al. (2016), doi:10.1149/2.0411609jes (calendar), Preger et al. (2020), "
    "doi:10.1149/1945-7111/abae37 (cycles); fit: BLAST-Lite (NREL)",
    fitted_on="calendar at 25, 40 and 50 degC over all states of charge, 300 days; cycles at 15-35 degC. "
    "No knee.",
    fits=Range(temp_degc=(15.0, 50.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.25, 2.0)),
    numbers=_numbers(75.4, -3.34e3, 353.0, 0.512, 1.86e-6, 4.74e-11, 0.000177, 3.34e-11, 2.81e-9, 0.699),
    shape=_eyring,
)

BLAST_NMC811_MJ1 = Law(
    name="blast-nmc811-mj1",
    title="NMC811/graphite-silicon, LG MJ1, 3.5 Ah round cell",
    paper="data: EVERLASTING project, deliverable D2.3 (2020); fit: BLAST-Lite (NREL)",
    fitted_on="calendar at 10, 70 and 90 % over temperature; cycles at 0-50 degC, always 10-90 %. No "
    "knee; course over depth is "
    "an assumption of the fit.",
    fits=Range(temp_degc=(0.0, 50.0), soc=(0.1, 0.9), dod=(0.2, 0.8), c_rate=(0.2, 3.0)),
    numbers=_numbers(0.0353, -1.03e3, 57.7, 0.743, 1.77e-7, 8.08e-13, 2.21e-7, 2.25e3, 1.14e4, 0.695),
    shape=_eyring,
)

BLAST_NMC811_M50 = Law(
    name="blast-nmc811-m50",
    title="NMC811/graphite-silicon, LG M50, 5 Ah round cell",
    paper="data: Bui et al. (2021), IEEE Vehicle Power and Propulsion Conference, "
    "ieeexplore.ieee.org/document/9617644; fit: "
    "BLAST-Lite (NREL)",
    fitted_on="calendar at 0-60 degC over all states of charge; cycles at 0-25 degC, always of 100 % and "
    "charged at 0.3C: only the "
    "discharge rate is known to the cycles",
    fits=Range(temp_degc=(0.0, 60.0), soc=(0.0, 1.0), dod=(1.0, 1.0), c_rate=(0.3, 2.0)),
    numbers={
        "p_cal": Number(0.651697743905278, "1", "power of time"),
        "q1_0": Number(-2.39156628786525, "1", "calendar, over 10,000 days"),
        "q1_1": Number(
            2.44205317834185, "1", "over exp(t^3 u^(-1/3)); t = T / 308.15 K, u = anode's voltage / 0.123 V"
        ),
        "q1_2": Number(-4.45998246136905, "1", "over t^3 u^(-1/2)"),
        "q1_3": Number(0.448140062203916, "1", "over exp(soc^0.5 / t^2)"),
        "q1_4": Number(-0.185337797906876, "1", "over exp(soc^3)"),
        "p_cyc": Number(0.441996792536332, "1", "power of full equivalent cycles"),
        "q3_0": Number(0.181235015387132, "1", "cycles, over 10,000 full equivalent cycles"),
        "q3_1": Number(-0.123779206033993, "h^3", "over discharge rate^3"),
        "q3_2": Number(1.24459541295018, "h^0.5", "over t^3 discharge rate^0.5"),
    },
    shape=_m50,
)

BLAST_LMO_LEAF = Law(
    name="blast-lmo-leaf",
    title="LMO/graphite, Nissan Leaf module in its second life: starts at about 70 % of what it was when new",
    paper="data: Braco et al. (2020), doi:10.1016/j.est.2020.101695 (cycles), and (2022), "
    "doi:10.1109/EEEIC/ICPSEurope54979.2022.9854784 (calendar); fit: BLAST-Lite (NREL)",
    fitted_on="calendar over temperature and state of charge; cycles only at 25 degC, 100 % depth, 1C: "
    "they know throughput alone",
    fits=Range(temp_degc=(20.0, 30.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.5, 1.0)),
    numbers={
        "qcal_a": Number(3.25e8, "1/day^0.464", "calendar"),
        "qcal_b": Number(-7.58e3, "K", "its course over 1/T"),
        "qcal_c": Number(162.0, "K", "its course over soc / T"),
        "qcal_p": Number(0.464, "1", "power of time"),
        "qcyc_a": Number(7.58e-5, "1", "cycles"),
        "qcyc_p": Number(1.08, "1", "power of full equivalent cycles"),
    },
    shape=_leaf,
)
