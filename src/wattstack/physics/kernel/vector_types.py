"""Eight numbers and eight answers as types of compiled code, and how the compiler is taught a word about them.

Needs    physics.kernel.vector_words; numba and llvmlite.
Gives    LanesType, MaskType, lanes_type, mask_type; WIDE, WORDS, ONE; joined, spread, teach.
Used by  physics.kernel.vector.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.core.typing.templates import signature as signature_of
from numba.extending import lower_builtin, models, register_model

from wattstack.physics.kernel.vector_words import LANES

WIDE = ir.VectorType(ir.DoubleType(), LANES)
WORDS = ir.VectorType(ir.IntType(64), LANES)


class LanesType(types.Type):
    """Eight numbers, as compiled code knows them."""

    def __init__(self):
        super().__init__(name="Lanes")


class MaskType(types.Type):
    """Eight answers, yes or no."""

    def __init__(self):
        super().__init__(name="LanesMask")


lanes_type, mask_type = LanesType(), MaskType()
ONE = (types.Float, types.Integer)


@register_model(LanesType)
class LanesModel(models.PrimitiveModel):
    """A vector of the machine."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, WIDE)


@register_model(MaskType)
class MaskModel(models.PrimitiveModel):
    """A vector of bits."""

    def __init__(self, manager, kind):
        super().__init__(manager, kind, ir.VectorType(ir.IntType(1), LANES))


def joined(*kinds):
    """Type of a result of numbers of these types: eight if any is eight, else one; None if any is no number."""
    if not all(kind == lanes_type or isinstance(kind, ONE) for kind in kinds):
        return None
    return lanes_type if lanes_type in kinds else types.float64


def spread(context, builder, value, kind, to):
    """A number as type `to`: eight times the same where eight are wanted."""
    if kind == to:
        return value
    value = context.cast(builder, value, kind, types.float64)
    if to == types.float64:
        return value
    first = builder.insert_element(ir.Constant(WIDE, ir.Undefined), value, ir.IntType(32)(0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), None)
    return builder.shuffle_vector(first, ir.Constant(WIDE, ir.Undefined), zeros)


def teach(function, kinds, result, lower_it, literal=False):
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
