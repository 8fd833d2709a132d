"""The physics of a step, written once for one block and for eight: from the ask to the currents, and what they leave.

Needs    physics.kernel: layout, tables, vector, elementary, cell, converter, thermal.
Gives    Kind, read_kind, Tables, Cells, Seen, Drawn; read_cells, look_up, electrics, leave_cells, heat_container;
         bounds_of, bus_of_cells.
Used by  physics.kernel.batch, strings, window; control.kernel.estimate.

Every value is one number or eight (physics.kernel.vector): no branch, no loop, nothing kept between the parts but what
they hand on. Only what cut a current is worked out apart, where one was cut.
"""

from __future__ import annotations

from typing import NamedTuple

from numba import njit

from wattstack.physics.kernel import layout as at
from wattstack.physics.kernel import tables as t
from wattstack.physics.kernel.cell import (
    Bounds,
    is_over,
    mean_kept,
    most_current,
    solve_current,
    window_ohm,
)  # fmt: skip
from wattstack.physics.kernel.converter import (
    ac_of_bus,
    ac_of_dc_in,
    ac_of_dc_out,
    bus_of_ac_in,
    bus_of_ac_out,
    dc_of_ac,
)  # fmt: skip
from wattstack.physics.kernel.elementary import decay
from wattstack.physics.kernel.tables import NCOLUMN, NOHM, NTEMP, held
from wattstack.physics.kernel.thermal import climate_power, power_per_cooling
from wattstack.physics.kernel.vector import (
    any_of,
    get,
    lower,
    magnitude,
    row_at,
    select,
    upper,
    whole,
)  # fmt: skip

ZERO_DEGC_K = 273.15
PER_SLACK = 1.0 - 1e-9  # relative: a current this little above a limit is the limit


class Cells(NamedTuple):
    """A cell as a step finds it: state, its own factor on the resistance, 1 / A and A that would empty it in a step."""

    soc: float
    fast_v: float
    slow_v: float
    hysteresis_v: float
    temp_degc: float
    ohm: float
    per_a: float
    held_a: float


class Seen(NamedTuple):
    """What the tables tell of it: V, V per 1 of the state of charge, V, V/K, A, share of the C-rate, ohm."""

    ocv_v: float
    slope_v: float
    half_v: float
    entropic_v_per_k: float
    self_a: float
    temp_frac: float
    ohm: float


class Drawn(NamedTuple):
    """What a step draws: at the bus [MW], either side of the converter [share of the rating], of a cell [A, W]."""

    bus_mw: float
    ac_frac: float
    dc_frac: float
    current_a: float
    terminal_w: float
    idle_frac: float
    limit: float


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def read_cells(rating, state, age, b, new_a):
    """Cells of a place; new_a: what would empty a new one in a step [A]."""
    held_a = new_a * get(rating, at.SPREAD_Q, b) * get(age, at.CAPACITY, b)
    return Cells(
        get(state, at.SOC, b), get(state, at.V_FAST, b), get(state, at.V_SLOW, b), get(state, at.HYSTERESIS, b),
        get(state, at.TEMP_CELL, b), get(rating, at.SPREAD_R, b) * get(age, at.RESISTANCE, b), 1.0 / held_a, held_a,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def look_up(tables, cells, charges):
    """All that the tables = (soc, temp, ohm) of a kind tell of a cell, in the direction that is asked."""
    soc, temp, ohm = tables
    points = soc.shape[0] // NCOLUMN
    s = held(cells.soc * (points - 1.0), points - 1.0)
    warm = held(cells.temp_degc - t.TEMP_LOW_DEGC, t.TEMP_POINTS - 1.0)
    i, row = whole(s), whole(warm)
    x, y = s - i, warm - row
    way = select(charges, 1.0 * t.TEMP_POINTS, 0.0)
    plain, along, up, both = row_at(ohm, (i + (row + way) * (1.0 * points)) * (1.0 * NOHM), 4)
    ocv, half, entropic, at_rest, d_ocv, d_half, d_entropic, d_at_rest = row_at(soc, i * (1.0 * NCOLUMN), 8)
    frac, growth, d_frac, d_growth = row_at(temp, (row + way) * (1.0 * NTEMP), 4)
    return Seen(
        ocv + d_ocv * x, d_ocv * (points - 1.0), half + d_half * x, entropic + d_entropic * x,
        (at_rest + d_at_rest * x) * (growth + d_growth * y),
        frac + d_frac * y,
        cells.ohm * (plain + along * x + (up + both * x) * y),
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def to_cells(const, ask):
    """(ac, dc, idle) of an ask at the bus, as shares of the rating; a charge that only feeds losses is not begun."""
    ac = ac_of_bus(ask, const[t.G_NO_LOAD], const[t.G_LOAD])
    out = ask > 0.0
    dc = dc_of_ac(
        ac, select(out, const[t.G_FIXED_DIS], const[t.G_FIXED_CHA]),
        select(out, const[t.G_LINEAR_DIS], const[t.G_LINEAR_CHA]),
        select(out, const[t.G_SQUARE_DIS], const[t.G_SQUARE_CHA]),
    )  # fmt: skip
    idle = (ask == 0.0) | ((ask < 0.0) & (dc >= 0.0))
    return select(idle, 0.0, ac), select(idle, 0.0, dc), idle


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def bounds_of(const, step, cells, seen, window, out):
    """What limits the current in one direction (out: discharge); window: lower and upper state of charge."""
    ah, way = const[t.G_CAPACITY_AH], select(out, 1.0, -1.0)
    rated_a = select(out, const[t.G_DISCHARGE_C] * ah, const[t.G_CHARGE_C] * ah) * seen.temp_frac
    width = select(out, const[t.G_WIDTH_LOW], const[t.G_WIDTH_HIGH])
    source = seen.ocv_v - step[t.M_END_1] * cells.fast_v - step[t.M_END_2] * cells.slow_v - way * seen.half_v
    room = select(out, cells.soc - window[0], window[1] - cells.soc)
    room_a = (room * cells.held_a - way * seen.self_a) * select(out, 1.0, const[t.G_PER_COULOMB])
    return Bounds(
        rated_a, seen.temp_frac, room, width + rated_a * cells.per_a,
        way * (source - select(out, const[t.G_V_MIN], const[t.G_V_MAX])), select(out, 0.5 * source, 1e300),
        window_ohm(seen.ohm, step[t.M_TIMES_END], seen.slope_v * cells.per_a), room_a,
    )  # fmt: skip


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def electrics(const, step, rating, b, cells, seen, asked):
    """From the ask to the current of a cell, mean of the step; and what it is at the bus."""
    rated_w = get(rating, at.RATED_CELL_W, b)
    ask = clipped(rating, b, asked)
    limit = select(ask == asked, at.FREE, at.BY_RATING)
    ask = select(get(rating, at.MODE, b) == at.DEAD, 0.0, ask)
    ac, dc, idle = to_cells(const, ask * get(rating, at.PER_RATED, b))
    ask = select(idle, 0.0, ask)
    power = dc * rated_w
    out = power >= 0.0
    way = select(out, 1.0, -1.0)
    window = (get(rating, at.SOC_LOW, b), get(rating, at.SOC_HIGH, b))
    bounds = bounds_of(const, step, cells, seen, window, out)
    ohm = window_ohm(seen.ohm, step[t.M_TIMES_MEAN], 0.5 * seen.slope_v * cells.per_a)
    source = seen.ocv_v - step[t.M_MEAN_1] * cells.fast_v - step[t.M_MEAN_2] * cells.slow_v
    branch, moves = way * seen.half_v, const[t.G_GAMMA] * cells.per_a
    # all in the equation times `full`: one division less
    part, full = mean_kept(moves * (way * power), source)
    current = solve_current(
        (source - branch) * full + (cells.hysteresis_v + branch) * part, ohm * full, power * full
    )
    idles = select(idle, 1.0, 0.0)
    cut = is_over(bounds, way * current * PER_SLACK)
    if any_of(cut):
        most, code = most_current(out, bounds)
        part, full = mean_kept(moves * most, 1.0)
        source = source - branch + (cells.hysteresis_v + branch) * (part / full)
        least_w = const[t.G_LEAST_DC] * rated_w * upper(way, 0.0)
        left = way * most * (source - ohm * (way * most))
        stops = cut & (way * left <= least_w)
        current = select(cut, select(stops, 0.0, way * most), current)
        power = select(cut, select(stops, 0.0, left), power)
        cut_bus, cut_ac, cut_dc = bus_of_cells(const, power / rated_w)
        ask = select(cut, select(stops, 0.0, cut_bus * get(rating, at.RATED_MW, b)), ask)
        ac, dc = select(cut, select(stops, 0.0, cut_ac), ac), select(cut, select(stops, 0.0, cut_dc), dc)
        idles = select(stops, 1.0, idles)
        limit = select(cut, code, limit)
    return Drawn(ask, ac, dc, current, power, idles, limit)


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def clipped(rating, b, asked):
    """The ask within the rating [MW]."""
    return lower(upper(asked, 0.0 - get(rating, at.CHARGE_MW, b)), get(rating, at.DISCHARGE_MW, b))


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def bus_of_cells(const, dc):
    """(bus, ac, dc) for a power of the cells, as shares of the rating; > 0 discharges."""
    out = dc >= 0.0
    given = ac_of_dc_out(dc, const[t.G_FIXED_DIS], const[t.G_LINEAR_DIS], const[t.G_SQUARE_DIS])
    taken = ac_of_dc_in(0.0 - dc, const[t.G_FIXED_CHA], const[t.G_LINEAR_CHA], const[t.G_SQUARE_CHA])
    no_load, load = const[t.G_NO_LOAD], const[t.G_LOAD]
    bus = select(out, bus_of_ac_out(given, no_load, load), 0.0 - bus_of_ac_in(taken, no_load, load))
    return bus, select(out, given, 0.0 - taken), dc


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def leave_cells(const, step, cells, seen, current, terminal):
    """(soc, v1, v2, hysteresis, loss [W]) at the end of a step; the loss: what left the store less what came out."""
    end_1, end_2 = step[t.M_END_1], step[t.M_END_2]
    out = current >= 0.0
    drawn = select(out, current, current * const[t.G_COULOMB]) + seen.self_a
    moved = drawn * cells.per_a
    soc = lower(upper(cells.soc - moved, 0.0), 1.0)  # clip: rounding only
    loss = (seen.ocv_v - 0.5 * seen.slope_v * moved) * drawn - terminal
    over = seen.ohm * current
    v1 = end_1 * cells.fast_v + const[t.G_FRAC_1] * (1.0 - end_1) * over
    v2 = end_2 * cells.slow_v + const[t.G_FRAC_2] * (1.0 - end_2) * over
    kept = decay(const[t.G_GAMMA] * magnitude(current) * cells.per_a)
    branch = select(out, 0.0 - seen.half_v, seen.half_v)
    return soc, v1, v2, branch + kept * (cells.hysteresis_v - branch), loss


@njit(cache=True, error_model="numpy", fastmath={"contract"}, forceinline=True)
def heat_container(const, step, warm, heat, alive, temp_air_degc):
    """(cell, air, wall, mode, power of the climate [W/MWh]) at the end of a step.

    warm: (cell, air, wall, mode) at its start; heat: of the cells [W/MWh]; alive: 1, or 0 where the climate is off.
    """
    cell, air, wall, mode = warm
    setpoint, phi, gam = const[t.G_SETPOINT], t.M_PHI, t.M_GAMMA
    free = (
        step[phi] * cell + step[phi + 1] * air + step[phi + 2] * wall + step[gam] * heat
        + step[gam + 2] * temp_air_degc
    )  # fmt: skip
    power, mode = climate_power(
        cell, mode, free, (setpoint, const[t.G_BAND], step[t.M_PER_ANSWER]), const[t.G_COOL_W] * alive,
        const[t.G_HEAT_W] * alive,
    )  # fmt: skip
    mode = mode * alive
    new_air = (
        step[phi + 3] * cell + step[phi + 4] * air + step[phi + 5] * wall + step[gam + 3] * heat
        + step[gam + 5] * temp_air_degc + step[gam + 4] * power
    )  # fmt: skip
    new_wall = (
        step[phi + 6] * cell + step[phi + 7] * air + step[phi + 8] * wall + step[gam + 6] * heat
        + step[gam + 8] * temp_air_degc + step[gam + 7] * power
    )  # fmt: skip
    per_cool = power_per_cooling(temp_air_degc, setpoint, const[t.G_PER_COP])
    climate = upper(power, 0.0) + upper(0.0 - power, 0.0) * per_cool + magnitude(mode) * const[t.G_FAN_W]
    return free + step[gam + 1] * power, new_air, new_wall, mode, climate
