"""A fleet that serves: requests come by the second, each keeps its place for a while, power follows the places in use.

Needs    physics.kernel: load_rows, chance.
Gives    serve, day_frac, in_service.
Used by  physics.kernel.jobs.

Work of a second: a lognormal draw about the mean of its hour with the index of dispersion of the arrivals, times
another for the lengths of the requests (exponential), so that the mean is exact and no second is negative. In
between, the number in service follows as a fluid: exact, so the step does not matter.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from wattstack.physics.kernel import load_rows as at
from wattstack.physics.kernel.chance import normal

DAY_S = 86400.0
FIRST_SECOND = 1 << 24  # of a count that never is negative, though fleets warm up before the first moment


@njit(cache=True, error_model="numpy")
def serve(load, fleet, f, key, t_s):
    """Power of a fleet at a moment / its full power."""
    fleets = load.fleets
    while t_s >= fleet[at.SECOND, f] + 1.0:
        fleet[at.IN_SERVICE, f] = in_service(fleets, fleet, f, 1.0)
        fleet[at.SECOND, f] += 1.0
        draw_second(load, fleet, f, key)
    busy = in_service(fleets, fleet, f, t_s - fleet[at.SECOND, f])
    use = min(busy / fleets[at.PLACES, f], 1.0)
    fleet[at.UTILISATION, f] = use
    return min(fleets[at.BASE, f] + fleets[at.SLOPE, f] * use, fleets[at.FLEET_CAP, f])


@njit(cache=True, error_model="numpy")
def draw_second(load, fleet, f, key):
    """Requests and work that come in the second that begins."""
    fleets, second = load.fleets, int(fleet[at.SECOND, f]) + FIRST_SECOND
    rate = fleets[at.RATE_PER_S, f] * day_frac(fleets, f, fleet[at.SECOND, f])
    place = key * at.STREAMS
    come = rate * _mean_one(fleets[at.DISPERSION, f] / rate, normal(load.seed, place + at.BY_ARRIVAL, second))
    fleet[at.ARRIVING_PER_S, f] = come
    fleet[at.WORK_PER_S, f] = come * _mean_one(1.0 / rate, normal(load.seed, place + at.BY_LENGTH, second))


@njit(cache=True, error_model="numpy", forceinline=True)
def _mean_one(variance, draw):
    """A lognormal number of mean 1 and the given variance."""
    square = np.log1p(variance)
    return np.exp(np.sqrt(square) * draw - 0.5 * square)


@njit(cache=True, error_model="numpy")
def day_frac(fleets, f, t_s):
    """Requests at a moment of the day / their mean over the day."""
    if fleets[at.DAY_HIGH, f] == fleets[at.DAY_LOW, f]:
        return 1.0
    angle = 2.0 * np.pi * (t_s + fleets[at.CLOCK_S, f] - fleets[at.PEAK_S, f]) / DAY_S
    shape = (0.5 + 0.5 * np.cos(angle)) ** fleets[at.DAY_POWER, f]
    return max(fleets[at.DAY_LOW, f] + (fleets[at.DAY_HIGH, f] - fleets[at.DAY_LOW, f]) * shape, 1e-9)


@njit(cache=True, error_model="numpy")
def in_service(fleets, fleet, f, past_s):
    """Requests in service or waiting, past_s into the second; work waits when all places are taken."""
    held, places, request_s = fleet[at.IN_SERVICE, f], fleets[at.PLACES, f], fleets[at.REQUEST_S, f]
    come = fleet[at.WORK_PER_S, f]
    settled = come * request_s  # where it would settle, were there places for all
    if held > places:
        fall = come - places / request_s
        if fall >= 0.0 or held + fall * past_s >= places:
            return held + fall * past_s
        past_s -= (places - held) / fall
        held = places
    if settled > places and held <= places:
        full_s = request_s * np.log((settled - held) / (settled - places))
        if past_s > full_s:
            return places + (come - places / request_s) * (past_s - full_s)
    return settled + (held - settled) * np.exp(-past_s / request_s)
