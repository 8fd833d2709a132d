"""Eight blocks at once: arithmetic that is written once and runs for one block or for eight in vector registers.

Needs    physics.kernel.vector_words, vector_types; numba and llvmlite.
Gives    LANES, lanes_of; get, put, get_one, fetch; select, lower, upper, magnitude, root, whole, two_to, exponent_of,
         any_of, all_of; sum_of, highest_of; first, count, row_at.
Used by  physics.kernel: lanes, batch, cell, converter, thermal, tables, ageing, run, strings.

A place is the number of one block, or `lanes_of(b)`: the eight blocks from b on. What `get` reads at a place is one
number or eight, and all that follows from it too: operators and comparisons work on both. Compiled, eight numbers are
one value of the machine: a 512-bit register where there is one, else several narrower. A branch holds for all eight,
hence `select`, and `any_of` where a rare case is worth a branch.
"""

from __future__ import annotations

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils

from wattstack.physics.kernel.vector_types import (
    ONE,
    WIDE,
    WORDS,
    LanesType,
    MaskType,
    joined,
    lanes_type,
    mask_type,
    spread,
    teach,
)
from wattstack.physics.kernel.vector_words import (
    LANES,
    all_of,
    any_of,
    count,
    exponent_of,
    fetch,
    first,
    get,
    get_one,
    highest_of,
    lanes_of,
    lower,
    magnitude,
    put,
    root,
    row_at,
    select,
    sum_of,
    two_to,
    upper,
    whole,
)

__all__ = [
    "LANES", "all_of", "any_of", "count", "exponent_of", "fetch", "first", "get", "get_one", "highest_of", "lanes_of",
    "lower", "magnitude", "put", "root", "row_at", "select", "sum_of", "two_to", "upper", "whole",
]  # fmt: skip

_FLAGS = ("contract",)  # a product and a sum may become one operation, as everywhere in the kernels


def _pairs():
    eight = LanesType
    return [(eight, eight)] + [pair for one in ONE for pair in ((eight, one), (one, eight))]


def _teach_operator(function, name):
    def lower_it(context, builder, signature, arguments):
        a, b = (
            spread(context, builder, v, k, lanes_type) for v, k in zip(arguments, signature.args, strict=True)
        )
        return getattr(builder, name)(a, b, flags=_FLAGS)

    def result(*given):
        return lanes_type if lanes_type in given and len(given) == 2 and joined(*given) else None

    teach(function, _pairs(), result, lower_it)


def _teach_comparison(function, sign):
    def lower_it(context, builder, signature, arguments):
        a, b = (
            spread(context, builder, v, k, lanes_type) for v, k in zip(arguments, signature.args, strict=True)
        )
        return builder.fcmp_ordered(sign, a, b)

    def result(*given):
        return mask_type if lanes_type in given and len(given) == 2 and joined(*given) else None

    teach(function, _pairs(), result, lower_it)


def _teach_logic(function, name):
    def lower_it(context, builder, signature, arguments):
        return getattr(builder, name)(*arguments)

    def result(*given):
        return mask_type if given == (mask_type, mask_type) else None

    teach(function, [(MaskType, MaskType)], result, lower_it)


for _function, _name in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul")):
    _teach_operator(_function, _name)
_teach_operator(operator.truediv, "fdiv")
for _function, _sign in ((operator.lt, "<"), (operator.le, "<="), (operator.gt, ">"), (operator.ge, ">=")):
    _teach_comparison(_function, _sign)
_teach_comparison(operator.eq, "==")
_teach_logic(operator.and_, "and_")
_teach_logic(operator.or_, "or_")


def _teach_choice(function, sign):
    """Of two numbers, the one that the sign prefers."""

    def lower_it(context, builder, signature, arguments):
        to = signature.return_type
        a, b = (spread(context, builder, v, k, to) for v, k in zip(arguments, signature.args, strict=True))
        return builder.select(builder.fcmp_ordered(sign, a, b), a, b)

    numbers = (LanesType, *ONE)
    teach(function, [(a, b) for a in numbers for b in numbers], joined, lower_it)


_teach_choice(lower, "<")
_teach_choice(upper, ">")


def _select(context, builder, signature, arguments):
    to = signature.return_type
    a, b = (
        spread(context, builder, v, k, to) for v, k in zip(arguments[1:], signature.args[1:], strict=True)
    )
    return builder.select(arguments[0], a, b)


def _selected(mask, one, other):
    if mask == mask_type:
        return lanes_type if joined(one, other) else None
    return joined(one, other) if isinstance(mask, types.Boolean) else None


_NUMBERS = (LanesType, *ONE)
teach(
    select, [(m, a, b) for m in (MaskType, types.Boolean) for a in _NUMBERS for b in _NUMBERS], _selected, _select
)  # fmt: skip


def _teach_intrinsic(function, name):
    """A function of one number that the machine has."""

    def lower_it(context, builder, signature, arguments):
        kind = signature.return_type
        value = spread(context, builder, arguments[0], signature.args[0], kind)
        ending = f"v{LANES}f64" if kind == lanes_type else "f64"
        known = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(value.type, [value.type]), f"llvm.{name}.{ending}"
        )
        return builder.call(known, [value])

    teach(function, [(kind,) for kind in _NUMBERS], joined, lower_it)


_teach_intrinsic(magnitude, "fabs")
_teach_intrinsic(root, "sqrt")
_teach_intrinsic(whole, "trunc")


def _two_to(context, builder, signature, arguments):
    value = arguments[0]
    words, add, shift = _exponent_bits(signature.return_type)
    bits = builder.shl(builder.add(builder.bitcast(value, words), add), shift)
    return builder.bitcast(bits, value.type)


def _exponent_of(context, builder, signature, arguments):
    words, bias, shift = _exponent_bits(signature.return_type)
    bits = builder.ashr(builder.bitcast(arguments[0], words), shift)
    return builder.sitofp(builder.sub(bits, bias), arguments[0].type)


def _exponent_bits(kind):
    """How a number's bits are read, and where its exponent is: (type, bias, place)."""
    if kind == lanes_type:
        return WORDS, ir.Constant(WORDS, [1023] * LANES), ir.Constant(WORDS, [52] * LANES)
    return ir.IntType(64), ir.IntType(64)(1023), ir.IntType(64)(52)


def _any_of(context, builder, signature, arguments):
    if signature.args[0] == types.boolean:
        return arguments[0]
    bits = builder.bitcast(arguments[0], ir.IntType(LANES))
    return builder.icmp_unsigned("!=", bits, bits.type(0))


def _all_of(context, builder, signature, arguments):
    if signature.args[0] == types.boolean:
        return arguments[0]
    bits = builder.bitcast(arguments[0], ir.IntType(LANES))
    return builder.icmp_unsigned("==", bits, bits.type(2**LANES - 1))


def _sum_of(context, builder, signature, arguments):
    if signature.args[0] != lanes_type:
        return context.cast(builder, arguments[0], signature.args[0], types.float64)
    one = ir.DoubleType()
    reduce = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(one, [one, WIDE]), f"llvm.vector.reduce.fadd.v{LANES}f64"
    )
    return builder.call(reduce, [one(-0.0), arguments[0]], fastmath=("reassoc",))


def _highest_of(context, builder, signature, arguments):
    if signature.args[0] != lanes_type:
        return context.cast(builder, arguments[0], signature.args[0], types.float64)
    reduce = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.DoubleType(), [WIDE]), f"llvm.vector.reduce.fmax.v{LANES}f64"
    )
    return builder.call(reduce, [arguments[0]], fastmath=("nnan",))


def _first(context, builder, signature, arguments):
    return _place(context, builder, signature.args[0], arguments[0])[0]


def _count(context, builder, signature, arguments):
    return context.get_constant(types.intp, LANES if isinstance(signature.args[0], types.BaseTuple) else 1)


teach(all_of, [(MaskType,), (types.Boolean,)], lambda mask: types.boolean, _all_of)
for _function, _made in ((first, _first), (count, _count)):
    teach(_function, [(types.Integer,), (types.BaseTuple,)], lambda b: types.intp, _made)
for _function, _made in ((sum_of, _sum_of), (highest_of, _highest_of)):
    teach(_function, [(kind,) for kind in _NUMBERS], lambda a: types.float64 if joined(a) else None, _made)
for _function, _made in ((two_to, _two_to), (exponent_of, _exponent_of)):
    teach(_function, [(LanesType,), (types.Float,)], joined, _made)
teach(any_of, [(MaskType,), (types.Boolean,)], lambda mask: types.boolean, _any_of)


def _pointer(context, builder, kind, array, indices, to):
    """Pointer to the element at the indices, no index negative."""
    held = context.make_array(kind)(context, builder, value=array)
    shape = cgutils.unpack_tuple(builder, held.shape, kind.ndim)
    strides = cgutils.unpack_tuple(builder, held.strides, kind.ndim)
    at = cgutils.get_item_pointer2(context, builder, held.data, shape, strides, kind.layout, indices)
    return builder.bitcast(at, to.as_pointer())


def _place(context, builder, kind, value):
    """First block of a place, and the type of what stands there."""
    if isinstance(kind, types.BaseTuple):
        return context.cast(builder, builder.extract_value(value, 0), kind[0], types.intp), WIDE
    return context.cast(builder, value, kind, types.intp), ir.DoubleType()


def _is_rows(rows, ndim):
    return isinstance(rows, types.Array) and rows.ndim == ndim and rows.dtype == types.float64


def _read(b):
    return lanes_type if isinstance(b, types.BaseTuple) else types.float64


def _get(context, builder, signature, arguments):
    first, to = _place(context, builder, signature.args[-1], arguments[-1])
    given = zip(arguments[1:-1], signature.args[1:-1], strict=True)
    inner = [context.cast(builder, v, k, types.intp) for v, k in given]
    return builder.load(
        _pointer(context, builder, signature.args[0], arguments[0], [*inner, first], to), align=8
    )


def _put(context, builder, signature, arguments):
    first, to = _place(context, builder, signature.args[2], arguments[2])
    field = context.cast(builder, arguments[1], signature.args[1], types.intp)
    at = _pointer(context, builder, signature.args[0], arguments[0], [field, first], to)
    builder.store(
        spread(context, builder, arguments[3], signature.args[3], _read(signature.args[2])), at, align=8
    )
    return context.get_dummy_value()


def _fetch(context, builder, signature, arguments):
    """The machine's own hint: for reading (0), into the nearest memory (3), data (1)."""
    given = zip(arguments[1:], signature.args[1:], strict=True)
    place = [context.cast(builder, v, k, types.intp) for v, k in given]
    byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
    at = _pointer(context, builder, signature.args[0], arguments[0], place, ir.IntType(8))
    hint = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.VoidType(), [byte, word, word, word]), "llvm.prefetch.p0"
    )
    builder.call(hint, [at, word(0), word(3), word(1)])
    return context.get_dummy_value()


_PLACES = (types.Integer, types.BaseTuple)
teach(
    get, [(types.Array, types.Integer, place) for place in _PLACES],
    lambda rows, field, b: _read(b) if _is_rows(rows, 2) else None, _get,
)  # fmt: skip
teach(get_one, [(types.Array, place) for place in _PLACES], lambda values, b: _read(b), _get)
teach(
    put, [(types.Array, types.Integer, place, value) for place in _PLACES for value in _NUMBERS],
    lambda rows, field, b, value: types.none if _is_rows(rows, 2) else None, _put,
)  # fmt: skip
teach(
    fetch, [(types.Array, types.Integer, types.Integer)],
    lambda rows, field, b: types.none if _is_rows(rows, 2) else None, _fetch,
)  # fmt: skip


def _shuffled(builder, a, b, places):
    mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
    return builder.shuffle_vector(a, b, mask)


def _columns(builder, rows):
    """Eight rows of four, one a lane, as four values: what stands first in each row, what stands second, and so on."""
    even, odd = (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15)
    low, high = (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)
    pairs = [_shuffled(builder, rows[i], rows[i + 4], range(8)) for i in range(4)]
    halves = [[_shuffled(builder, pairs[i], pairs[i + 1], take) for i in (0, 2)] for take in (even, odd)]
    return [_shuffled(builder, *half, take) for take in (low, high) for half in halves]


def _row_at(context, builder, signature, arguments):
    """Four neighbours are one load; those of all lanes are then turned from rows into columns."""
    table, at = arguments[:2]
    kind, width = signature.args[0], signature.return_type.count
    if signature.args[1] != lanes_type:
        first = _pointer(context, builder, kind, table, [builder.fptosi(at, ir.IntType(64))], ir.DoubleType())
        values = [builder.load(builder.gep(first, [ir.IntType(64)(i)]), align=8) for i in range(width)]
        return context.make_tuple(builder, signature.return_type, values)
    four = ir.VectorType(ir.DoubleType(), 4)
    index = builder.fptosi(at, WORDS)
    rows = []
    for i in range(LANES):
        lane = builder.extract_element(index, ir.IntType(32)(i))
        first = _pointer(context, builder, kind, table, [lane], four)
        rows.append(
            [builder.load(builder.gep(first, [ir.IntType(64)(k)]), align=8) for k in range(width // 4)]
        )
    columns = [column for part in zip(*rows, strict=True) for column in _columns(builder, part)]
    return context.make_tuple(builder, signature.return_type, columns)


def _row(table, at, width):
    kind = joined(at)
    wide = isinstance(width, types.IntegerLiteral)
    return types.UniTuple(kind, width.literal_value) if kind and wide and _is_rows(table, 1) else None


teach(
    row_at, [(types.Array, at, types.IntegerLiteral) for at in (LanesType, types.Float)], _row, _row_at, literal=True
)  # fmt: skip
