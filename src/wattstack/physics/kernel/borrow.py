"""Arrays that are looked at, not owned: a compiled loop over them counts no references.

Gives    borrowed.
Used by  physics.kernel.batch, physics.kernel.run; any compiled loop that hands the same arrays on at every step.

Compiled code counts who holds an array, with an atomic operation each time one is taken out of a tuple or handed on.
For one battery that takes longer than its physics. A borrowed array is the same array without an owner, so there is
nothing to count. The caller's own reference keeps it alive, so it may not outlive the call that borrowed it. A function
it is handed to must be put in where it is called (forceinline): one that stands alone knows nothing of the loan, and
counts again.
"""

from __future__ import annotations

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload


def borrowed(value):
    """The same array, or tuple of arrays, without an owner; for use inside the function that borrows it."""
    return value


@intrinsic
def _borrowed(typing_context, value):
    def lower(context, builder, signature, arguments):
        return _without_owner(context, builder, signature.args[0], arguments[0])

    return value(value), lower


@overload(borrowed, inline="always")
def _compiled(value):
    return lambda value: _borrowed(value)  # noqa: PLW0108  numba compiles a lambda, not an intrinsic


def _without_owner(context, builder, kind, value):
    """Take the owner off an array and off every array of a tuple; anything else passes."""
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value=value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind):
            part = _without_owner(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value
