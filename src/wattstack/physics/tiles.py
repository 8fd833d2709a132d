"""Many blocks cut into tiles, neighbours that threads move side by side through a series of steps.

Needs    physics.blocks, physics.kernel.run (when called), work.
Gives    Tile, aligned, cut, run_tiles.
Used by  physics.battery, physics.racks.

Blocks that do not hear of each other during a run may go through it one after the other. A tile goes through thousands
of steps while its state lies in the nearest memory of one core, and another core has another tile. Where the cuts are
and the order of the sums do not depend on how many threads there are, so neither does any number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from wattstack.physics.blocks import BlockSet
from wattstack.work import Team, cores

MOST = 64  # blocks of a tile, about: their state, ratings and flows fill half of a first-level cache
LINE = 8  # numbers in a line of memory
CHUNK = 16384  # steps between two sums over the tiles: 1.5 MB a tile

Move = Callable[["Tile", tuple[int, int]], np.ndarray]  # a tile through steps first .. last - 1: its record


class Tile(NamedTuple):
    """Neighbours among blocks, in arrays of their own.

    Attributes:
        blocks: The blocks, in compiled form; state and age are moved on in place.
        first: Place of the first among all.
        drive: What moves them, as the Move wants it.
    """

    blocks: BlockSet
    first: int
    drive: tuple


def cut(made: BlockSet, edges: Sequence[int], drive: Callable[[int, int], tuple]) -> list[Tile]:
    """Cut blocks into tiles.

    Args:
        made: From make_blocks.
        edges: Where a cut may be, ascending from 0 to the number of blocks.
        drive: What moves the blocks from first to last - 1, for Tile.drive.
    """
    from wattstack.physics.kernel.vector import LANES

    ends = [0]
    for edge in edges[1:]:
        size = edge - ends[-1]
        if size >= MOST and size % LANES == 0:
            ends.append(int(edge))
    if ends[-1] < edges[-1]:
        ends.append(int(edges[-1]))
    return [Tile(_part(made, a, b), a, drive(a, b)) for a, b in pairwise(ends)]


def _part(made: BlockSet, first: int, last: int) -> BlockSet:
    """Blocks first .. last - 1, in arrays of their own but for the tables."""
    blocks = made.blocks
    runs = np.clip(blocks.runs, *(np.array([end, end, 0]) for end in (first, last)))
    runs[:, 2] = blocks.runs[:, 2]
    runs[:, :2] -= first
    return BlockSet(
        blocks._replace(
            kind=blocks.kind[first:last].copy(),
            runs=runs[runs[:, 0] < runs[:, 1]],
            rating=aligned(blocks.rating[:, first:last]),
            step_s=blocks.step_s.copy(),
            step=blocks.step.copy(),
        ),
        made.ageing._replace(block=aligned(made.ageing.block[:, first:last])),
        aligned(made.state[:, first:last]),
        aligned(made.age[:, first:last]),
        made.names[first:last],
    )


def aligned(rows: np.ndarray) -> np.ndarray:
    """A copy that begins where a line of memory does (64 bytes): eight numbers are then read from one line, not two."""
    whole = np.empty(rows.size + LINE)
    skip = -(whole.ctypes.data // whole.itemsize) % LINE
    made = whole[skip : skip + rows.size].reshape(rows.shape)
    made[:] = rows
    return made


def run_tiles(
    made: BlockSet, tiles: Sequence[Tile], move: Move, steps: int, workers: int | None
) -> np.ndarray:
    """Move every tile through all steps, and put what became of it back.

    Args:
        made: What was cut; state and age are written.
        tiles: From cut.
        move: A function of a module; what it returns has the rows of physics.kernel.run, then perhaps two: lowest and
            highest of something.
        steps: How many.
        workers: Threads; None: as many as there are cores.

    Returns:
        The record of all blocks, (rows, steps): sums, means, and the lowest and highest, as the rows are.
    """
    counts = [len(tile.blocks.names) for tile in tiles]
    keys = [str(tile.first) for tile in tiles]
    parts = []
    with Team(min(cores() if workers is None else workers, len(tiles))) as team:
        for key, tile in zip(keys, tiles, strict=True):
            team.keep(key, tile)
        for first in range(0, steps, CHUNK):
            span = (first, min(first + CHUNK, steps))
            parts.append(_folded(team.map(move, keys, [span] * len(tiles)), counts))
    for tile, count in zip(tiles, counts, strict=True):
        made.state[:, tile.first : tile.first + count] = tile.blocks.state
        made.age[:, tile.first : tile.first + count] = tile.blocks.age
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def _folded(records: Sequence[np.ndarray], counts: Sequence[int]) -> np.ndarray:
    """Records of tiles as one, always in their order."""
    from wattstack.physics.kernel import run

    whole = records[0]
    if len(records) == 1:
        return whole
    whole[run.R_SOC : run.NRECORD] *= counts[0]
    for record, count in zip(records[1:], counts[1:], strict=True):
        record[run.R_SOC : run.NRECORD] *= count
        whole[: run.R_LIMITED] += record[: run.R_LIMITED]
        whole[run.R_SOC : run.NRECORD] += record[run.R_SOC : run.NRECORD]
        np.maximum(whole[run.R_LIMITED], record[run.R_LIMITED], out=whole[run.R_LIMITED])
        np.minimum(whole[run.NRECORD :: 2], record[run.NRECORD :: 2], out=whole[run.NRECORD :: 2])
        np.maximum(whole[run.NRECORD + 1 :: 2], record[run.NRECORD + 1 :: 2], out=whole[run.NRECORD + 1 :: 2])
    whole[run.R_SOC : run.NRECORD] /= sum(counts)
    return whole
