"""Kokam NMC of grid storage (Smith 2017) and the LMO/LTO cell of the same house, in the form that SAM runs them.

Gives    SMITH_NMC, SMITH_LMO_LTO.
Used by  physics.laws.

Where the two differ from SAM: what capacity gains and loses with temperature is left to the cell (temp_effect: 1 puts
it back), each cycle counts by itself where SAM takes the root of a day's sum of squares (alike at one cycle a day), and
the steps are exact.
"""

from __future__ import annotations

from collections.abc import Mapping

from wattstack.physics.kernel import ageing_rows as row
from wattstack.physics.laws.law import DAY_S, ROOM_K, Law, Number, Path, Range, Shape, Stress, spread_table

GAS = 8.314  # J/(mol K), as in SAM
FARADAY_PER_GAS = 96485.0 / GAS
POINTS = tuple(i / 10 for i in range(11))
ANODE_V = (1.2868, 0.2420, 0.1818, 0.1488, 0.1297, 0.1230, 0.1181, 0.1061, 0.0925, 0.0876, 0.0859)
CELL_V = (3.0, 3.4679, 3.5394, 3.5950, 3.6453, 3.6876, 3.7469, 3.8400, 3.9521, 4.0668, 4.193)


def _nmc(n: Mapping[str, float]) -> Shape:
    site = n["d0"] / n["capacity_ah"]
    film = (site * n["b1"], n["e_b1"] / GAS, 1 / ROOM_K, n["alpha_b1"] * FARADAY_PER_GAS, n["u_ref"] / ROOM_K)
    start = (
        site * n["b3"],
        n["e_b3"] / GAS,
        1 / ROOM_K,
        n["alpha_b3"] * FARADAY_PER_GAS,
        n["v_ref"] / ROOM_K,
    )
    negative = n["c0"] / n["capacity_ah"]
    lithium_cycle = (site * n["b2"], 2.0 * n["e_b2"] / GAS, 1 / ROOM_K, 1.0, 0.0)
    negative_cycle = (negative * n["c2"], n["e_c2"] / GAS, 1 / ROOM_K, 0.5 * n["beta_c2"], 0.0)
    return Shape(
        paths=(
            Path("film on the anode", row.TO_MAIN, 0.5),
            Path("first weeks", row.TO_MAIN, n["tau_b3"], row.RELAX),
            Path("lithium, by cycles", row.TO_MAIN),
            Path("negative electrode, by cycles", row.TO_OTHER),
        ),
        times=(
            Stress(row.T_ANODE, (*film, n["gamma"], n["beta_b1"], 0.0), 0, DAY_S),
            Stress(row.T_BREAK_IN, (*start, n["theta"], 0.0, 1.0), 1, DAY_S, inverse_exponent=1.0),
        ),
        cycles=(
            Stress(row.C_ARRHENIUS, lithium_cycle, 2, each=True),
            Stress(row.C_ARRHENIUS, negative_cycle, 3, each=True),
        ),
        base=(site * n["b0"], negative),
        warm=tuple(n["temp_effect"] * n[key] / GAS for key in ("e_d0", "e_d0_square", "e_c0")),
        tables=(spread_table(POINTS, ANODE_V), spread_table(POINTS, CELL_V)),
    )


def _lmo_lto(n: Mapping[str, float]) -> Shape:
    return Shape(
        paths=(
            Path("calendar", row.TO_MAIN, n["time_power"]),
            Path("cycles", row.TO_MAIN, n["cycle_power"]),
        ),
        times=(Stress(row.T_ROOT_SOC, (n["q1_0"], n["q1_1"], n["q1_2"]), 0, DAY_S),),
        cycles=(Stress(row.C_FOURTH_POWER, (n["q3_0"], n["q3_1"]), 1),),
    )


SMITH_NMC = Law(
    name="smith-nmc",
    title="NMC/graphite, Kokam 75 Ah pouch, grid storage",
    paper="Smith et al. (2017), Life prediction model for grid-connected Li-ion battery energy storage "
    "system, American "
    "Control Conference, doi:10.23919/ACC.2017.7963578; numbers as in SAM's simulation core (NREL ssc)",
    fitted_on="calendar and cycles at 0-55 degC, 80 % depth (one test of 100 %), 1C (C/3 charging at 0 "
    "degC); the depths "
    "between are the model's",
    fits=Range(temp_degc=(0.0, 55.0), soc=(0.0, 1.0), dod=(0.8, 1.0), c_rate=(0.2, 1.0)),
    numbers={
        "capacity_ah": Number(75.0, "Ah", "nominal capacity"),
        "d0": Number(75.075, "Ah", "capacity by sites of the positive electrode at 25 degC"),
        "b0": Number(1.07, "1", "lithium at the start, of d0"),
        "b1": Number(0.0035, "1/day^0.5", "film on the anode"),
        "e_b1": Number(35392.0, "J/mol", "its activation energy"),
        "alpha_b1": Number(-1.0, "1", "its Tafel factor on the anode's voltage"),
        "gamma": Number(2.472, "1", "its course over depth: exp(gamma depth^beta_b1)"),
        "beta_b1": Number(2.157, "1", "see gamma"),
        "u_ref": Number(0.08, "V", "reference voltage of the anode"),
        "b2": Number(1.541e-5, "1/cycle", "lithium lost by a full cycle"),
        "e_b2": Number(
            -42800.0, "J/mol", "its activation energy (worse in the cold); counts twice, as in SAM"
        ),
        "b3": Number(0.02805, "1", "loss of the first weeks"),
        "e_b3": Number(42800.0, "J/mol", "its activation energy"),
        "alpha_b3": Number(0.0066, "1", "its Tafel factor on the cell's voltage"),
        "v_ref": Number(3.7, "V", "reference voltage of the cell"),
        "theta": Number(0.135, "1", "its course over depth: 1 + theta depth"),
        "tau_b3": Number(5.0, "day", "its time constant"),
        "c0": Number(75.675, "Ah", "sites of the negative electrode at 25 degC"),
        "c2": Number(5.226e-5, "1/cycle", "sites lost by a full cycle"),
        "e_c2": Number(-48260.0, "J/mol", "its activation energy (worse in the cold)"),
        "temp_effect": Number(
            0.0, "1", "1: capacity follows temperature and comes back with it, as in SAM; 0: it does not"
        ),
        "e_d0": Number(4126.0, "J/mol", "the same, of the positive electrode"),
        "e_d0_square": Number(9752000.0, "J K/mol", "the same, over the square"),
        "e_c0": Number(2224.0, "J/mol", "the same, of the negative electrode"),
        "beta_c2": Number(4.54, "1", "its course over depth: depth^(beta_c2 / 2), as in SAM"),
    },
    shape=_nmc,
)

SMITH_LMO_LTO = Law(
    name="smith-lmo-lto",
    title="LMO/LTO, power cell",
    paper="NREL with data of INL, as in SAM's simulation core (NREL ssc, lifetime model LMO/LTO); no "
    "paper named there",
    fitted_on="not published; the numbers extrapolate smoothly over 0-60 degC",
    fits=Range(temp_degc=(0.0, 60.0), soc=(0.0, 1.0), dod=(0.1, 1.0), c_rate=(0.0, 5.0)),
    numbers={
        "q1_0": Number(3.4984e-5, "1/day^0.6224", "calendar"),
        "q1_1": Number(-1.0704e9, "K^3", "its course over soc^0.5 / T^3"),
        "q1_2": Number(3.7839e6, "K^2", "its course over soc^0.5 / T^2"),
        "time_power": Number(0.6224, "1", "power of time"),
        "q3_0": Number(-7.146e-4, "1", "cycles"),
        "q3_1": Number(1.071e-13, "1/K^4", "their course over T^4 dod^0.25"),
        "cycle_power": Number(0.5539, "1", "power of full equivalent cycles"),
    },
    shape=_lmo_lto,
)
