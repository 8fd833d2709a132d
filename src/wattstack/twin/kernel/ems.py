"""The energy manager within seconds: what it measured a while ago, what it decides, what arrives a while later.

Needs    control.kernel (rows, rules, smooth): the controllers of the site, as they are.
Gives    manage, remember; rows of its numbers, memory, history and queue.
Used by  twin.kernel.transient.

Every period it looks at values that are `measure_s` old; what it decides reaches the converters `command_s` later.
Rules are asked every RULES_S, the fast loop every period.
"""

from __future__ import annotations

from numba import njit

from wattstack.control.kernel import rows, smooth
from wattstack.control.kernel.rules import decide

RULES_S = 1.0  # between two looks of the rules, assumption: minutes are theirs, seconds the fast loop's
SLACK_S = 1e-9

# ems[FIELD]: numbers that do not change; SWING: kept by the rules for the fast loop, on top of the reserve
(
    PERIOD_S,
    MEASURE_S,
    COMMAND_S,
    LOOPED,
    LOCAL,
    TARGET_FRAC,
    CHARGE_EFF,
    DISCHARGE_EFF,
    RESERVE_MWH,
    SWING_MWH,
    NOMINAL_HZ,
    FAULT_HOLD_S,
) = range(12)
NEMS = 12
# memory[FIELD]: REFERENCE is the state of the fast loop, SETPOINT its answer; ACTIVE_...: arrived at the converters
(
    NEXT_S, NEXT_RULE_S, REFERENCE_MW, BASE_MW, ACTIVE_REFERENCE_MW, ACTIVE_SETPOINT_MW, HELD, SEEN_CLOSED, PLACE,
    QUEUE_FIRST, QUEUE_COUNT, SETPOINT_MW, DISTURBED_UNTIL_S,
) = range(13)  # fmt: skip
NMEMORY = 13
# history[FIELD, place]: what was measured in the last steps
H_LOAD_MW, H_DRAWN_MW, H_CLOSED, H_DISTURBED = range(4)
NHISTORY = 4
# queue[FIELD, place]: decisions under way
Q_AT_S, Q_REFERENCE_MW, Q_SETPOINT_MW = range(3)
NQUEUE = 3
# store[FIELD]: all batteries together, as the manager knows them
S_STORED_MWH, S_ENERGY_MWH, S_CHARGE_MW, S_DISCHARGE_MW = range(4)
NSTORE = 4


@njit(cache=True, error_model="numpy", forceinline=True)
def remember(memory, history, load_mw, drawn_mw, closed, disturbed):
    """Put what is now into the history: load without batteries, power drawn from the grid, breaker closed, a fault."""
    place = int(memory[PLACE]) + 1
    place = 0 if place >= history.shape[1] else place
    memory[PLACE] = place
    history[H_LOAD_MW, place] = load_mw
    history[H_DRAWN_MW, place] = drawn_mw
    history[H_CLOSED, place] = closed
    history[H_DISTURBED, place] = disturbed


@njit(cache=True, error_model="numpy", forceinline=True)
def manage(t_s, step_s, ems, memory, boxes, rules, store, import_limit_mw):
    """One step of the manager: decide where a period begins, take over what has arrived.

    Args:
        t_s, step_s: Moment and step [s].
        ems, memory: float64[NEMS], float64[NMEMORY] (changed).
        boxes: (history, queue, row of the fast loop, row of the rules, answer of the rules).
        rules: (kinds, params, params of the fast loop).
        store: float64[NSTORE].
        import_limit_mw: What may be drawn now.
    """
    history, queue, fast, row, out = boxes
    if t_s >= memory[NEXT_S] - SLACK_S:
        memory[NEXT_S] += ems[PERIOD_S]
        length = history.shape[1]
        back = min(int(ems[MEASURE_S] / step_s + 0.5), length - 1)
        place = (int(memory[PLACE]) - back + length) % length
        load, drawn, closed = history[H_LOAD_MW, place], history[H_DRAWN_MW, place], history[H_CLOSED, place]
        if history[H_DISTURBED, place] > 0.5:
            memory[DISTURBED_UNTIL_S] = t_s + ems[FAULT_HOLD_S]
        fast[smooth.DISTURBED] = 1.0 if t_s <= memory[DISTURBED_UNTIL_S] else 0.0
        if t_s >= memory[NEXT_RULE_S] - SLACK_S:
            memory[NEXT_RULE_S] += RULES_S
            _ask_rules(ems, memory, row, out, rules, store, (load, drawn, closed, import_limit_mw))
        _decide(ems, memory, fast, rules[2], store, (load, drawn, closed, import_limit_mw))
        last = (int(memory[QUEUE_FIRST]) + int(memory[QUEUE_COUNT])) % queue.shape[1]
        queue[Q_AT_S, last] = t_s + ems[COMMAND_S]
        queue[Q_REFERENCE_MW, last] = memory[REFERENCE_MW]
        queue[Q_SETPOINT_MW, last] = memory[SETPOINT_MW]
        memory[QUEUE_COUNT] += 1.0
    while memory[QUEUE_COUNT] > 0.0 and queue[Q_AT_S, int(memory[QUEUE_FIRST])] <= t_s + SLACK_S:
        first = int(memory[QUEUE_FIRST])
        memory[ACTIVE_REFERENCE_MW] = queue[Q_REFERENCE_MW, first]
        memory[ACTIVE_SETPOINT_MW] = queue[Q_SETPOINT_MW, first]
        memory[QUEUE_FIRST] = (first + 1) % queue.shape[1]
        memory[QUEUE_COUNT] -= 1.0


@njit(cache=True, error_model="numpy", forceinline=True)
def _ask_rules(ems, memory, row, out, rules, store, seen):
    """What the rules of minutes ask of the batteries now; there is no price and no plan within seconds."""
    load, drawn, closed, import_limit_mw = seen
    row[rows.TIME_S] = memory[NEXT_RULE_S] - RULES_S
    row[rows.STEP_S] = RULES_S
    row[rows.LOAD_MW], row[rows.GRID_ON], row[rows.LAST_IMPORT_MW] = load, closed, max(drawn, 0.0)
    row[rows.IMPORT_LIMIT_MW] = import_limit_mw
    row[rows.STORED_MWH], row[rows.ENERGY_MWH] = store[S_STORED_MWH], store[S_ENERGY_MWH]
    row[rows.CAN_CHARGE_MW], row[rows.CAN_DISCHARGE_MW] = store[S_CHARGE_MW], store[S_DISCHARGE_MW]
    row[rows.RESERVE_MWH] = ems[RESERVE_MWH] + ems[SWING_MWH]
    row[rows.DISCHARGE_EFF] = ems[DISCHARGE_EFF]
    decide(rules[0], rules[1], row, out)
    memory[BASE_MW] = out[0]


@njit(cache=True, error_model="numpy", forceinline=True)
def _decide(ems, memory, fast, params, store, seen):
    """Reference and setpoint of the coming period, into the memory."""
    load, drawn, closed, import_limit_mw = seen
    memory[SETPOINT_MW] = memory[BASE_MW]
    if closed < 0.5:  # the batteries carry the island at once, the rules every second
        memory[SETPOINT_MW] = min(max(load, -store[S_CHARGE_MW]), store[S_DISCHARGE_MW])
        memory[SEEN_CLOSED] = 0.0
        return
    if ems[LOOPED] < 0.5:
        return
    if memory[SEEN_CLOSED] < 0.5:  # back on the grid: from what is drawn now, not from what the load is
        memory[REFERENCE_MW], memory[SEEN_CLOSED] = drawn, 1.0
    fast[smooth.STEP_S], fast[smooth.LOAD_MW], fast[smooth.BASE_MW] = ems[PERIOD_S], load, memory[BASE_MW]
    fast[smooth.STORED_MWH], fast[smooth.ENERGY_MWH] = store[S_STORED_MWH], store[S_ENERGY_MWH]
    fast[smooth.RESERVE_MWH] = ems[RESERVE_MWH]
    fast[smooth.TARGET_MWH] = smooth.target(store[S_ENERGY_MWH], ems[RESERVE_MWH], ems[TARGET_FRAC])
    fast[smooth.CHARGE_EFF], fast[smooth.DISCHARGE_EFF] = ems[CHARGE_EFF], ems[DISCHARGE_EFF]
    fast[smooth.CAN_CHARGE_MW], fast[smooth.CAN_DISCHARGE_MW] = store[S_CHARGE_MW], store[S_DISCHARGE_MW]
    fast[smooth.IMPORT_LIMIT_MW] = import_limit_mw
    memory[REFERENCE_MW], memory[SETPOINT_MW], memory[HELD] = smooth.smooth(
        params, fast, memory[REFERENCE_MW]
    )
