"""All sources of a campus on its bus: grid, converters, generating sets; as constants, at rest, and run by themselves.

Needs    campus.Campus (sized); physics.chain.inverter, genset, feeder; physics.kernel.feeder (when called).
Gives    make_network, NetworkSet, simulate_network, NetworkCourse.
Used by  twin, tests, docs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.chain.feeder import feeder_row
from wattstack.physics.chain.genset import GensetDynamics, genset_column
from wattstack.physics.chain.inverter import inverter_column

if TYPE_CHECKING:
    from wattstack.campus import Campus
    from wattstack.physics.kernel.feeder import Network, NetworkState


@dataclass(frozen=True, eq=False)
class NetworkSet:
    """What stands on the bus, ready for physics.kernel.feeder.advance_network.

    Attributes:
        network: Constants of the compiled step.
        inverters: Battery of each converter, by name.
        gensets: Generator of each generating set, by name; a generator of n units stands n times.
    """

    network: Network
    inverters: tuple[str, ...]
    gensets: tuple[str, ...]

    def new_state(
        self,
        load_mw: float,
        load_mvar: float = 0.0,
        setpoint_mw: Sequence[float] | None = None,
        island: bool = False,
    ) -> NetworkState:
        """State at rest.

        Args:
            load_mw: What the loads draw.
            load_mvar: The same, reactive.
            setpoint_mw: What each converter gives, > 0 into the bus; absent = nothing.
            island: The connection is open: forming converters and sets begin at nominal voltage and take what comes.

        Returns:
            NetworkState with orders that keep what is: setpoints, batteries that can do their rating, sets off.

        Raises:
            InputError: The grid cannot carry what is left of the load.
        """
        from wattstack.physics.kernel import feeder, genset, inverter

        count = self.network.inverters.shape[1]
        given = np.zeros(count) if setpoint_mw is None else np.asarray(setpoint_mw, float)
        nominal = self.network.feeder[feeder.NOMINAL_HZ]
        bus = np.zeros(feeder.NBUS)
        bus[feeder.GRID_PU], bus[feeder.GRID_HZ], bus[feeder.FREQ_HZ] = 1.0, nominal, nominal
        bus[feeder.CLOSED] = bus[feeder.CLOSE_ORDER] = 0.0 if island else 1.0
        volt = complex(1.0)
        if not island:
            volt = self._at_rest(load_mw - given.sum(), load_mvar)
        bus[feeder.VOLT_PU], angle = abs(volt), math.atan2(volt.imag, volt.real)
        bus[[feeder.BUS_RAD, feeder.METER_RAD, feeder.LAST_RAD]] = angle
        const = self.network.inverters
        rows = np.zeros((inverter.NINVERTER_STATE, count))
        rows[inverter.WANT_MW] = rows[inverter.POWER_MW] = given
        rows[[inverter.ANGLE_RAD, inverter.LOOP_RAD, inverter.LAST_RAD]] = angle
        rows[inverter.SEEN_PU] = bus[feeder.VOLT_PU]
        rows[inverter.SOFTER] = rows[inverter.EMF_PU] = rows[inverter.SET_PU] = 1.0
        for i in range(count):
            if const[inverter.FORMS, i] > 0.5 and not island:
                x = const[inverter.REACTANCE_PU, i] / const[inverter.RATING_MVA, i]
                emf = volt + 1j * x * given[i] / volt.conjugate()
                rows[inverter.EMF_PU, i] = rows[inverter.SET_PU, i] = abs(emf)
                rows[inverter.ANGLE_RAD, i] = math.atan2(emf.imag, emf.real)
        orders = np.zeros((inverter.NORDER, count))
        orders[inverter.ASK_MW] = given
        orders[inverter.CAN_CHARGE_MW] = orders[inverter.CAN_DISCHARGE_MW] = const[inverter.RATING_MVA]
        sets = self.network.gensets.shape[1]
        return feeder.NetworkState(
            bus, rows, np.zeros((genset.NGENSET_STATE, sets)), orders, np.zeros((genset.NGENSET_ORDER, sets))
        )

    def _at_rest(self, load_mw: float, load_mvar: float) -> complex:
        """Voltage of the bus at nominal voltage of the grid."""
        from wattstack.physics.kernel.feeder import WELL, solve_load

        r, x, _ = self.network.feeder
        y = 1.0 / complex(r, x)
        status, re, im = solve_load(y.real, y.imag, y.real, y.imag, load_mw, load_mvar, 1.0)
        if status != WELL:
            raise InputError(
                "campus",
                [
                    Fault(
                        "grid.connection.short_circuit_mva",
                        f"is {1.0 / abs(complex(r, x)):,.4g}, too little for a load of {load_mw:,.4g} MW. Raise it.",
                    )
                ],
            )
        return complex(re, im)


def make_network(
    campus: Campus, dynamics: GensetDynamics | None = None, frequency_hz: float | None = None
) -> NetworkSet:
    """Sources of a campus whose sizes stand.

    Args:
        campus: Sized: its grid, battery and generator. A size of 0 is left out.
        dynamics: How its generating sets answer; absent = as GensetDynamics says.
        frequency_hz: Nominal frequency of a campus without a grid.

    Returns:
        NetworkSet.

    Raises:
        InputError: A size is still a range; short_circuit_mva or the frequency is missing.
    """
    from wattstack.physics.kernel.feeder import Network
    from wattstack.physics.kernel.genset import NGENSET_CONST
    from wattstack.physics.kernel.inverter import NINVERTER_CONST

    open_sizes = [
        path
        for path, size in campus.size_paths.items()
        if path.startswith(("battery", "generator")) and not isinstance(size, int | float)
    ]
    if open_sizes:
        raise InputError(
            campus.source,
            [Fault(path, "is a range, must be a number. Plan the campus first.") for path in open_sizes],
        )
    if campus.grid is not None:
        feeder = feeder_row(campus.grid.connection)
    elif frequency_hz is not None:
        feeder = np.array([0.0, 1.0, float(frequency_hz)])
    else:
        raise InputError(campus.source, [Fault("grid", "is missing, so frequency_hz must be given.")])
    inverters = {
        name: inverter_column(unit.inverter, unit.power_mw * max(unit.charge_power_frac, 1.0))
        for name, unit in campus.battery.items()
        if unit.power_mw > 0.0
    }
    sets = [
        (name, genset_column(dynamics or GensetDynamics(), unit.power_mw / unit.units))
        for name, unit in campus.generator.items()
        if unit.power_mw > 0.0
        for _ in range(unit.units)
    ]
    return NetworkSet(
        Network(
            feeder,
            np.array(list(inverters.values())).reshape(-1, NINVERTER_CONST).T.copy(),
            np.array([column for _, column in sets]).reshape(-1, NGENSET_CONST).T.copy(),
        ),
        tuple(inverters),
        tuple(name for name, _ in sets),
    )


class NetworkCourse(NamedTuple):
    """What the network did.

    Attributes:
        voltage_pu: At the bus, (steps,).
        frequency_hz: As a meter at the bus sees it, (steps,).
        angle_rad: Of the bus, in a frame that turns with the nominal frequency, (steps,).
        grid_mw: Drawn from the grid, (steps,).
        grid_mvar: The same, reactive.
        load_mw: As drawn: what was asked but below 0.7 pu, (steps,).
        inverter_mw: Given by each converter, (ni, steps).
        inverter_mvar: The same, reactive.
        genset_mw: Given by each generating set, (ng, steps).
        closed: Whether the connection is closed, (steps,).
        ended: Place in ENDED, int64 (steps,).
    """

    voltage_pu: np.ndarray
    frequency_hz: np.ndarray
    angle_rad: np.ndarray
    grid_mw: np.ndarray
    grid_mvar: np.ndarray
    load_mw: np.ndarray
    inverter_mw: np.ndarray
    inverter_mvar: np.ndarray
    genset_mw: np.ndarray
    closed: np.ndarray
    ended: np.ndarray


def simulate_network(
    network: NetworkSet,
    state: NetworkState,
    load_mw: np.ndarray,
    step_s: float,
    load_mvar: np.ndarray | float = 0.0,
    grid: dict[str, np.ndarray] | None = None,
) -> NetworkCourse:
    """Run the network by itself under a given load: for tests and single questions.

    Args:
        network: From make_network.
        state: From its new_state, with the orders that shall hold; changed.
        load_mw: What the loads ask, (steps,).
        step_s: Length of a step [s], > 0.
        load_mvar: The same, reactive, (steps,) or one number.
        grid: What the grid does, each (steps,): voltage_pu, frequency_hz, jump_rad, close (1 = the connection shall be
            closed). Absent = as the state says.

    Returns:
        NetworkCourse.

    Raises:
        InputError: An array of another length, an unknown name in `grid`.
    """
    from wattstack.physics.kernel import feeder as at

    load = np.asarray(load_mw, float)
    drive = _grid_rows(grid or {}, load.shape)
    mvar = np.array(np.broadcast_to(np.asarray(load_mvar, float), load.shape))
    ni, ng = network.network.inverters.shape[1], network.network.gensets.shape[1]
    bus = np.empty((at.NBUS, len(load)))
    inverters, sets = np.empty((2, ni, len(load))), np.empty((ng, len(load)))
    at.run_network(network.network, state, load, mvar, drive, step_s, (bus, inverters, sets))
    return NetworkCourse(
        voltage_pu=bus[at.VOLT_PU],
        frequency_hz=bus[at.FREQ_HZ],
        angle_rad=bus[at.BUS_RAD],
        grid_mw=bus[at.GRID_MW],
        grid_mvar=bus[at.GRID_MVAR],
        load_mw=bus[at.LOAD_MW],
        inverter_mw=inverters[0],
        inverter_mvar=inverters[1],
        genset_mw=sets,
        closed=bus[at.CLOSED] > 0.5,
        ended=bus[at.STATUS].astype(np.int64),
    )


def _grid_rows(grid: dict[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """The first rows of the bus along time, (steps, 4); NaN where nothing drives them."""
    from wattstack.physics.kernel import feeder as at

    rows = {
        "voltage_pu": at.GRID_PU,
        "frequency_hz": at.GRID_HZ,
        "jump_rad": at.JUMP_RAD,
        "close": at.CLOSE_ORDER,
    }
    drive = np.full((*shape, 4), np.nan)
    faults = []
    for name, wave in grid.items():
        if name not in rows:
            faults.append(Fault(name, f"is unknown, must be one of {', '.join(rows)}."))
        elif np.shape(wave) != shape:
            faults.append(Fault(name, f"has shape {np.shape(wave)}, must have that of load_mw {shape}."))
        else:
            drive[:, rows[name]] = wave
    if faults:
        raise InputError("simulate_network", faults)
    return drive
