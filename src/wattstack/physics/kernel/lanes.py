"""The loops of a step over a chunk of blocks of one kind: look-ups first, then arithmetic that fills vector registers.

Needs    physics.kernel: layout, tables, block (rows of the scratch), cell, converter, thermal.
Gives    look_up, ask_cells, find_currents, back_to_bus, leave_cells, heat_container; kind_limits, lane_limit,
         bus_of_cells.
Used by  physics.kernel.batch.

Every loop reads and writes the scratch at fixed distances, which is what lets the compiler see that its rows do not
overlap. A lane is one block of the chunk.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.block import (
    W_A_PER,
    W_AC,
    W_AIR,
    W_ASK,
    W_AUXILIARY,
    W_CELL,
    W_CURRENT,
    W_CUT,
    W_DC,
    W_ENTROPIC,
    W_HALF,
    W_HVAC,
    W_HYSTERESIS,
    W_IDLE,
    W_LIMIT,
    W_LOSS,
    W_OCV,
    W_OHM,
    W_PER_A,
    W_POWER,
    W_SELF,
    W_SLOPE,
    W_SOC,
    W_TEMP_FRAC,
    W_TERMINAL,
    W_V1,
    W_V2,
    W_WALL,
    span,
)  # fmt: skip
from wattstack.physics.kernel.cell import (
    current_limit,
    decay,
    mean_kept,
    solve_current,
    taper,
    window_ohm,
)  # fmt: skip # isort: skip
from wattstack.physics.kernel.converter import (
    ac_of_bus,
    ac_of_dc_in,
    ac_of_dc_out,
    bus_of_ac_in,
    bus_of_ac_out,
    dc_of_ac,
)  # fmt: skip # isort: skip
from wattstack.physics.kernel.tables import NCOLUMN, NOHM, ZERO, locate, on_line
from wattstack.physics.kernel.thermal import climate_power, power_per_cooling

ZERO_DEGC_K = 273.15
SLACK = 1e-9  # relative: an ask this little above a limit is the limit


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def look_up(blocks, k, n):
    """All that the tables tell of a chunk, in the direction that is asked."""
    _, n = span(0, n)
    w = blocks.scratch
    soc, temp, ohm = blocks.soc_table[k], blocks.temp_table[k], blocks.ohm_table[k]
    points, last_temp = soc.shape[0] // 8, t.TEMP_POINTS - 1.0
    last_soc, ohm_row = points - 1.0, np.uint64(points) * NOHM
    ohm_way = np.uint64(t.TEMP_POINTS) * ohm_row
    for j in range(n):
        s, charges = w[W_SOC + j], w[W_ASK + j] < 0.0
        i, x = locate(s * last_soc, last_soc)
        row, y = locate(w[W_CELL + j] - t.TEMP_LOW_DEGC, last_temp)
        o = i * NOHM + row * ohm_row + (ohm_way if charges else ZERO)
        w[W_OHM + j] *= ohm[o] + ohm[o + t.ONE] * x + (ohm[o + t.TWO] + ohm[o + t.THREE] * x) * y
        i, row = i * NCOLUMN, row * NCOLUMN
        w[W_OCV + j] = on_line(soc, i + t.T_OCV, x)
        w[W_SLOPE + j] = soc[i + t.ONE] * last_soc
        w[W_HALF + j] = on_line(soc, i + t.T_HYSTERESIS, x)
        w[W_ENTROPIC + j] = on_line(soc, i + t.T_ENTROPIC, x)
        w[W_SELF + j] = on_line(soc, i + t.T_SELF, x) * on_line(temp, row + t.T_SELF_GROWTH, y)
        w[W_TEMP_FRAC + j] = on_line(temp, row + (t.T_CHARGE_FRAC if charges else t.T_DISCHARGE_FRAC), y)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def ask_cells(const, rating, start, n, w):
    """From the bus to the cells: power each cell is asked for [W]; a charge that only feeds losses is not begun."""
    start, n = span(start, n)
    no_load, load = const[t.G_NO_LOAD], const[t.G_LOAD]
    fixed_dis, linear_dis, square_dis = const[t.G_FIXED_DIS], const[t.G_LINEAR_DIS], const[t.G_SQUARE_DIS]
    fixed_cha, linear_cha, square_cha = const[t.G_FIXED_CHA], const[t.G_LINEAR_CHA], const[t.G_SQUARE_CHA]
    for j in range(n):
        ask = w[W_ASK + j] * rating[at.PER_RATED, start + j]
        ac = ac_of_bus(ask, no_load, load)
        out = ask > 0.0
        dc = dc_of_ac(
            ac,
            fixed_dis if out else fixed_cha,
            linear_dis if out else linear_cha,
            square_dis if out else square_cha,
        )
        idle = (ask == 0.0) | ((ask < 0.0) & (dc >= 0.0))
        dc = 0.0 if idle else dc
        w[W_IDLE + j] = 1.0 if idle else 0.0
        w[W_ASK + j] = 0.0 if idle else w[W_ASK + j]
        w[W_AC + j] = 0.0 if idle else ac
        w[W_DC + j] = dc
        w[W_POWER + j] = dc * rating[at.RATED_CELL_W, start + j]


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def kind_limits(const, step):
    """Numbers of a kind that limits need, read once before the loop: of discharge, of charge, of both."""
    ah = const[t.G_CAPACITY_AH]
    lower = (const[t.G_V_MIN], const[t.G_WIDTH_LOW], const[t.G_DISCHARGE_C] * ah, 1.0, 1.0)
    upper = (const[t.G_V_MAX], const[t.G_WIDTH_HIGH], const[t.G_CHARGE_C] * ah, -1.0, const[t.G_PER_COULOMB])
    return lower, upper, (step[t.M_END_1], step[t.M_END_2], step[t.M_TIMES_END])


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def lane_limit(kind, low, high, w, j):
    """Greatest current of a lane in the direction it is asked for, and what sets it; low .. high is its window."""
    lower, upper, both = kind
    out = w[W_POWER + j] >= 0.0
    v_limit = lower[0] if out else upper[0]
    width = lower[1] if out else upper[1]
    rated_a = (lower[2] if out else upper[2]) * w[W_TEMP_FRAC + j]
    way = lower[3] if out else upper[3]
    per_stored = lower[4] if out else upper[4]
    end_ohm = window_ohm(w[W_OHM + j], both[2], w[W_SLOPE + j] * w[W_PER_A + j])
    source = w[W_OCV + j] - both[0] * w[W_V1 + j] - both[1] * w[W_V2 + j] - way * w[W_HALF + j]
    room = max(way, 0.0) * (w[W_SOC + j] - low) - min(way, 0.0) * (high - w[W_SOC + j])
    room_a = (room * w[W_A_PER + j] - way * w[W_SELF + j]) * per_stored
    over_v = way * (source - v_limit)
    half_v = 0.5 * source if out else 1e300
    taper_a = taper(room, width, rated_a, w[W_PER_A + j])
    return current_limit(out, rated_a, w[W_TEMP_FRAC + j], taper_a, over_v, half_v, end_ohm, room_a)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def find_currents(const, step, rating, start, n, w):
    """Current of each cell and its terminal power, mean of the step; tells whether any lane was cut."""
    start, n = span(start, n)
    kind, gamma, least = kind_limits(const, step), const[t.G_GAMMA], const[t.G_LEAST_DC]
    mean_1, mean_2, times = step[t.M_MEAN_1], step[t.M_MEAN_2], step[t.M_TIMES_MEAN]
    cuts = 0.0
    for j in range(n):
        most, _ = lane_limit(kind, rating[at.SOC_LOW, start + j], rating[at.SOC_HIGH, start + j], w, j)
        power, per_a = w[W_POWER + j], w[W_PER_A + j]
        out = power >= 0.0
        way = 1.0 if out else -1.0
        ohm = window_ohm(w[W_OHM + j], times, 0.5 * w[W_SLOPE + j] * per_a)
        source = w[W_OCV + j] - mean_1 * w[W_V1 + j] - mean_2 * w[W_V2 + j]
        kept = mean_kept(gamma * per_a * min(abs(power) / source, most))
        branch = -way * w[W_HALF + j]
        source += branch + (w[W_HYSTERESIS + j] - branch) * kept
        current = solve_current(source, ohm, power)
        cut = 1.0 if abs(current) > most * (1.0 + SLACK) else 0.0
        current += cut * (way * most - current)
        power += cut * ((source - ohm * current) * current - power)
        too_little = least * rating[at.RATED_CELL_W, start + j] * max(way, 0.0)
        runs = 1.0 - cut * (1.0 if way * power <= too_little else 0.0)
        w[W_CURRENT + j] = current * runs
        w[W_TERMINAL + j] = power * runs
        w[W_CUT + j] = cut
        w[W_IDLE + j] = max(w[W_IDLE + j], 1.0 - runs)
    for j in range(n):
        cuts = max(cuts, w[W_CUT + j])
    return cuts > 0.0


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def back_to_bus(const, step, rating, start, n, w):
    """Of blocks whose cells were cut: what reaches the bus, and what cut them."""
    start, n = span(start, n)
    kind = kind_limits(const, step)
    for j in range(n):
        if w[W_CUT + j] != 0.0:
            _, w[W_LIMIT + j] = lane_limit(
                kind, rating[at.SOC_LOW, start + j], rating[at.SOC_HIGH, start + j], w, j
            )
            bus, ac, dc = 0.0, 0.0, 0.0
            if w[W_IDLE + j] == 0.0:
                bus, ac, dc = bus_of_cells(const, w[W_TERMINAL + j] / rating[at.RATED_CELL_W, start + j])
            w[W_ASK + j], w[W_AC + j], w[W_DC + j] = bus * rating[at.RATED_MW, start + j], ac, dc


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def bus_of_cells(const, dc):
    """(bus, ac, dc) for a power of the cells, as shares of the rating; > 0 discharges."""
    if dc >= 0.0:
        ac = ac_of_dc_out(dc, const[t.G_FIXED_DIS], const[t.G_LINEAR_DIS], const[t.G_SQUARE_DIS])
        return bus_of_ac_out(ac, const[t.G_NO_LOAD], const[t.G_LOAD]), ac, dc
    ac = ac_of_dc_in(-dc, const[t.G_FIXED_CHA], const[t.G_LINEAR_CHA], const[t.G_SQUARE_CHA])
    return -bus_of_ac_in(ac, const[t.G_NO_LOAD], const[t.G_LOAD]), -ac, dc


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def leave_cells(const, step, n, w):
    """State of the cells at the end of the step, and their loss [W]: what left the store less what came out."""
    _, n = span(0, n)
    gamma, coulomb = const[t.G_GAMMA], const[t.G_COULOMB]
    end_1, end_2 = step[t.M_END_1], step[t.M_END_2]
    built_1, built_2 = const[t.G_FRAC_1] * (1.0 - end_1), const[t.G_FRAC_2] * (1.0 - end_2)
    for j in range(n):
        current, soc, per_a = w[W_CURRENT + j], w[W_SOC + j], w[W_PER_A + j]
        drawn = (current if current >= 0.0 else current * coulomb) + w[W_SELF + j]
        w[W_SOC + j] = min(max(soc - drawn * per_a, 0.0), 1.0)  # clip: rounding only
        ocv = w[W_OCV + j] - 0.5 * w[W_SLOPE + j] * drawn * per_a
        w[W_LOSS + j] = ocv * drawn - w[W_TERMINAL + j]
        over = w[W_OHM + j] * current
        w[W_V1 + j] = end_1 * w[W_V1 + j] + built_1 * over
        w[W_V2 + j] = end_2 * w[W_V2 + j] + built_2 * over
        kept = decay(gamma * abs(current) * per_a)
        branch = -w[W_HALF + j] if current >= 0.0 else w[W_HALF + j]
        w[W_HYSTERESIS + j] = kept * w[W_HYSTERESIS + j] + (1.0 - kept) * branch


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def heat_container(const, step, rating, start, n, temp_air_degc, w):
    """Temperatures at the end of the step, and what the climate and the controls draw."""
    start, n = span(start, n)
    setpoint, band, cool_w, heat_w = (
        const[t.G_SETPOINT],
        const[t.G_BAND],
        const[t.G_COOL_W],
        const[t.G_HEAT_W],
    )
    per_mwh, fan_w, idle_w = const[t.G_CELLS_PER_MWH], const[t.G_FAN_W], const[t.G_IDLE_W]
    still = const[t.G_STANDBY] + const[t.G_NO_LOAD]
    per_cool = power_per_cooling(temp_air_degc, setpoint, const[t.G_PER_COP])
    pcc, pca, pcw = step[t.M_PHI], step[t.M_PHI + 1], step[t.M_PHI + 2]
    pac, paa, paw = step[t.M_PHI + 3], step[t.M_PHI + 4], step[t.M_PHI + 5]
    pwc, pwa, pww = step[t.M_PHI + 6], step[t.M_PHI + 7], step[t.M_PHI + 8]
    gcc, gca, gco = step[t.M_GAMMA], step[t.M_GAMMA + 1], step[t.M_GAMMA + 2] * temp_air_degc
    gac, gaa, gao = step[t.M_GAMMA + 3], step[t.M_GAMMA + 4], step[t.M_GAMMA + 5] * temp_air_degc
    gwc, gwa, gwo = step[t.M_GAMMA + 6], step[t.M_GAMMA + 7], step[t.M_GAMMA + 8] * temp_air_degc
    per_answer = step[t.M_PER_ANSWER]
    for j in range(n):
        cell, air, wall = w[W_CELL + j], w[W_AIR + j], w[W_WALL + j]
        reversible = w[W_CURRENT + j] * (cell + ZERO_DEGC_K) * w[W_ENTROPIC + j]
        heat = (w[W_LOSS + j] - reversible) * per_mwh
        free = pcc * cell + pca * air + pcw * wall + gcc * heat + gco
        alive = 0.0 if rating[at.MODE, start + j] == at.DEAD else 1.0
        power, mode = climate_power(cell, w[W_HVAC + j], free, setpoint, band, per_answer, cool_w, heat_w)
        power, mode = power * alive, mode * alive
        w[W_CELL + j] = free + gca * power
        w[W_AIR + j] = pac * cell + paa * air + paw * wall + gac * heat + gao + gaa * power
        w[W_WALL + j] = pwc * cell + pwa * air + pww * wall + gwc * heat + gwo + gwa * power
        w[W_HVAC + j] = mode
        climate = max(power, 0.0) + max(-power, 0.0) * per_cool + abs(mode) * fan_w
        at_rest = still * rating[at.RATED_MW, start + j] * w[W_IDLE + j]
        aux = (climate + idle_w) * 1e-6 * rating[at.NAMEPLATE_MWH, start + j] + at_rest
        w[W_AUXILIARY + j] = aux * alive
