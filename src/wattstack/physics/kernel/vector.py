"""Eight blocks at once: arithmetic that is written once and runs for one block or for eight in vector registers.

Needs    physics.kernel.vector_words; numba and llvmlite.
Gives    LANES, lanes_of; get, put, get_one; select, lower, upper, magnitude, root, whole, two_to, any_of, all_of;
         sum_of, highest_of; first, count, row_at.
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
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.core.typing.templates import signature as signature_of
from numba.extending import lower_builtin, models, register_model

from wattstack.physics.kernel.vector_words import (
    LANES,
    all_of,
    any_of,
    count,
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
    "LANES", "all_of", "any_of", "count", "first", "get", "get_one", "highest_of", "lanes_of", "lower", "magnitude",
    "put", "root", "row_at", "select", "sum_of", "two_to", "upper", "whole",
]  # fmt: skip

_WIDE = ir.VectorType(ir.DoubleType(), LANES)
_WORDS = ir.VectorType(ir.IntType(64), LANES)
_FLAGS = ("contract",)  # a product and a sum may become one operation, as everywhere in the kernels


class LanesType(types.Type):
    """Eight numbers, as compiled code knows them."""

    def __init__(self):
        super().__init__(name="Lanes")


class MaskType(types.Type):
    """Eight answers, yes or no."""

    def __init__(self):
        super().__init__(name="LanesMask")


lanes_type, mask_type = LanesType(), MaskType()
_ONE = (types.Float, types.Integer)


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):
    """A vector of the machine."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, _WIDE)


@register_model(MaskType)
class MaskModel(models.PrimitiveModel):
    """A vector of bits."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), LANES))


def _joined(*kinds):
    """Type of a result of numbers of these types: eight if any is eight, else one; None if any is no number."""
    if not all(kind == lanes_type or isinstance(kind, _ONE) for kind in kinds):
        return None
    return lanes_type if lanes_type in kinds else types.float64


def _spread(context, builder, value, kind, to):
    """A number as type `to`: eight times the same where eight are wanted."""
    if kind == to:
        return value
    value = context.cast(builder, value, kind, types.float64)
    if to == types.float64:
        return value
    first = builder.insert_element(ir.Constant(_WIDE, ir.Undefined), value, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    return builder.shuffle_vector(first, ir.Constant(_WIDE, ir.Undefined), zeros)


def _teach(function, kinds, result, lower_it, literal=False):
    """Tell the compiler what a function gives for each tuple of types, and how to make it."""

    class Typed(AbstractTemplate):
        key = function
        prefer_literal = literal

        def generic(self, args, kws):
            made = result(*args)
            return made and signature_of(made, *args)

    infer_global(function, types.Function(Typed))
    for each in kinds:
        lower_builtin(function, *each)(lower_it)


def _pairs():
    eight = LanesType
    return [(eight, eight)] + [pair for one in _ONE for pair in ((eight, one), (one, eight))]


def _teach_operator(function, name):
    def lower_it(context, builder, signature, arguments):
        a, b = (
            _spread(context, builder, v, k, lanes_type)
            for v, k in zip(arguments, signature.args, strict=True)
        )
        return getattr(builder, name)(a, b, flags=_FLAGS)

    def result(*given):
        return lanes_type if lanes_type in given and len(given) == 2 and _joined(*given) else None

    _teach(function, _pairs(), result, lower_it)


def _teach_comparison(function, sign):
    def lower_it(context, builder, signature, arguments):
        a, b = (
            _spread(context, builder, v, k, lanes_type)
            for v, k in zip(arguments, signature.args, strict=True)
        )
        return builder.fcmp_ordered(sign, a, b)

    def result(*given):
        return mask_type if lanes_type in given and len(given) == 2 and _joined(*given) else None

    _teach(function, _pairs(), result, lower_it)


def _teach_logic(function, name):
    def lower_it(context, builder, signature, arguments):
        return getattr(builder, name)(*arguments)

    def result(*given):
        return mask_type if given == (mask_type, mask_type) else None

    _teach(function, [(MaskType, MaskType)], result, lower_it)


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
        a, b = (_spread(context, builder, v, k, to) for v, k in zip(arguments, signature.args, strict=True))
        return builder.select(builder.fcmp_ordered(sign, a, b), a, b)

    numbers = (LanesType, *_ONE)
    _teach(function, [(a, b) for a in numbers for b in numbers], _joined, lower_it)


_teach_choice(lower, "<")
_teach_choice(upper, ">")


def _select(context, builder, signature, arguments):
    to = signature.return_type
    a, b = (
        _spread(context, builder, v, k, to) for v, k in zip(arguments[1:], signature.args[1:], strict=True)
    )
    return builder.select(arguments[0], a, b)


def _selected(mask, one, other):
    if mask == mask_type:
        return lanes_type if _joined(one, other) else None
    return _joined(one, other) if isinstance(mask, types.Boolean) else None


_NUMBERS = (LanesType, *_ONE)
_teach(
    select, [(m, a, b) for m in (MaskType, types.Boolean) for a in _NUMBERS for b in _NUMBERS], _selected, _select
)  # fmt: skip


def _teach_intrinsic(function, name):
    """A function of one number that the machine has."""

    def lower_it(context, builder, signature, arguments):
        kind = signature.return_type
        value = _spread(context, builder, arguments[0], signature.args[0], kind)
        ending = f"v{LANES}f64" if kind == lanes_type else "f64"
        known = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(value.type, [value.type]), f"llvm.{name}.{ending}"
        )
        return builder.call(known, [value])

    _teach(function, [(kind,) for kind in _NUMBERS], _joined, lower_it)


_teach_intrinsic(magnitude, "fabs")
_teach_intrinsic(root, "sqrt")
_teach_intrinsic(whole, "trunc")


def _two_to(context, builder, signature, arguments):
    value = arguments[0]
    words = _WORDS if signature.return_type == lanes_type else ir.IntType(64)
    add = ir.Constant(words, [1023] * LANES if words == _WORDS else 1023)
    shift = ir.Constant(words, [52] * LANES if words == _WORDS else 52)
    bits = builder.shl(builder.add(builder.bitcast(value, words), add), shift)
    return builder.bitcast(bits, value.type)


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
        builder.module, ir.FunctionType(one, [one, _WIDE]), f"llvm.vector.reduce.fadd.v{LANES}f64"
    )
    return builder.call(reduce, [one(-0.0), arguments[0]], fastmath=("reassoc",))


def _highest_of(context, builder, signature, arguments):
    if signature.args[0] != lanes_type:
        return context.cast(builder, arguments[0], signature.args[0], types.float64)
    reduce = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(ir.DoubleType(), [_WIDE]), f"llvm.vector.reduce.fmax.v{LANES}f64"
    )
    return builder.call(reduce, [arguments[0]], fastmath=("nnan",))


def _first(context, builder, signature, arguments):
    return _place(context, builder, signature.args[0], arguments[0])[0]


def _count(context, builder, signature, arguments):
    return context.get_constant(types.intp, LANES if isinstance(signature.args[0], types.BaseTuple) else 1)


_teach(all_of, [(MaskType,), (types.Boolean,)], lambda mask: types.boolean, _all_of)
for _function, _made in ((first, _first), (count, _count)):
    _teach(_function, [(types.Integer,), (types.BaseTuple,)], lambda b: types.intp, _made)
for _function, _made in ((sum_of, _sum_of), (highest_of, _highest_of)):
    _teach(_function, [(kind,) for kind in _NUMBERS], lambda a: types.float64 if _joined(a) else None, _made)
_teach(two_to, [(LanesType,), (types.Float,)], _joined, _two_to)
_teach(any_of, [(MaskType,), (types.Boolean,)], lambda mask: types.boolean, _any_of)


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
        return context.cast(builder, builder.extract_value(value, 0), kind[0], types.intp), _WIDE
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
        _spread(context, builder, arguments[3], signature.args[3], _read(signature.args[2])), at, align=8
    )
    return context.get_dummy_value()


_PLACES = (types.Integer, types.BaseTuple)
_teach(
    get, [(types.Array, types.Integer, place) for place in _PLACES],
    lambda rows, field, b: _read(b) if _is_rows(rows, 2) else None, _get,
)  # fmt: skip
_teach(get_one, [(types.Array, place) for place in _PLACES], lambda values, b: _read(b), _get)
_teach(
    put, [(types.Array, types.Integer, place, value) for place in _PLACES for value in _NUMBERS],
    lambda rows, field, b, value: types.none if _is_rows(rows, 2) else None, _put,
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
    index = builder.fptosi(at, _WORDS)
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
    kind = _joined(at)
    wide = isinstance(width, types.IntegerLiteral)
    return types.UniTuple(kind, width.literal_value) if kind and wide and _is_rows(table, 1) else None


_teach(
    row_at, [(types.Array, at, types.IntegerLiteral) for at in (LanesType, types.Float)], _row, _row_at, literal=True
)  # fmt: skip
