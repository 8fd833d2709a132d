"""A battery as it is built: racks in containers, each rack a little different, in parallel on the bus of its container.

Needs    campus.Racks as declared; physics.blocks, tiles; physics.kernel.strings (when called).
Gives    RackPlant, make_racks, simulate_racks.
Used by  twin, benchmarks.

Capacity, resistance and speed of ageing of each rack are drawn once. Racks of a container share their voltage, so the
weaker ones carry less and the plant can do less than its mean rack says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wattstack.errors import Fault, InputError
from wattstack.physics.battery import channels_of
from wattstack.physics.blocks import BlockSet, BlockSpec, make_blocks
from wattstack.physics.tiles import Tile, cut, run_tiles

if TYPE_CHECKING:
    from wattstack.campus import Battery

RULES = ("voltage", "weakest")
MOST_RACKS = 128  # of one container: more is a slip in the file, assumption


class RackPlant(NamedTuple):
    """Racks of one battery.

    Attributes:
        racks: One block for each rack, containers one after the other.
        edges: First rack of each container, and one past the last, int64 (containers + 1,).
    """

    racks: BlockSet
    edges: np.ndarray


def make_racks(spec: BlockSpec, battery: Battery) -> RackPlant:
    """Cut one block into the racks that the campus file declares.

    Args:
        spec: The whole battery, from block_of.
        battery: As declared: its `racks` gives sizes, spreads and the seed.

    Returns:
        Racks with drawn factors: normal about 1 for capacity and resistance, lognormal with median 1 for the speed of
        ageing; capacity is scaled so that the plant has the capacity of `spec`.

    Raises:
        InputError: The spec is a reservoir, or a container has more than 128 racks.

    Source:
        Rumpf et al. (2017), doi:10.1016/j.est.2017.09.010: normal spread of capacity and resistance of one lot.
        Lognormal ageing: assumption, a speed is never negative.
    """
    declared = battery.racks
    faults = []
    if spec.cell is None:
        faults.append(Fault("cell", "is missing: a reservoir has no racks. Name a chemistry."))
    if declared.racks_per_container > MOST_RACKS:
        faults.append(
            Fault("racks_per_container", f"is {declared.racks_per_container}, must be at most {MOST_RACKS}.")
        )
    if faults:
        raise InputError(f"racks of {spec.name}", faults)
    containers = declared.containers(spec.nameplate_mwh)
    count = containers * declared.racks_per_container
    draw = np.random.default_rng(declared.seed).standard_normal((3, count))
    capacity = np.maximum(1.0 + declared.capacity_spread_frac * draw[0], 0.1)
    capacity /= capacity.mean()
    resistance = np.maximum(1.0 + declared.resistance_spread_frac * draw[1], 0.1)
    ageing = np.exp(declared.ageing_spread_frac * draw[2])
    each = {
        "nameplate_mwh": spec.nameplate_mwh / count,
        "discharge_mw": spec.discharge_mw / count,
        "charge_mw": spec.charge_mw / count,
    }
    racks = [
        replace(
            spec,
            name=f"{spec.name}.{b // declared.racks_per_container + 1}.{b % declared.racks_per_container + 1}",
            capacity_frac=spec.capacity_frac * float(capacity[b]),
            resistance_frac=spec.resistance_frac * float(resistance[b]),
            ageing_frac=spec.ageing_frac * float(ageing[b]),
            **each,
        )
        for b in range(count)
    ]
    return RackPlant(make_blocks(racks), np.arange(containers + 1) * declared.racks_per_container)


def simulate_racks(
    plant: RackPlant,
    setpoint_mw: np.ndarray,
    temp_air_degc: np.ndarray | float,
    step_s: float,
    rule: str = "voltage",
    workers: int | None = None,
) -> dict[str, np.ndarray]:
    """Run a plant of racks through a series of setpoints on all cores; its state and age are moved on in place.

    The plant gives every container the same share of its power, and racks of a container divide theirs: containers do
    not hear of each other.

    Args:
        plant: From make_racks.
        setpoint_mw: Asked of the whole plant at the bus [MW], shape (steps,), > 0 discharges.
        temp_air_degc: Outdoor temperature [degC], (steps,) or one number.
        step_s: Length of a step [s], > 0.
        rule: "voltage": racks of a container share its voltage; "weakest": they share its power equally, and the
            weakest sets what it can.
        workers: Threads; None: as many as there are cores. Any number gives the same to the last bit.

    Returns:
        The channels of simulate_battery, sums or means over the racks, and soc_lowest, soc_highest of a rack.

    Raises:
        InputError: The series hold gaps, are empty or do not fit; step_s is not above 0; the rule is unknown.
    """
    from wattstack.physics.battery import check_drive
    from wattstack.physics.kernel import run

    asked = np.array(setpoint_mw, dtype=np.float64)
    outdoors = np.array(np.broadcast_to(np.asarray(temp_air_degc, dtype=np.float64), asked.shape))
    check_drive(asked.ndim, asked, outdoors, step_s)
    if rule not in RULES:
        raise InputError("racks", [Fault("rule", f"is {rule!r}, must be one of {', '.join(RULES)}.")])
    made, edges, each_mw = plant.racks, plant.edges, asked / len(plant.racks.names)

    def drive(first: int, last: int) -> tuple:
        inside = edges[(edges >= first) & (edges <= last)] - first
        shares = np.append(np.ones(last - first), np.zeros(len(inside)))  # which way, and a mark a container
        return inside, RULES.index(rule), (each_mw, outdoors), float(step_s), shares

    record = run_tiles(made, cut(made, edges.tolist(), drive), _move, asked.size, workers)
    return {**channels_of(record), "soc_lowest": record[run.NRECORD], "soc_highest": record[run.NRECORD + 1]}


def _move(tile: Tile, span: tuple[int, int]) -> np.ndarray:
    """Whole containers through a span of steps."""
    from wattstack.physics.kernel import run, strings

    moved, (edges, rule, drive, step_s, shares) = tile.blocks, tile.drive
    record = np.zeros((run.NRECORD + 2, span[1] - span[0]))
    strings.run_racks(
        moved.blocks, moved.ageing, moved.state, moved.age, edges, rule, drive, span, step_s, shares, record
    )
    return record
