"""A template laid out for one device: which registers are read together, and where they come to stand.

Needs    operate.devices.template, points, link.
Gives    Layout, Block, lay_out.
Used by  operate.devices.device, image; operate.simulated.

A device has a slice of the one array of all devices, one block behind the other. A block is one request; what a block
brought has one time. Blocks of SunSpec models know their place in the model; where the model begins is found when the
device is spoken to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from wattstack.errors import Fault, InputError
from wattstack.operate.devices.link import MOST_READ, READ_HOLDING, READ_INPUT
from wattstack.operate.devices.points import TYPES, Point
from wattstack.operate.devices.template import Register, Template

FUNCTIONS = {"holding": READ_HOLDING, "input": READ_INPUT}


@dataclass(frozen=True, slots=True)
class Block:
    """Registers that one request reads.

    Attributes:
        model: Of the SunSpec device, None where addresses are the device's own.
        table: "holding" or "input".
        address: First register, from the head of the model on where there is one.
        count: Registers.
        every_s: From one reading to the next; 0: each time.
        at: First register in the device's slice.
    """

    model: int | None
    table: str
    address: int
    count: int
    every_s: float
    at: int


@dataclass(frozen=True)
class Layout:
    """A template laid out.

    Attributes:
        template: What it was made of.
        blocks: What is read, in this order.
        points: The quantities in the slice, offsets from its beginning; scale factors are not among them.
        block_of: Of each point, the block that brings it.
        scale_block_of: Of each point, the block that brings its scale factor (its own block where it has none).
        length: Registers of the slice.
    """

    template: Template
    blocks: tuple[Block, ...]
    points: tuple[Point, ...]
    block_of: tuple[int, ...]
    scale_block_of: tuple[int, ...]
    length: int

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Index of a point by its name."""
        return {point.name: k for k, point in enumerate(self.points)}


def lay_out(template: Template, rating_mw: float | None = None) -> Layout:
    """Lay a template out.

    Args:
        template: Read and checked.
        rating_mw: Power of the device [MW], for quantities in percent of it.

    Raises:
        InputError: A quantity is in percent of a rating that is not known.
    """
    blocks = _blocks(template)
    registers = [register for register in template.registers.values() if register.type != "sunssf"]
    lacking = [r for r in registers if r.of_rating and not rating_mw]
    if lacking:
        faults = [
            Fault(r.name, "is in percent of the rating, the asset must have a power > 0.") for r in lacking
        ]
        raise InputError(f"template {template.name}", faults)
    points, own, scales = [], [], []
    for register in registers:
        block, offset = _found(blocks, register)
        scale_block, scale_at = block, None
        if register.scale is not None:
            scale_block, scale_at = _found(blocks, template.registers[register.scale])
        points.append(point_of(register, offset, scale_at, rating_mw))
        own.append(block)
        scales.append(scale_block)
    return Layout(
        template,
        tuple(blocks),
        tuple(points),
        tuple(own),
        tuple(scales),
        sum(block.count for block in blocks),
    )


def point_of(register: Register, offset: int, scale: int | None, rating_mw: float | None) -> Point:
    """A register of the template as the decoder and `encoded` know it."""
    return Point(
        register.name, offset, register.type,
        factor=register.factor * (rating_mw if register.of_rating and rating_mw else 1.0),
        const=register.const, scale=scale, little=register.little, marked=register.mark is not None,
        own_mark=register.mark, least=register.least, most=register.most,
    )  # fmt: skip


def _blocks(template: Template) -> list[Block]:
    groups: dict[tuple, list[Register]] = {}
    for register in template.registers.values():
        key = (register.every_s, register.model or 0, register.table)
        groups.setdefault(key, []).append(register)
    blocks: list[Block] = []
    for (every_s, _, table), members in sorted(groups.items()):
        members.sort(key=lambda register: register.address)
        begin = end = members[0].address
        spans = []
        for register in members:
            stop = register.address + TYPES[register.type][0]
            if register.address - end > template.gap_registers or stop - begin > MOST_READ:
                spans.append((begin, end))
                begin = end = register.address
            end = max(end, stop)
        spans.append((begin, end))
        for begin, end in spans:
            at = blocks[-1].at + blocks[-1].count if blocks else 0
            blocks.append(Block(members[0].model, table, begin, end - begin, every_s, at))
    return blocks


def _found(blocks: list[Block], register: Register) -> tuple[int, int]:
    """The block that brings a register, and its place in the slice."""
    for k, block in enumerate(blocks):
        same = (block.model, block.table, block.every_s) == (register.model, register.table, register.every_s)
        if same and block.address <= register.address < block.address + block.count:
            return k, block.at + register.address - block.address
    raise AssertionError(register.name)  # blocks were made of the same registers
