"""One step of every block: what is asked is cut to what can be given; cells, heat, converter and ageing follow.

Needs    physics.kernel: layout, tables, block, cell, thermal, converter, reservoir, ageing.
Gives    advance_all, limits_all.
Used by  physics.battery, twin, prove, control.

Blocks of one kind go through together, a chunk at a time, in short loops: look-ups in tables, which are scattered over
memory, apart from arithmetic, which then runs in vector registers. Nothing is allocated and nothing raises.
"""

from __future__ import annotations

from numba import njit

from wattstack.physics.kernel.ageing import age_all
from wattstack.physics.kernel.block import (
    CHUNK,
    W_AC,
    W_AH,
    W_ALIVE,
    W_ASK,
    W_CELLS,
    W_CURRENT,
    W_CUT,
    W_DC,
    W_ENTROPIC,
    W_HALF,
    W_HIGH,
    W_HVAC,
    W_HYS,
    W_IDLE,
    W_LIMIT,
    W_LOSS,
    W_LOW,
    W_NAME,
    W_OCV,
    W_OHM,
    W_POWER,
    W_RATED,
    W_SELF,
    W_SLOPE,
    W_SOC,
    W_TAIR,
    W_TCELL,
    W_TEMP_FRAC,
    W_TERMINAL,
    W_TWALL,
    W_V1,
    W_V2,
    step_slot,
)  # fmt: skip
from wattstack.physics.kernel.cell import LEAST_DERATE, current_limit, decay, solve_current, window_ohm
from wattstack.physics.kernel.converter import (
    ac_of_bus,
    ac_of_dc_in,
    ac_of_dc_out,
    bus_of_ac_in,
    bus_of_ac_out,
    dc_of_ac,
    least_dc_out,
)  # fmt: skip
from wattstack.physics.kernel.layout import (
    AUXILIARY,
    BY_RATING,
    BY_SOC_HIGH,
    BY_SOC_LOW,
    C_RATE,
    CAN_CHARGE,
    CAN_DISCHARGE,
    CAPACITY,
    CELLS,
    CHARGE_MW,
    DEAD,
    DISCHARGE_MW,
    FREE,
    HVAC,
    HYSTERESIS,
    INJECTION,
    LIMIT,
    LOSS_CELL,
    LOSS_CONVERTER,
    LOSS_TRANSFORMER,
    MODE,
    NAMEPLATE_MWH,
    NFLOW,
    RESERVOIR,
    RESISTANCE,
    SOC,
    SOC_HIGH,
    SOC_LOW,
    SPREAD_Q,
    SPREAD_R,
    TEMP_AIR,
    TEMP_CELL,
    TEMP_WALL,
    V_FAST,
    V_SLOW,
)  # fmt: skip
from wattstack.physics.kernel.reservoir import reservoir_core
from wattstack.physics.kernel.tables import (
    CHARGING,
    DISCHARGING,
    G_BAND,
    G_CAPACITY_AH,
    G_CELLS_PER_MWH,
    G_CHARGE_C,
    G_CHARGE_EFF,
    G_COOL_W,
    G_COP,
    G_COULOMB,
    G_DERATE_HIGH,
    G_DERATE_LOW,
    G_DISCHARGE_C,
    G_DISCHARGE_EFF,
    G_FAN_W,
    G_FIXED_CHA,
    G_FIXED_DIS,
    G_FRAC_1,
    G_FRAC_2,
    G_GAMMA,
    G_HEAT_W,
    G_IDLE_W,
    G_LINEAR_CHA,
    G_LINEAR_DIS,
    G_LOAD,
    G_MODE,
    G_NO_LOAD,
    G_SETPOINT,
    G_SQUARE_CHA,
    G_SQUARE_DIS,
    G_STANDBY,
    G_V_MAX,
    G_V_MIN,
    M_END_1,
    M_END_2,
    M_GAMMA,
    M_KEPT,
    M_MEAN_1,
    M_MEAN_2,
    M_PHI,
    OHM_POINTS,
    T_CHARGE_FRAC,
    T_DISCHARGE_FRAC,
    T_ENTROPIC,
    T_HYSTERESIS,
    T_OCV,
    T_SELF,
    T_SELF_GROWTH,
    TEMP_LOW_DEGC,
    TEMP_POINTS,
    locate,
)  # fmt: skip
from wattstack.physics.kernel.thermal import climate_power, cop_at

ZERO_DEGC_K = 273.15
SLACK = 1e-9  # relative: an ask this little above a limit is the limit


@njit(cache=True, error_model="numpy")
def advance_all(blocks, ageing, state, age, setpoint_mw, temp_air_degc, step_s, flows):
    """Move every block one step on, in place.

    Args:
        blocks, ageing: Constants, Blocks and Ageing.
        state, age: (NSTATE, nb) and (NAGE, nb), changed.
        setpoint_mw: Asked at the bus (nb,), > 0 discharges.
        temp_air_degc: Outdoor temperature.
        step_s: Length of the step [s], > 0.
        flows: (NFLOW, nb), written.
    """
    slot = step_slot(blocks, step_s)
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, G_MODE] == RESERVOIR:
            _reservoirs(blocks, slot, k, (first, last), state, age, setpoint_mw, step_s, flows)
            continue
        for start in range(first, last, CHUNK):
            n = min(CHUNK, last - start)
            _gather(blocks, state, age, setpoint_mw, start, n, k)
            _look_up(blocks, k, n)
            _ask_cells(blocks.const[k], n, blocks.scratch)
            _currents(blocks.const[k], blocks.step[slot, k], n, step_s / 3600.0, blocks.scratch)
            _back_to_bus(blocks.const[k], n, blocks.scratch)
            _write_flows(blocks.const[k], start, n, blocks.scratch, flows)
            _leave(blocks.const[k], blocks.step[slot, k], start, n, step_s / 3600.0, blocks.scratch)
            _heat(blocks.const[k], blocks.step[slot, k], start, n, temp_air_degc, blocks.scratch, flows)
            _scatter(start, n, blocks.scratch, state)
    age_all(ageing, age, state, flows, step_s)


@njit(cache=True, error_model="numpy")
def _reservoirs(blocks, slot, k, span, state, age, setpoint_mw, step_s, flows):
    """Blocks of constant efficiency, one after the other."""
    const, rating = blocks.const[k], blocks.rating
    kept = blocks.step[slot, k, M_KEPT]
    for b in range(span[0], span[1]):
        for f in range(NFLOW):
            flows[f, b] = 0.0
        if rating[MODE, b] == DEAD:
            continue
        size = rating[NAMEPLATE_MWH, b] * rating[SPREAD_Q, b] * age[CAPACITY, b]
        low = rating[SOC_LOW, b]
        before = max(state[SOC, b] - low, 0.0) * size
        stored, given, can_charge, can_discharge = reservoir_core(
            before, setpoint_mw[b], step_s / 3600.0, rating[CHARGE_MW, b], rating[DISCHARGE_MW, b],
            (rating[SOC_HIGH, b] - low) * size, const[G_CHARGE_EFF], const[G_DISCHARGE_EFF], kept,
        )  # fmt: skip
        state[SOC, b] = min(low + stored / size, 1.0)
        flows[INJECTION, b] = given
        flows[LOSS_CELL, b] = (before - stored) * 3600.0 / step_s - given
        flows[C_RATE, b] = (before - stored) / size * 3600.0 / step_s
        if setpoint_mw[b] > can_discharge:
            flows[LIMIT, b] = BY_RATING if can_discharge == rating[DISCHARGE_MW, b] else BY_SOC_LOW
        elif -setpoint_mw[b] > can_charge:
            flows[LIMIT, b] = BY_RATING if can_charge == rating[CHARGE_MW, b] else BY_SOC_HIGH


@njit(cache=True, error_model="numpy")
def _gather(blocks, state, age, setpoint_mw, start, n, k):
    """State and ratings of a chunk into the scratch, row by row; the ask as a share of the rating."""
    w, rating = blocks.scratch, blocks.rating
    nominal_ah = blocks.const[k, G_CAPACITY_AH]
    for j in range(n):
        w[W_SOC * CHUNK + j] = state[SOC, start + j]
    for j in range(n):
        w[W_V1 * CHUNK + j] = state[V_FAST, start + j]
    for j in range(n):
        w[W_V2 * CHUNK + j] = state[V_SLOW, start + j]
    for j in range(n):
        w[W_HYS * CHUNK + j] = state[HYSTERESIS, start + j]
    for j in range(n):
        w[W_TCELL * CHUNK + j] = state[TEMP_CELL, start + j]
    for j in range(n):
        w[W_TAIR * CHUNK + j] = state[TEMP_AIR, start + j]
    for j in range(n):
        w[W_TWALL * CHUNK + j] = state[TEMP_WALL, start + j]
    for j in range(n):
        w[W_HVAC * CHUNK + j] = state[HVAC, start + j]
    for j in range(n):
        w[W_AH * CHUNK + j] = nominal_ah * rating[SPREAD_Q, start + j] * age[CAPACITY, start + j]
    for j in range(n):
        w[W_OHM * CHUNK + j] = rating[SPREAD_R, start + j] * age[RESISTANCE, start + j]
    for j in range(n):
        w[W_CELLS * CHUNK + j] = rating[CELLS, start + j]
    for j in range(n):
        w[W_LOW * CHUNK + j] = rating[SOC_LOW, start + j]
    for j in range(n):
        w[W_HIGH * CHUNK + j] = rating[SOC_HIGH, start + j]
    for j in range(n):
        w[W_NAME * CHUNK + j] = rating[NAMEPLATE_MWH, start + j]
    for j in range(n):
        w[W_ALIVE * CHUNK + j] = 0.0 if rating[MODE, start + j] == DEAD else 1.0
    for j in range(n):
        rated = max(rating[DISCHARGE_MW, start + j], rating[CHARGE_MW, start + j])
        w[W_RATED * CHUNK + j] = rated
        ask = min(max(setpoint_mw[start + j], -rating[CHARGE_MW, start + j]), rating[DISCHARGE_MW, start + j])
        w[W_LIMIT * CHUNK + j] = FREE if ask == setpoint_mw[start + j] else BY_RATING
        w[W_ASK * CHUNK + j] = ask / rated * w[W_ALIVE * CHUNK + j]


@njit(cache=True, error_model="numpy")
def _look_up(blocks, k, n):
    """All that the tables tell of a chunk, in the direction that is asked."""
    w = blocks.scratch
    soc, temp, ohm = blocks.soc_table[k], blocks.temp_table[k], blocks.ohm_table[k]
    last_soc = soc.shape[0] - 1
    for j in range(n):
        s = w[W_SOC * CHUNK + j]
        i, x = locate(s * last_soc, last_soc)
        w[W_OCV * CHUNK + j] = soc[i, T_OCV] + soc[i, T_OCV + 1] * x
        w[W_SLOPE * CHUNK + j] = soc[i, T_OCV + 1] * last_soc
        w[W_HALF * CHUNK + j] = soc[i, T_HYSTERESIS] + soc[i, T_HYSTERESIS + 1] * x
        w[W_ENTROPIC * CHUNK + j] = soc[i, T_ENTROPIC] + soc[i, T_ENTROPIC + 1] * x
        rest = soc[i, T_SELF] + soc[i, T_SELF + 1] * x
        charges = w[W_ASK * CHUNK + j] < 0.0
        row, y = locate(w[W_TCELL * CHUNK + j] - TEMP_LOW_DEGC, TEMP_POINTS - 1)
        column = T_CHARGE_FRAC if charges else T_DISCHARGE_FRAC
        w[W_TEMP_FRAC * CHUNK + j] = temp[row, column] + temp[row, column + 1] * y
        w[W_SELF * CHUNK + j] = rest * (temp[row, T_SELF_GROWTH] + temp[row, T_SELF_GROWTH + 1] * y)
        at, z = locate(s * (OHM_POINTS - 1), OHM_POINTS - 1)
        way = CHARGING if charges else DISCHARGING
        new = (
            ohm[way, row, at, 0]
            + ohm[way, row, at, 1] * z
            + (ohm[way, row, at, 2] + ohm[way, row, at, 3] * z) * y
        )
        w[W_OHM * CHUNK + j] *= new


@njit(cache=True, error_model="numpy")
def _ask_cells(const, n, w):
    """From the bus to the cells: power each cell is asked for [W]; a charge that only feeds losses is not begun."""
    no_load, load = const[G_NO_LOAD], const[G_LOAD]
    fixed_dis, linear_dis, square_dis = const[G_FIXED_DIS], const[G_LINEAR_DIS], const[G_SQUARE_DIS]
    fixed_cha, linear_cha, square_cha = const[G_FIXED_CHA], const[G_LINEAR_CHA], const[G_SQUARE_CHA]
    for j in range(n):
        ask = w[W_ASK * CHUNK + j]
        ac = ac_of_bus(ask, no_load, load)
        out = ask > 0.0
        dc = dc_of_ac(
            ac,
            fixed_dis if out else fixed_cha,
            linear_dis if out else linear_cha,
            square_dis if out else square_cha,
        )
        idle = (ask == 0.0) | ((ask < 0.0) & (dc >= 0.0))
        w[W_IDLE * CHUNK + j] = 1.0 if idle else 0.0
        w[W_AC * CHUNK + j] = 0.0 if idle else ac
        w[W_DC * CHUNK + j] = 0.0 if idle else dc
        w[W_POWER * CHUNK + j] = (0.0 if idle else dc) * w[W_RATED * CHUNK + j] * 1e6 / w[W_CELLS * CHUNK + j]


@njit(cache=True, error_model="numpy")
def _currents(const, step, n, step_h, w):
    """Current of each cell and what cut it; terminal power, mean of the step."""
    frac_1, frac_2, gamma, coulomb = const[G_FRAC_1], const[G_FRAC_2], const[G_GAMMA], const[G_COULOMB]
    v_min, v_max = const[G_V_MIN], const[G_V_MAX]
    rated_dis, rated_cha = (
        const[G_DISCHARGE_C] * const[G_CAPACITY_AH],
        const[G_CHARGE_C] * const[G_CAPACITY_AH],
    )
    width_low, width_high = max(const[G_DERATE_LOW], 1e-9), max(const[G_DERATE_HIGH], 1e-9)
    end_1, mean_1, end_2, mean_2 = step[M_END_1], step[M_MEAN_1], step[M_END_2], step[M_MEAN_2]
    least = least_dc_out(const[G_NO_LOAD], const[G_FIXED_DIS], const[G_LINEAR_DIS], const[G_SQUARE_DIS])
    for j in range(n):
        soc, half, power = w[W_SOC * CHUNK + j], w[W_HALF * CHUNK + j], w[W_POWER * CHUNK + j]
        out = power >= 0.0
        way = 1.0 if out else -1.0
        per_a = step_h / w[W_AH * CHUNK + j]
        drift = w[W_SLOPE * CHUNK + j] * per_a
        ohm = w[W_OHM * CHUNK + j]
        mean_ohm = window_ohm(ohm, frac_1, 1.0 - mean_1, frac_2, 1.0 - mean_2, 0.5 * drift)
        end_ohm = window_ohm(ohm, frac_1, 1.0 - end_1, frac_2, 1.0 - end_2, drift)
        ocv, v1, v2 = w[W_OCV * CHUNK + j], w[W_V1 * CHUNK + j], w[W_V2 * CHUNK + j]
        mean_v = ocv - mean_1 * v1 - mean_2 * v2
        end_v = ocv - end_1 * v1 - end_2 * v2
        room = soc - w[W_LOW * CHUNK + j] if out else w[W_HIGH * CHUNK + j] - soc
        at_rest = w[W_SELF * CHUNK + j]
        room_a = room / per_a - at_rest if out else (room / per_a + at_rest) / coulomb
        derate = min(max(room / (width_low if out else width_high), LEAST_DERATE), 1.0)
        over_v = end_v - half - v_min if out else v_max - end_v - half
        matched = (mean_v - half) / (2.0 * mean_ohm) if out else 1e300
        most, code = current_limit(
            way,
            rated_dis if out else rated_cha,
            w[W_TEMP_FRAC * CHUNK + j],
            derate,
            over_v,
            end_ohm,
            room_a,
            matched,
        )
        hys = w[W_HYS * CHUNK + j]
        guess = solve_current(mean_v + hys, mean_ohm, power)
        x = gamma * min(abs(guess), most) * per_a + 1e-9
        share = (1.0 - decay(x)) / x
        source = mean_v + hys * share - way * half * (1.0 - share)
        current = solve_current(source, mean_ohm, power)
        cut = abs(current) > most * (1.0 + SLACK)
        current = way * most if cut else current
        terminal = (source - mean_ohm * current) * current if cut else power
        per_rated = w[W_CELLS * CHUNK + j] * 1e-6 / w[W_RATED * CHUNK + j]
        idle = cut & ((most == 0.0) | (out & (terminal * per_rated <= least)))
        w[W_CURRENT * CHUNK + j] = 0.0 if idle else current
        w[W_TERMINAL * CHUNK + j] = 0.0 if idle else terminal
        w[W_CUT * CHUNK + j] = 1.0 if cut else 0.0
        w[W_IDLE * CHUNK + j] = 1.0 if idle else w[W_IDLE * CHUNK + j]
        w[W_LIMIT * CHUNK + j] = code if cut else w[W_LIMIT * CHUNK + j]


@njit(cache=True, error_model="numpy")
def _back_to_bus(const, n, w):
    """Of cells that were cut: what reaches the bus."""
    for j in range(n):
        if w[W_CUT * CHUNK + j] != 0.0:
            ask, ac, dc = _bus_of_cells(
                const, w[W_TERMINAL * CHUNK + j] * w[W_CELLS * CHUNK + j] * 1e-6 / w[W_RATED * CHUNK + j]
            )
            w[W_ASK * CHUNK + j], w[W_AC * CHUNK + j], w[W_DC * CHUNK + j] = ask, ac, dc
        if w[W_IDLE * CHUNK + j] != 0.0:
            w[W_ASK * CHUNK + j], w[W_AC * CHUNK + j], w[W_DC * CHUNK + j] = 0.0, 0.0, 0.0


@njit(cache=True, error_model="numpy")
def _bus_of_cells(const, dc):
    """(bus, ac, dc) for a power of the cells, as shares of the rating; > 0 discharges."""
    if dc >= 0.0:
        ac = ac_of_dc_out(dc, const[G_FIXED_DIS], const[G_LINEAR_DIS], const[G_SQUARE_DIS])
        return bus_of_ac_out(ac, const[G_NO_LOAD], const[G_LOAD]), ac, dc
    ac = ac_of_dc_in(-dc, const[G_FIXED_CHA], const[G_LINEAR_CHA], const[G_SQUARE_CHA])
    return -bus_of_ac_in(ac, const[G_NO_LOAD], const[G_LOAD]), -ac, dc


@njit(cache=True, error_model="numpy")
def _write_flows(const, start, n, w, flows):
    """Power at the bus, losses of transformer and converter, and what set them."""
    per_ah = 1.0 / const[G_CAPACITY_AH]
    for j in range(n):
        flows[INJECTION, start + j] = w[W_ASK * CHUNK + j] * w[W_RATED * CHUNK + j]
    for j in range(n):
        flows[LOSS_TRANSFORMER, start + j] = (w[W_AC * CHUNK + j] - w[W_ASK * CHUNK + j]) * w[
            W_RATED * CHUNK + j
        ]
    for j in range(n):
        flows[LOSS_CONVERTER, start + j] = (w[W_DC * CHUNK + j] - w[W_AC * CHUNK + j]) * w[
            W_RATED * CHUNK + j
        ]
    for j in range(n):
        flows[C_RATE, start + j] = w[W_CURRENT * CHUNK + j] * per_ah
    for j in range(n):
        flows[LIMIT, start + j] = w[W_LIMIT * CHUNK + j]


@njit(cache=True, error_model="numpy")
def _leave(const, step, start, n, step_h, w):
    """State of the cells at the end of the step, and their loss [W]: what left the store less what came out."""
    frac_1, frac_2, gamma, coulomb = const[G_FRAC_1], const[G_FRAC_2], const[G_GAMMA], const[G_COULOMB]
    end_1, end_2 = step[M_END_1], step[M_END_2]
    for j in range(n):
        current, soc, ohm = w[W_CURRENT * CHUNK + j], w[W_SOC * CHUNK + j], w[W_OHM * CHUNK + j]
        per_a = step_h / w[W_AH * CHUNK + j]
        from_store = (current if current >= 0.0 else current * coulomb) + w[W_SELF * CHUNK + j]
        left = min(max(soc - from_store * per_a, 0.0), 1.0)
        ocv = w[W_OCV * CHUNK + j] + 0.5 * w[W_SLOPE * CHUNK + j] * (left - soc)
        w[W_LOSS * CHUNK + j] = ocv * (soc - left) / per_a - w[W_TERMINAL * CHUNK + j]
        w[W_SOC * CHUNK + j] = left
        w[W_V1 * CHUNK + j] = end_1 * w[W_V1 * CHUNK + j] + frac_1 * ohm * (1.0 - end_1) * current
        w[W_V2 * CHUNK + j] = end_2 * w[W_V2 * CHUNK + j] + frac_2 * ohm * (1.0 - end_2) * current
        kept = decay(gamma * abs(current) * per_a)
        branch = -w[W_HALF * CHUNK + j] if current >= 0.0 else w[W_HALF * CHUNK + j]
        w[W_HYS * CHUNK + j] = kept * w[W_HYS * CHUNK + j] + (1.0 - kept) * branch


@njit(cache=True, error_model="numpy")
def _heat(const, step, start, n, temp_air_degc, w, flows):
    """Temperatures at the end of the step, and what the climate and the controls draw."""
    setpoint, band, cool_w, heat_w = const[G_SETPOINT], const[G_BAND], const[G_COOL_W], const[G_HEAT_W]
    per_mwh, fan_w, idle_w, standby = (
        const[G_CELLS_PER_MWH],
        const[G_FAN_W],
        const[G_IDLE_W],
        const[G_STANDBY],
    )
    still = standby + const[G_NO_LOAD]
    per_cool = 1.0 / cop_at(temp_air_degc, setpoint, const[G_COP])
    pcc, pca, pcw = step[M_PHI], step[M_PHI + 1], step[M_PHI + 2]
    pac, paa, paw = step[M_PHI + 3], step[M_PHI + 4], step[M_PHI + 5]
    pwc, pwa, pww = step[M_PHI + 6], step[M_PHI + 7], step[M_PHI + 8]
    gcc, gca, gco = step[M_GAMMA], step[M_GAMMA + 1], step[M_GAMMA + 2] * temp_air_degc
    gac, gaa, gao = step[M_GAMMA + 3], step[M_GAMMA + 4], step[M_GAMMA + 5] * temp_air_degc
    gwc, gwa, gwo = step[M_GAMMA + 6], step[M_GAMMA + 7], step[M_GAMMA + 8] * temp_air_degc
    for j in range(n):
        cell, air, wall = w[W_TCELL * CHUNK + j], w[W_TAIR * CHUNK + j], w[W_TWALL * CHUNK + j]
        loss, alive, name = w[W_LOSS * CHUNK + j], w[W_ALIVE * CHUNK + j], w[W_NAME * CHUNK + j]
        reversible = w[W_CURRENT * CHUNK + j] * (cell + ZERO_DEGC_K) * w[W_ENTROPIC * CHUNK + j]
        heat = (loss - reversible) * per_mwh
        free_cell = pcc * cell + pca * air + pcw * wall + gcc * heat + gco
        power, mode = climate_power(
            cell, w[W_HVAC * CHUNK + j], free_cell, setpoint, band, gca, cool_w, heat_w
        )
        power, mode = power * alive, mode * alive
        w[W_TCELL * CHUNK + j] = free_cell + gca * power
        w[W_TAIR * CHUNK + j] = pac * cell + paa * air + paw * wall + gac * heat + gao + gaa * power
        w[W_TWALL * CHUNK + j] = pwc * cell + pwa * air + pww * wall + gwc * heat + gwo + gwa * power
        w[W_HVAC * CHUNK + j] = mode
        climate = max(power, 0.0) + max(-power, 0.0) * per_cool + abs(mode) * fan_w
        at_rest = still * w[W_RATED * CHUNK + j] if w[W_IDLE * CHUNK + j] != 0.0 else 0.0
        w[W_AC * CHUNK + j] = ((climate + idle_w) * 1e-6 * name + at_rest) * alive
        w[W_DC * CHUNK + j] = loss * w[W_CELLS * CHUNK + j] * 1e-6
    for j in range(n):
        flows[AUXILIARY, start + j] = w[W_AC * CHUNK + j]
    for j in range(n):
        flows[LOSS_CELL, start + j] = w[W_DC * CHUNK + j]


@njit(cache=True, error_model="numpy")
def _scatter(start, n, w, state):
    """What the step left, back into the state."""
    for j in range(n):
        state[SOC, start + j] = w[W_SOC * CHUNK + j]
    for j in range(n):
        state[V_FAST, start + j] = w[W_V1 * CHUNK + j]
    for j in range(n):
        state[V_SLOW, start + j] = w[W_V2 * CHUNK + j]
    for j in range(n):
        state[HYSTERESIS, start + j] = w[W_HYS * CHUNK + j]
    for j in range(n):
        state[TEMP_CELL, start + j] = w[W_TCELL * CHUNK + j]
    for j in range(n):
        state[TEMP_AIR, start + j] = w[W_TAIR * CHUNK + j]
    for j in range(n):
        state[TEMP_WALL, start + j] = w[W_TWALL * CHUNK + j]
    for j in range(n):
        state[HVAC, start + j] = w[W_HVAC * CHUNK + j]


@njit(cache=True, error_model="numpy")
def limits_all(blocks, state, age, temp_air_degc, step_s, limits):
    """What every block could take and give over a step, in MW at the bus.

    Args:
        blocks, state, age: As in advance_all; nothing is changed.
        temp_air_degc: Outdoor temperature.
        step_s: Length of the step [s], > 0.
        limits: (2, nb), written: CAN_CHARGE and CAN_DISCHARGE, >= 0. Asking for one of them is met in full.
    """
    slot = step_slot(blocks, step_s)
    step_h = step_s / 3600.0
    w = blocks.scratch
    for b in range(limits.shape[1]):
        limits[CAN_CHARGE, b] = -blocks.rating[CHARGE_MW, b]
        limits[CAN_DISCHARGE, b] = blocks.rating[DISCHARGE_MW, b]
    for r in range(blocks.runs.shape[0]):
        first, last, k = blocks.runs[r, 0], blocks.runs[r, 1], blocks.runs[r, 2]
        if blocks.const[k, G_MODE] == RESERVOIR:
            _reservoir_limits(blocks, slot, k, (first, last), state, age, step_h, limits)
            continue
        for start in range(first, last, CHUNK):
            n = min(CHUNK, last - start)
            for way in (CAN_CHARGE, CAN_DISCHARGE):
                _gather(blocks, state, age, limits[way], start, n, k)
                _look_up(blocks, k, n)
                _ask_cells(blocks.const[k], n, w)
                _currents(blocks.const[k], blocks.step[slot, k], n, step_h, w)
                _back_to_bus(blocks.const[k], n, w)
                for j in range(n):
                    limits[way, start + j] = abs(w[W_ASK * CHUNK + j] * w[W_RATED * CHUNK + j])


@njit(cache=True, error_model="numpy")
def _reservoir_limits(blocks, slot, k, span, state, age, step_h, limits):
    """What blocks of constant efficiency could take and give."""
    const, rating = blocks.const[k], blocks.rating
    for b in range(span[0], span[1]):
        alive = 0.0 if rating[MODE, b] == DEAD else 1.0
        size = rating[NAMEPLATE_MWH, b] * rating[SPREAD_Q, b] * age[CAPACITY, b]
        low = rating[SOC_LOW, b]
        _, _, can_charge, can_discharge = reservoir_core(
            max(state[SOC, b] - low, 0.0) * size, 0.0, step_h, rating[CHARGE_MW, b], rating[DISCHARGE_MW, b],
            (rating[SOC_HIGH, b] - low) * size, const[G_CHARGE_EFF], const[G_DISCHARGE_EFF],
            blocks.step[slot, k, M_KEPT],
        )  # fmt: skip
        limits[CAN_CHARGE, b], limits[CAN_DISCHARGE, b] = can_charge * alive, can_discharge * alive
