"""Two machine operations that numba has no word for, written in LLVM's portable form: they compile on any processor.

numba cannot know that two arrays do not overlap, so it tests that each time it adds a short row to another: for a leaf row of twenty
numbers the test costs more than the sum. And a leaf row comes from memory in no order that a processor foresees.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8

_BYTE, _INT32, _INT64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)


@intrinsic
def add_lanes(typing, sums, start, terms, first):
    """sums[start : start + 8] += terms[first : first + 8]; sums uint32 (n,), terms uint16 (m,), both contiguous. No bounds are checked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _address(context, builder, signature, args, 0, ir.VectorType(_INT32, LANES))
        source = _address(context, builder, signature, args, 2, ir.VectorType(ir.IntType(16), LANES))
        wide = builder.zext(builder.load(source, align=2), ir.VectorType(_INT32, LANES))
        builder.store(builder.add(builder.load(target, align=4), wide), target, align=4)
        return context.get_dummy_value()

    return types.void(sums, start, terms, first), generate


@intrinsic
def prefetch(typing, array, place):
    """Start to bring array[place] (contiguous, one axis) near the processor; any place is allowed."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, 0, _BYTE)
        function = ir.FunctionType(ir.VoidType(), [address.type, _INT32, _INT32, _INT32])
        read, keep, data = (ir.Constant(_INT32, value) for value in (0, 3, 1))
        builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0"), [address, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, place), generate


def _address(context: Any, builder: Any, signature: Any, args: Any, position: int, element: Any) -> Any:
    """Pointer to element number args[position + 1] of the array args[position]."""
    array = context.make_array(signature.args[position])(context, builder, args[position])
    index = args[position + 1]
    if index.type.width < _INT64.width:
        index = builder.zext(index, _INT64)
    return builder.bitcast(builder.gep(array.data, [index]), element.as_pointer())
