"""Sixteen numbers that stay in registers, written in LLVM's portable form: they compile on any processor.

numba has no such vectors, and keeps what a loop adds up in memory. Each lane is an ordinary float32: its operations are rounded one by one, in the
order in which they are written, so that it holds the same bits whatever the others hold. No function checks bounds; arrays are float32 and contiguous.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

WIDTH = 16
_VECTOR = ir.VectorType(ir.FloatType(), WIDTH)
_ZERO = ir.Constant(_VECTOR, [0.0] * WIDTH)


class Floats(types.Type):
    """Sixteen float32 in a register (or a few)."""

    def __init__(self) -> None:
        super().__init__("Floats")


floats_type = Floats()


@register_model(Floats)
class _FloatsModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


@intrinsic
def zeros(typing):
    """Sixteen times 0."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _ZERO

    return floats_type(), generate


@intrinsic
def spread(typing, value):
    """Sixteen times a float32."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _spread(builder, args[0])

    return floats_type(types.float32), generate


@intrinsic
def load(typing, array, place):
    """array[place : place + 16]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, signature, args, 0), align=4)

    return floats_type(array, place), generate


@intrinsic
def store(typing, array, place, lanes):
    """array[place : place + 16] = lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature, args, 0), align=4)
        return context.get_dummy_value()

    return types.void(array, place, lanes), generate


@intrinsic
def add(typing, lanes, others):
    """lanes + others."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(args[0], args[1])

    return floats_type(floats_type, floats_type), generate


@intrinsic
def add_square(typing, total, value, array, place):
    """total + (value - array[place : place + 16])²."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        line = builder.load(_address(context, builder, signature, args, 2), align=4)
        gap = builder.fsub(_spread(builder, args[1]), line)
        return builder.fadd(args[0], builder.fmul(gap, gap))

    return floats_type(floats_type, types.float32, array, place), generate


@intrinsic
def add_product(typing, total, value, lanes):
    """total + value × lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(args[0], builder.fmul(_spread(builder, args[1]), args[2]))

    return floats_type(floats_type, types.float32, floats_type), generate


@intrinsic
def lower(typing, lanes, others):
    """The lower of each pair; the second where they are equal."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", args[0], args[1]), args[0], args[1])

    return floats_type(floats_type, floats_type), generate


def _spread(builder: Any, value: Any) -> Any:
    """The same value in all lanes."""
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
    return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), order)


def _address(context: Any, builder: Any, signature: Any, args: Any, at: int) -> Any:
    """Address of a vector in the array that is argument `at`, from the place that is the next argument on."""
    array = cgutils.create_struct_proxy(signature.args[at])(context, builder, value=args[at])
    start = context.cast(builder, args[at + 1], signature.args[at + 1], types.intp)
    return builder.bitcast(builder.gep(array.data, [start]), _VECTOR.as_pointer())
