"""What a battery holds, from current, voltage and temperature: two Kalman filters on the cell of the twin.

Needs    physics.kernel: lanes (look_up, leave_cells: the cell's own formulas), block, tables, layout.
Gives    estimate_all, end_voltage; rows of an estimate (E_*), of the sensors (S_*), of what was read (M_*).
Used by  control.estimate; prove and operate through it.

Fast filter: state of charge, both RC pairs, and two errors that last - of the voltage (gauge, hysteresis, OCV curve)
and of the current. Slow filter: capacity and resistance. They are kept apart as Friedland does: the fast one runs as if
the slow values were known, `U` says how its error follows theirs, and together they equal one filter of seven states.
An error that lasts is a state, not noise: at rest on a flat curve no number of readings averages it away. The slope of
the voltage is taken over the spread of the state of charge (statistical linearisation); how far the curve bends from
that line, and how wrong it may be declared, counts as noise that tells something new once an hour only.

Sources: Plett (2004) part 3, doi:10.1016/j.jpowsour.2004.02.033 (dual filter for cells); Friedland (1969),
doi:10.1109/TAC.1969.1099223 (separated filters).
"""

from __future__ import annotations

from math import exp, isnan, sqrt

from numba import njit

from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.block import step_slot
from wattstack.physics.kernel.lanes import Cells, leave_cells, look_up
from wattstack.physics.kernel.tables import NCOLUMN, T_OCV, held, on_line

# estimate[battery, FIELD]; the first five are the fast state, in the order of P
E_SOC, E_V1, E_V2, E_VOLT_OFF, E_AMP_OFF, E_HYSTERESIS, E_CAPACITY, E_RESISTANCE, E_TEMP = range(9)
E_P = 9  # covariance of the fast state, 5 x 5
E_U = E_P + 25  # how its error follows that of capacity and resistance, 5 x 2
E_M = E_U + 10  # covariance of capacity and resistance: cc, cr, rr
# what the filter knows of itself
(
    E_SINCE_ANCHOR_S,
    E_SLOPE_V,  # volts per unit of state of charge, as used
    E_BY_VOLTAGE,  # standard deviation of the state of charge that the voltage alone could tell now
    E_GAP_V,  # reading less prediction
    E_GAP_STD_V,
    E_TRUST,  # 0 all is well, see below
    E_LAST_A,
    E_LAST_V,
    E_SAME_A,  # readings in a row that are equal to the last digit
    E_SAME_V,
    E_AT_V,  # prediction when the voltage began to repeat itself
    E_ODD_S,  # how long reading and prediction have not agreed
    E_BLIND_S,  # how long the current has not been known
) = range(E_M + 3, E_M + 16)
NESTIMATE = E_M + 16
TRUSTED, NO_VOLTAGE, NO_CURRENT, STUCK_VOLTAGE, STUCK_CURRENT, DISAGREE = range(6)

# sensor[FIELD]: standard deviations, of one cell
(
    S_AMP_NOISE, S_VOLT_NOISE, S_AMP_OFFSET, S_VOLT_OFFSET, S_HYSTERESIS_SHARE, S_LASTS_S, S_RATED_A, S_CAPACITY_WALK,
    S_RESISTANCE_WALK, S_CURVE_V, S_CURVE_S,
) = range(11)  # fmt: skip
NSENSOR = 11
M_CURRENT_A, M_VOLTAGE_V, M_TEMP_DEGC = range(3)

ANCHOR_STD = 0.01  # the voltage alone tells the state of charge to 1 %: an anchor
SELF_DOUBT = 0.5  # relative error of the self-discharge, assumption
GATE, GATE_V = 5.0, 0.005  # standard deviations, and volts for what the model does not know: assumption
REPEATS = 3.0  # equal readings in a row before a gauge can be called stuck
ODD_S = 60.0  # reading and prediction may disagree for so long (contactors, samples out of step): assumption
SPAN, WIDEST = 1.5, 0.3  # standard deviations over which a slope is taken, and the most of it


@njit(cache=True, error_model="numpy", nogil=True)
def estimate_all(blocks, estimate, measured, sensor, step_s):
    """One step of every filter, in place.

    Args:
        blocks: Blocks of one kind, the cell.
        estimate: (batteries, NESTIMATE), changed.
        measured: (3, batteries): current [A, > 0 discharges], constant over the step; voltage [V] and temperature
            [degC] at its end; of one cell. NaN: not known.
        sensor: (NSENSOR,).
        step_s: Length of the step [s], > 0.
    """
    slot = step_slot(blocks, step_s)
    const, step = blocks.const[0], blocks.step[slot, 0]
    tables = (blocks.soc_table[0], blocks.temp_table[0], blocks.ohm_table[0])
    for i in range(estimate.shape[0]):
        e, read = estimate[i], measured[:, i]
        current = _believed(e, read)
        cells = _cells(e, const, step_s)
        seen = look_up(tables, cells, current < 0.0)
        left = leave_cells(const, step, cells, seen, current, 0.0)
        _spread(e, const, step, sensor, step_s, (current, cells.per_a, seen.ohm, seen.self_a, seen.half_v))
        e[E_SOC], e[E_V1], e[E_V2], e[E_HYSTERESIS] = left[:4]
        seen = look_up(tables, _cells(e, const, step_s), current < 0.0)
        _correct(e, read, blocks.soc_table[0], sensor, step_s, (current, cells.per_a, seen.ohm, seen.ocv_v))


@njit(cache=True, error_model="numpy")
def end_voltage(ocv_v, hysteresis_v, v1, v2, ohm, current_a):
    """Terminal voltage of a cell at a moment [V]."""
    return ocv_v + hysteresis_v - v1 - v2 - ohm * current_a


@njit(cache=True, error_model="numpy")
def _believed(e, read):
    """The current as it is believed [A]; takes over the temperature that was read."""
    if not isnan(read[M_TEMP_DEGC]):
        e[E_TEMP] = read[M_TEMP_DEGC]
    return 0.0 if isnan(read[M_CURRENT_A]) else read[M_CURRENT_A] - e[E_AMP_OFF]


@njit(cache=True, error_model="numpy")
def _cells(e, const, step_s):
    """The cell as a filter knows it."""
    a_per = const[t.G_CAPACITY_AH] * e[E_CAPACITY] * 3600.0 / step_s
    return Cells(e[E_SOC], e[E_V1], e[E_V2], e[E_HYSTERESIS], e[E_TEMP], e[E_RESISTANCE], 1.0 / a_per, a_per)


@njit(cache=True, error_model="numpy")
def _spread(e, const, step, sensor, step_s, seen):
    """How far the prediction may be off: covariance of the fast state, and how it follows the slow one."""
    current, per_a, ohm, self_a, half = seen
    eta = 1.0 if current >= 0.0 else const[t.G_COULOMB]
    built_1, built_2 = (
        const[t.G_FRAC_1] * (1.0 - step[t.M_END_1]),
        const[t.G_FRAC_2] * (1.0 - step[t.M_END_2]),
    )
    lasts = exp(-step_s / sensor[S_LASTS_S])
    keep = (1.0, step[t.M_END_1], step[t.M_END_2], lasts, lasts)
    # an offset of +1 A is 1 A less of true current
    by_amp = eta * per_a, -built_1 * ohm, -built_2 * ohm, 0.0, 0.0
    self_std = SELF_DOUBT * self_a
    volt_var = sensor[S_VOLT_OFFSET] ** 2 + (sensor[S_HYSTERESIS_SHARE] * half) ** 2
    amp_var = sensor[S_AMP_OFFSET] ** 2 + self_std**2
    fresh = 1.0 - lasts * lasts
    noise = (0.0, 0.0, 0.0, fresh * volt_var, fresh * amp_var)
    amp_noise = sensor[S_AMP_NOISE] ** 2
    for i in range(4):
        for k in range(i, 4):
            e[E_P + 5 * i + k] = (
                keep[i] * keep[k] * e[E_P + 5 * i + k] + keep[i] * by_amp[k] * e[E_P + 5 * i + 4]
                + by_amp[i] * keep[k] * e[E_P + 5 * k + 4] + by_amp[i] * by_amp[k] * (e[E_P + 24] + amp_noise)
            )  # fmt: skip
    for i in range(4):
        e[E_P + 5 * i + 4] = lasts * (keep[i] * e[E_P + 5 * i + 4] + by_amp[i] * e[E_P + 24])
    e[E_P + 24] = keep[4] * keep[4] * e[E_P + 24] + noise[4]
    e[E_P + 18] += noise[3]
    drawn = (eta * current + self_a) * per_a / e[E_CAPACITY]
    over = ohm * current / e[E_RESISTANCE]
    for m in range(2):
        offset = e[E_U + 8 + m]
        for i in range(5):
            e[E_U + 2 * i + m] = keep[i] * e[E_U + 2 * i + m] + by_amp[i] * offset
        e[E_U + 8 + m] = lasts * offset
    e[E_U] += drawn
    e[E_U + 3] += built_1 * over
    e[E_U + 5] += built_2 * over
    e[E_M] += sensor[S_CAPACITY_WALK] ** 2 * step_s
    e[E_M + 2] += sensor[S_RESISTANCE_WALK] ** 2 * step_s
    e[E_VOLT_OFF] *= lasts
    e[E_AMP_OFF] *= lasts


@njit(cache=True, error_model="numpy")
def _correct(e, read, table, sensor, step_s, seen):
    """Compare with the voltage that was read; learn from it where both gauges are to be believed."""
    current, per_a, ohm, ocv = seen
    std = soc_std(e)
    slope, bend = _slope(table, e[E_SOC], min(max(SPAN * std, 1e-4), WIDEST))
    by_fast = (slope, -1.0, -1.0, 1.0, ohm)
    by_slow = (
        slope * e[E_U] - e[E_U + 2] - e[E_U + 4] + e[E_U + 6] + ohm * e[E_U + 8],
        slope * e[E_U + 1]
        - e[E_U + 3]
        - e[E_U + 5]
        + e[E_U + 7]
        + ohm * e[E_U + 9]
        - ohm * current / e[E_RESISTANCE],
    )
    predicted = end_voltage(ocv, e[E_HYSTERESIS], e[E_V1], e[E_V2], ohm, current) + e[E_VOLT_OFF]
    white = sensor[S_VOLT_NOISE] ** 2 + (ohm * sensor[S_AMP_NOISE]) ** 2
    holds = sensor[S_CURVE_V] ** 2 + bend * bend  # wrong now, and about as wrong at the next step
    often = max(sensor[S_CURVE_S] / step_s, 1.0)
    fast_var = white + holds * often
    for i in range(5):
        for k in range(5):
            fast_var += by_fast[i] * by_fast[k] * e[E_P + (5 * i + k if i <= k else 5 * k + i)]
    slow = (e[E_M] * by_slow[0] + e[E_M + 1] * by_slow[1], e[E_M + 1] * by_slow[0] + e[E_M + 2] * by_slow[1])
    var = fast_var + by_slow[0] * slow[0] + by_slow[1] * slow[1]
    e[E_SLOPE_V], e[E_GAP_STD_V] = slope, sqrt(var - holds * (often - 1.0))  # of this one reading
    e[E_GAP_V] = read[M_VOLTAGE_V] - predicted
    alone = white + holds + e[E_P + 18] + e[E_M + 2] * (ohm * current / e[E_RESISTANCE]) ** 2
    e[E_BY_VOLTAGE] = min(sqrt(alone) / slope, 1.0)
    e[E_TRUST] = _trust(e, read, predicted, step_s)
    if e[E_TRUST] in (NO_CURRENT, STUCK_CURRENT, DISAGREE):  # anything up to the rating may flow: it adds up
        a_second = sensor[S_RATED_A] * per_a / step_s
        e[E_P] = min(e[E_P] + a_second * a_second * step_s * (2.0 * e[E_BLIND_S] + step_s), 1.0)
        e[E_BLIND_S] += step_s
    else:
        e[E_BLIND_S] = 0.0
    if e[E_TRUST] == TRUSTED and abs(e[E_GAP_V]) <= GATE * e[E_GAP_STD_V] + GATE_V:
        _learn(e, by_fast, by_slow, slow, fast_var, var)
    anchored = e[E_TRUST] == TRUSTED and e[E_BY_VOLTAGE] <= ANCHOR_STD and soc_std(e) <= ANCHOR_STD
    e[E_SINCE_ANCHOR_S] = 0.0 if anchored else e[E_SINCE_ANCHOR_S] + step_s


@njit(cache=True, error_model="numpy")
def soc_std(e):
    """Standard deviation of the state of charge, that of capacity and resistance in it."""
    slow = e[E_U] ** 2 * e[E_M] + 2.0 * e[E_U] * e[E_U + 1] * e[E_M + 1] + e[E_U + 1] ** 2 * e[E_M + 2]
    return sqrt(max(e[E_P] + slow, 0.0))


@njit(cache=True, error_model="numpy")
def _slope(table, soc, std):
    """Slope of the open-circuit voltage over +- std [V], and how far the curve bends from that line [V]."""
    last = table.shape[0] / NCOLUMN - 1.0
    low, high = max(soc - std, 0.0), min(soc + std, 1.0)
    at_low = on_line(table, T_OCV, held(low * last, last))
    at_high = on_line(table, T_OCV, held(high * last, last))
    at_soc = on_line(table, T_OCV, held(soc * last, last))
    slope = (at_high - at_low) / (high - low)
    return max(slope, 1e-6), at_low + slope * (soc - low) - at_soc


@njit(cache=True, error_model="numpy")
def _trust(e, read, predicted, step_s):
    """Whether the gauges can be believed: missing, repeating themselves while the other moves, or not agreeing."""
    volts, amps = read[M_VOLTAGE_V], read[M_CURRENT_A]
    e[E_SAME_A] = e[E_SAME_A] + 1.0 if amps == e[E_LAST_A] else 0.0
    if volts == e[E_LAST_V]:
        e[E_SAME_V] += 1.0
    else:
        e[E_SAME_V], e[E_AT_V] = 0.0, predicted
    e[E_LAST_A], e[E_LAST_V] = amps, volts
    if isnan(amps):
        return NO_CURRENT
    if isnan(volts):
        return NO_VOLTAGE
    moved = abs(predicted - e[E_AT_V])
    odd = abs(e[E_GAP_V]) > GATE * e[E_GAP_STD_V] + GATE_V
    e[E_ODD_S] = e[E_ODD_S] + step_s if odd else 0.0
    stuck = e[E_TRUST] == STUCK_VOLTAGE and e[E_SAME_V] > 0.0  # until it moves again
    if stuck or (e[E_SAME_V] >= REPEATS and moved > GATE_V):
        return STUCK_VOLTAGE
    blind = e[E_TRUST] in (STUCK_CURRENT, NO_CURRENT)
    if e[E_SAME_A] >= REPEATS and (odd or blind) and (e[E_SAME_V] < REPEATS or blind):
        return STUCK_CURRENT
    return DISAGREE if e[E_ODD_S] > ODD_S else TRUSTED


@njit(cache=True, error_model="numpy")
def _learn(e, by_fast, by_slow, slow, fast_var, var):
    """Both filters take the reading in."""
    gap = e[E_GAP_V]
    cross = (  # P times by_fast
        _row(e, by_fast, 0), _row(e, by_fast, 1), _row(e, by_fast, 2), _row(e, by_fast, 3), _row(e, by_fast, 4),
    )  # fmt: skip
    for i in range(5):
        whole = cross[i] + e[E_U + 2 * i] * slow[0] + e[E_U + 2 * i + 1] * slow[1]
        e[i] += whole / var * gap
    for i in range(5):
        gain = cross[i] / fast_var
        for k in range(i, 5):
            e[E_P + 5 * i + k] -= gain * cross[k]
        e[E_U + 2 * i] -= gain * by_slow[0]
        e[E_U + 2 * i + 1] -= gain * by_slow[1]
    e[E_CAPACITY] = min(max(e[E_CAPACITY] + slow[0] / var * gap, 0.2), 1.5)
    e[E_RESISTANCE] = min(max(e[E_RESISTANCE] + slow[1] / var * gap, 0.1), 10.0)
    e[E_M] -= slow[0] * slow[0] / var
    e[E_M + 1] -= slow[0] * slow[1] / var
    e[E_M + 2] -= slow[1] * slow[1] / var
    e[E_SOC] = min(max(e[E_SOC], 0.0), 1.0)


@njit(cache=True, error_model="numpy")
def _row(e, by_fast, i):
    total = 0.0
    for k in range(5):
        total += by_fast[k] * e[E_P + (5 * i + k if i <= k else 5 * k + i)]
    return total


@njit(cache=True, error_model="numpy", nogil=True)
def estimate_series(blocks, estimate, measured, sensor, step_s, record):
    """Steps of measured (steps, 3, batteries); record, of that shape, takes state of charge, its std, trust."""
    for s in range(measured.shape[0]):
        estimate_all(blocks, estimate, measured[s], sensor, step_s)
        for b in range(estimate.shape[0]):
            record[s, 0, b], record[s, 1, b] = estimate[b, E_SOC], soc_std(estimate[b])
            record[s, 2, b] = estimate[b, E_TRUST]
