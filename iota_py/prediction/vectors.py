"""Machine operations that numba has no word for, written in LLVM's portable form: they compile on any processor.

numba cannot know that two arrays do not overlap, so it tests that each time it adds a short row to another: for a leaf row of twenty
numbers the test costs more than the sum. It has no vectors that stay in registers either: `Lanes` are 64 bytes, one per pixel.
None of these functions checks bounds; arrays have one axis and are contiguous.
"""

from __future__ import annotations

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

ROW = 8  # numbers that add_row adds
WIDTH = 64  # bytes of Lanes

_BIT, _BYTE, _INT32, _INT64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))
_VECTOR = ir.VectorType(_BYTE, WIDTH)
_ALL_SET, _ALL_CLEAR = (ir.Constant(_VECTOR, [value] * WIDTH) for value in (255, 0))
_FLOATS, _QUARTER = ir.VectorType(ir.FloatType(), 16), ir.VectorType(ir.IntType(32), 16)
PERMUTES = bool(binding.get_host_cpu_features().get("avx512f"))  # the processor looks 16 numbers up at once in a table of registers


class Lanes(types.Type):
    """64 unsigned bytes in a register (or a few)."""

    def __init__(self) -> None:
        super().__init__("Lanes")


lanes_type = Lanes()


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


@intrinsic
def add_row(typing, sums, start, terms, first):
    """sums[start : start + 8] += terms[first : first + 8]; sums uint32, terms uint16."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        target = _address(context, builder, signature, args, 0, ir.VectorType(_INT32, ROW))
        source = _address(context, builder, signature, args, 2, ir.VectorType(ir.IntType(16), ROW))
        wide = builder.zext(builder.load(source, align=2), ir.VectorType(_INT32, ROW))
        builder.store(builder.add(builder.load(target, align=4), wide), target, align=4)
        return context.get_dummy_value()

    return types.void(sums, start, terms, first), generate


@intrinsic
def prefetch(typing, array, place):
    """Start to bring array[place] near the processor; any place is allowed."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature, args, 0, _BYTE)
        function = ir.FunctionType(ir.VoidType(), [address.type, _INT32, _INT32, _INT32])
        read, keep, data = (ir.Constant(_INT32, value) for value in (0, 3, 1))
        builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.prefetch.p0"), [address, read, keep, data])
        return context.get_dummy_value()

    return types.void(array, place), generate


@intrinsic
def all_set(typing):
    """Lanes of 255."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _ALL_SET

    return lanes_type(), generate


@intrinsic
def load(typing, array, place):
    """Lanes from array[place : place + 64], uint8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, signature, args, 0, _VECTOR), align=1)

    return lanes_type(array, place), generate


@intrinsic
def store(typing, array, place, lanes):
    """array[place : place + 64] = lanes, uint8."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, signature, args, 0, _VECTOR), align=1)
        return context.get_dummy_value()

    return types.void(array, place, lanes), generate


@intrinsic
def mask_above(typing, lanes, values, threshold, mask):
    """`lanes & mask` where values > threshold, `lanes` elsewhere; threshold and mask are single bytes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        above = builder.icmp_unsigned(">", args[1], _spread(builder, args[2]))
        return builder.and_(args[0], builder.select(above, _spread(builder, args[3]), _ALL_SET))

    return lanes_type(lanes, values, threshold, mask), generate


@intrinsic
def lowest_bit(typing, lanes, base, other):
    """`base` + number of the lowest bit set where a lane is not 0, the lane of `other` elsewhere; base is a single byte."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_VECTOR, [_VECTOR, _BIT]), f"llvm.cttz.v{WIDTH}i8")
        number = builder.call(function, [args[0], ir.Constant(_BIT, 0)])
        filled = builder.icmp_unsigned("!=", args[0], _ALL_CLEAR)
        return builder.select(filled, builder.add(number, _spread(builder, args[1])), args[2])

    return lanes_type(lanes, base, other), generate


@intrinsic
def add_of_32(typing, sums, start, table, first, places, lane):
    """sums[start + i] += table[first + places[lane + i]] for i < 64; float32, float32, uint8 below 32. Only where PERMUTES."""
    return types.void(sums, start, table, first, places, lane), _adder(2)


@intrinsic
def add_of_64(typing, sums, start, table, first, places, lane):
    """As add_of_32, with places below 64."""
    return types.void(sums, start, table, first, places, lane), _adder(4)


def _adder(registers: int) -> Any:
    """Code of `add_of`: the table is held in so many registers of 16 numbers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        def at(position: int, offset: int, kind: Any) -> Any:
            moved = list(args)
            moved[position + 1] = builder.add(args[position + 1], ir.Constant(args[position + 1].type, offset))
            return _address(context, builder, signature, moved, position, kind)

        table = [builder.load(at(2, 16 * k, _FLOATS), align=4) for k in range(registers)]
        places = builder.load(at(4, 0, _VECTOR), align=1)
        for k in range(WIDTH // 16):
            sixteen = ir.Constant(_QUARTER, list(range(16 * k, 16 * k + 16)))
            index = builder.zext(builder.shuffle_vector(places, _ALL_CLEAR, sixteen), _QUARTER)
            found = _permute(builder, table[0], index, table[1])
            if registers == 4:
                upper = builder.icmp_unsigned(">", index, ir.Constant(_QUARTER, [31] * 16))
                found = builder.select(upper, _permute(builder, table[2], index, table[3]), found)
            target = at(0, 16 * k, _FLOATS)
            builder.store(builder.fadd(builder.load(target, align=4), found), target, align=4)
        return context.get_dummy_value()

    return generate


def _permute(builder: Any, low: Any, index: Any, high: Any) -> Any:
    """The numbers of two registers, one after the other, at the lowest five bits of each index."""
    function = ir.FunctionType(_FLOATS, [_FLOATS, _QUARTER, _FLOATS])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.x86.avx512.vpermi2var.ps.512"), [low, index, high])


def _spread(builder: Any, byte: Any) -> Any:
    """Lanes that all hold one byte."""
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), byte, ir.Constant(_INT32, 0))
    return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.VectorType(_INT32, WIDTH), None))


def _address(context: Any, builder: Any, signature: Any, args: Any, position: int, element: Any) -> Any:
    """Pointer to element number args[position + 1] of the array args[position]."""
    array = context.make_array(signature.args[position])(context, builder, args[position])
    index = args[position + 1]
    if index.type.width < _INT64.width:
        index = builder.zext(index, _INT64)
    return builder.bitcast(builder.gep(array.data, [index]), element.as_pointer())
