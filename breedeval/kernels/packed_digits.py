"""Products of genotypes in 2 bits with vectors, by dot products of bytes.

A number is a whole number of 54 bits times a power of two, and that has seven digits of 8 bits,
from −128 to 127. Where the processor has dot products of bytes (AVX-512 VNNI), they give the sums
of each digit over calls, 64 an instruction, and exact in any order. A call counts 2 − copies, and a
missing one as if it had one copy: :func:`list_gaps` says where they are, :func:`gap_sums` and
:func:`spread_gaps` mend that.

A window is 64 bytes of a row, 256 individuals. The last one ends with the row, and begins within
the one before: rows have at least 64 bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import Late, array, kernel, part, processor_has

Bytes = NDArray[np.uint8]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Int8 = NDArray[np.int8]

u = np.uint64
"""Places are unsigned, or the compiler looks after places that count from the end."""

DIGITS, HIGH = 7, 4
"""Digits of a number; the first of those whose sums are put together apart, for want of bits."""

BITS = 54
"""Of the whole numbers; their seventh digit then has no carry."""

WINDOW = 64
"""Bytes of a window, and of a register."""

PANEL, ROWS = 24, 256
"""Most windows whose digits (43 KB) are used by so many rows before those of others."""

QUADS = 64
"""Fours of markers that are beside each other at a time."""

NEAR = 2**20
"""Bytes of markers that stay near the processor while they are read."""

_bytes, _reals, _row = array("u1", 2), array("f8", 2), array("f8", 1)
_starts, _places, _parts = array("i8", 1), array("i4", 1), array("i8", 3)


def dot_rows_one_by_one(
    data: Bytes, top: int, bottom: int, first: int, last: int, digits: Int8, sums: Int32
) -> None:
    """sums[r, p] += Σ (2 − copies) · digit p, over the windows first … last of row top + r.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    top, bottom, first, last : int
        The rows, and the windows.
    digits : ndarray of int8, shape (windows, 4, DIGITS, 64)
        [j, t, p, b] is digit p for call t of byte b of window j.
    sums : ndarray of int32, shape (more than bottom − top, DIGITS)
        A row beyond the last may be used for what nobody asks.
    """
    for r in range(bottom - top):
        own = data[top + r]
        for j in range(first, last):
            at = min(WINDOW * j, own.size - WINDOW)
            for b in range(WINDOW):
                byte = np.int64(own[at + b])
                byte -= byte >> 1 & 0x55
                for t in range(4):
                    for p in range(DIGITS):
                        sums[r, p] += (byte >> 2 * t & 3) * digits[j, t, p, b]


def take_quads_one_by_one(data: Bytes, first: int, last: int, at: int, quads: Bytes) -> None:
    """2 − copies of four markers beside each other, for the markers first … last and 64 bytes.

    quads[i, g, 4q + r] has four individuals, those of byte 16(q // 4) + 4i + q % 4 from byte
    ``at`` on, at marker first + 4g + r; beyond the last marker stands that one again.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    first, last, at : int
    quads : ndarray of uint8, shape (4, QUADS, 64)
    """
    for g in range((last - first + 3) // 4):
        for r in range(4):
            row = data[min(first + 4 * g + r, last - 1)]
            for i in range(4):
                for q in range(16):
                    byte = row[at + 16 * (q // 4) + 4 * i + q % 4]
                    quads[i, g, 4 * q + r] = byte - (byte >> 1 & 0x55)


def dot_quads_one_by_one(
    quads: Bytes, count: int, digits: Int32, sums: Int32, window: int, ahead: int, stride: int
) -> None:
    """sums[p, window, i, t, q] += Σ over g, r of call t of quads[i, g, 4q + r] · digit.

    Parameters
    ----------
    quads : ndarray of uint8, shape (4, QUADS, 64)
    count : int
        Fours of markers.
    digits : ndarray of int32, shape (QUADS, DIGITS)
        Byte r of [g, p] is digit p for marker 4g + r.
    sums : ndarray of int32, shape (DIGITS, windows, 4, 4, 16)
    window : int
    ahead, stride : int
        Address of what is read next, and bytes from one piece of 64 to the next: it is fetched
        meanwhile, where that can be said.
    """
    for i in range(4):
        for g in range(count):
            for q in range(16):
                for r in range(4):
                    byte = np.int64(quads[i, g, 4 * q + r])
                    for p in range(DIGITS):
                        digit = ((np.int64(digits[g, p]) >> 8 * r) + 128 & 255) - 128
                        for t in range(4):
                            sums[p, window, i, t, q] += (byte >> 2 * t & 3) * digit


class _Code:
    """Pieces of code for registers of 64 bytes."""

    def __init__(self) -> None:
        from llvmlite import ir  # type: ignore[import-untyped]

        self.ir = ir
        self.number, self.small = ir.IntType(64), ir.IntType(32)
        self.words = ir.VectorType(self.number, 8)
        self.sixteen = ir.VectorType(self.small, 16)
        self.kind = ir.FunctionType(self.sixteen, [self.sixteen] * 3)

    def value(self, value: int) -> Any:
        """A number."""
        return self.ir.Constant(self.number, value)

    def every(self, value: int) -> Any:
        """The same 64 bits eight times."""
        return self.ir.Constant(self.words, [value] * 8)

    def pointer(self, builder: Any, base: Any, offset: int, what: Any) -> Any:
        """Where something is."""
        return builder.inttoptr(builder.add(base, self.value(offset)), what.as_pointer())

    def load(self, builder: Any, base: Any, offset: int, what: Any) -> Any:
        """What is there."""
        return builder.load(self.pointer(builder, base, offset, what), align=1)

    def counted(self, builder: Any, word: Any) -> Any:
        """2 − copies in the place of codes."""
        half = builder.and_(builder.lshr(word, self.every(1)), self.every(0x5555555555555555))
        return builder.sub(word, half)

    def call(self, builder: Any, word: Any, t: int) -> Any:
        """The t-th call of every byte."""
        shifted = builder.lshr(word, self.every(2 * t)) if t else word
        return builder.bitcast(builder.and_(shifted, self.every(0x0303030303030303)), self.sixteen)

    def dot(self, builder: Any, total: Any, call: Any, digit: Any) -> None:
        """Add what 64 products give to sixteen sums."""
        from numba.core import cgutils

        do = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, self.kind, "llvm.x86.avx512.vpdpbusd.512")
        builder.store(builder.call(do, [builder.load(total), call, digit]), total)

    def room(self, builder: Any, count: int) -> list[Any]:
        """Registers."""
        from numba.core import cgutils

        return [cgutils.alloca_once(builder, self.sixteen)  # type: ignore[no-untyped-call]
                for _ in range(count)]

    def fetch(self, builder: Any, address: Any) -> None:
        """Say that 64 bytes are read soon."""
        from numba.core import cgutils

        do = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, self.ir.FunctionType(
                self.ir.VoidType(), [cgutils.voidptr_t] + [self.small] * 3), "llvm.prefetch.p0")
        builder.call(do, [builder.inttoptr(address, cgutils.voidptr_t),
                          self.small(0), self.small(2), self.small(1)])


def _dot_rows_in_registers() -> Any:
    """:func:`dot_rows_one_by_one`, 64 calls an instruction."""
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    code = _Code()
    ir = code.ir
    add_up = ir.FunctionType(code.small, [code.sixteen])

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        row, other, first, last, end, digits, sums, ahead = arguments
        totals = [code.room(builder, DIGITS) for _ in range(2)]
        for total in (*totals[0], *totals[1]):
            builder.store(ir.Constant(code.sixteen, [0] * 16), total)
        count = builder.sub(last, first)
        with cgutils.for_range(builder, count) as loop:
            j = builder.add(first, loop.index)
            begin = builder.mul(j, code.value(WINDOW))
            begin = builder.select(builder.icmp_unsigned("<", begin, end), begin, end)
            held = [code.counted(builder, code.load(
                builder, builder.add(base, begin), 0, code.words)) for base in (row, other)]
            for base in (row, other):
                code.fetch(builder, builder.add(builder.add(base, ahead), begin))
            own = builder.add(digits, builder.mul(j, code.value(4 * DIGITS * WINDOW)))
            for t in range(4):
                calls = [code.call(builder, word, t) for word in held]
                for p in range(DIGITS):
                    digit = code.load(builder, own, WINDOW * (DIGITS * t + p), code.sixteen)
                    for r in range(2):
                        code.dot(builder, totals[r][p], calls[r], digit)
        reduce = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, add_up, "llvm.vector.reduce.add.v16i32")
        for r in range(2):
            for p in range(DIGITS):
                place = code.pointer(builder, sums, 4 * (DIGITS * r + p), code.small)
                found = builder.call(reduce, [builder.load(totals[r][p])])
                builder.store(builder.add(builder.load(place), found), place)
        return context.get_dummy_value()

    @intrinsic
    def dots(
        typing: Any, row: Any, other: Any, first: Any, last: Any, end: Any, digits: Any,
        sums: Any, ahead: Any,
    ) -> Any:
        """Given addresses; ``end`` is where the last window begins."""
        return types.void(*[types.intp] * 8), emit

    @njit(nogil=True)
    def dot_rows(
        data: Bytes, top: int, bottom: int, first: int, last: int, digits: Int8, sums: Int32
    ) -> None:
        here, width = data.ctypes.data, data.shape[1]
        for row in range(top, bottom, 2):
            dots(  # type: ignore[call-arg]
                here + row * width, here + min(row + 1, bottom - 1) * width, first, last,
                width - WINDOW, digits.ctypes.data,
                sums.ctypes.data + 4 * DIGITS * (row - top), 4 * width)

    return dot_rows


def _take_quads_in_registers() -> Any:
    """:func:`take_quads_one_by_one`, 64 bytes of four markers at a time."""
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    code = _Code()
    ir = code.ir
    octets, pairs = ir.VectorType(ir.IntType(8), 64), ir.VectorType(ir.IntType(16), 32)

    def beside(builder: Any, one: Any, other: Any, what: Any, half: int) -> Any:
        """Elements in turn of the low or high halves of every sixteen bytes."""
        size = what.count // 4
        order = [16 // (64 // what.count) * lane + half * size // 2 + k // 2
                 + (k % 2) * what.count for lane in range(4) for k in range(size)]
        mask = ir.Constant(ir.VectorType(code.small, what.count), order)
        return builder.shuffle_vector(
            builder.bitcast(one, what), builder.bitcast(other, what), mask)

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        base, width, rows, quads = arguments
        most = builder.sub(rows, code.value(1))
        count = builder.lshr(builder.add(rows, code.value(3)), code.value(2))
        with cgutils.for_range(builder, count) as loop:
            held = []
            for r in range(4):
                k = builder.add(builder.mul(loop.index, code.value(4)), code.value(r))
                k = builder.select(builder.icmp_unsigned("<", k, most), k, most)
                place = builder.add(base, builder.mul(k, width))
                held.append(code.counted(builder, code.load(builder, place, 0, code.words)))
            for upper in range(2):
                one = beside(builder, held[0], held[1], octets, upper)
                other = beside(builder, held[2], held[3], octets, upper)
                for half in range(2):
                    found = beside(builder, one, other, pairs, half)
                    place = builder.add(quads, builder.mul(loop.index, code.value(WINDOW)))
                    builder.store(builder.bitcast(found, code.words), code.pointer(
                        builder, place, (2 * upper + half) * QUADS * WINDOW, code.words), align=1)
        return context.get_dummy_value()

    @intrinsic
    def interleave(
        typing: Any, base: Any, width: Any, rows: Any, quads: Any
    ) -> Any:
        """Given addresses."""
        return types.void(*[types.intp] * 4), emit

    @njit(nogil=True)
    def take_quads(data: Bytes, first: int, last: int, at: int, quads: Bytes) -> None:
        width = data.shape[1]
        interleave(  # type: ignore[call-arg]
            data.ctypes.data + first * width + at, width, last - first, quads.ctypes.data)

    return take_quads


def _dot_quads_in_registers() -> Any:
    """:func:`dot_quads_one_by_one`, 64 calls an instruction."""
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    code = _Code()
    ir = code.ir
    same = ir.Constant(code.sixteen, [0] * 16)

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        quads, count, digits, sums, plane, ahead, step = arguments
        for t in (0, 2):
            places = [code.pointer(builder, builder.add(
                sums, builder.mul(plane, code.value(p))), WINDOW * (t + beside), code.sixteen)
                for beside in range(2) for p in range(DIGITS)]
            totals = code.room(builder, 2 * DIGITS)
            for place, total in zip(places, totals, strict=True):
                builder.store(builder.load(place, align=4), total)
            with cgutils.for_range(builder, count) as loop:
                word = code.load(builder, builder.add(
                    quads, builder.mul(loop.index, code.value(WINDOW))), 0, code.words)
                own = builder.add(digits, builder.mul(loop.index, code.value(4 * DIGITS)))
                calls = [code.call(builder, word, t + beside) for beside in range(2)]
                if t == 0:
                    code.fetch(builder, builder.add(ahead, builder.mul(loop.index, step)))
                for p in range(DIGITS):
                    one = builder.insert_element(
                        same, code.load(builder, own, 4 * p, code.small), code.small(0))
                    digit = builder.shuffle_vector(one, same, same)
                    for beside in range(2):
                        code.dot(builder, totals[DIGITS * beside + p], calls[beside], digit)
            for place, total in zip(places, totals, strict=True):
                builder.store(builder.load(total), place, align=4)
        return context.get_dummy_value()

    @intrinsic
    def dots(
        typing: Any, quads: Any, count: Any, digits: Any, sums: Any, plane: Any, ahead: Any,
        step: Any,
    ) -> Any:
        """Given addresses; ``plane`` is bytes from digit to digit."""
        return types.void(*[types.intp] * 7), emit

    @njit(nogil=True)
    def dot_quads(
        quads: Bytes, count: int, digits: Int32, sums: Int32, window: int, ahead: int, stride: int
    ) -> None:
        for i in range(4):
            dots(  # type: ignore[call-arg]
                quads.ctypes.data + QUADS * WINDOW * i, count, digits.ctypes.data,
                sums.ctypes.data + 4 * WINDOW * (4 * window + i),
                16 * WINDOW * sums.shape[1], ahead + QUADS * stride * i, stride)

    return dot_quads


def _here(in_registers: Any, one_by_one: Any) -> Any:
    def make() -> Any:
        from numba import njit

        return in_registers() if processor_has("avx512vnni") else njit(nogil=True)(one_by_one)

    return Late(make)


dot_rows: Any = _here(_dot_rows_in_registers, dot_rows_one_by_one)
take_quads: Any = _here(_take_quads_in_registers, take_quads_one_by_one)
dot_quads: Any = _here(_dot_quads_in_registers, dot_quads_one_by_one)


@part
def digit_of(number: np.int64) -> np.int64:
    """The lowest digit."""
    return (number + 128 & 255) - 128


@kernel(f"i8[:, :, ::1]({_bytes}, {_reals}, {_row}, i8, i8)")
def times(data: Bytes, effects: Float64, scale: Float64, begin: int, end: int) -> Int64:
    """Σₘ (2 − xₘ) · round(scale[c] · effects[c, m]) over the markers begin … end.

    A missing call has x = 1. The sum is 2³² times the first part of the result and the second.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    effects : ndarray of float64, shape (k, m)
    scale : ndarray of float64, shape (k,)
        Powers of two, such that no number has more than :data:`BITS` bits.
    begin, end : int

    Returns
    -------
    ndarray of int64, shape (2, k, 4w)
        Of all individuals, and of what stands for none.
    """
    k, width = effects.shape[0], data.shape[1]
    windows = (width + WINDOW - 1) // WINDOW
    sums = np.zeros((k, DIGITS, windows, 4, 4, 16), np.int32)
    quads, digits = np.empty((4, QUADS, 64), np.uint8), np.empty((k, QUADS, DIGITS), np.int32)
    for first in range(begin, end, 4 * QUADS):
        last = min(first + 4 * QUADS, end)
        digits[:] = 0
        for c in range(k):
            for m in range(first, last):
                number = np.int64(np.rint(effects[c, m] * scale[c]))
                for p in range(DIGITS):
                    digit = digit_of(number)
                    number = number - digit >> 8
                    digits[c, (m - first) // 4, p] |= np.int32(
                        (digit & 255) << 8 * ((m - first) % 4))
        for j in range(windows):
            at = min(WINDOW * j, width - WINDOW)
            if (last - first) * width < NEAR:  # the next markers, while these are near
                ahead, stride = data.ctypes.data + last * width + j * 4 * QUADS * WINDOW, WINDOW
            else:
                ahead, stride = data.ctypes.data + first * width + at + 2 * WINDOW, width
            take_quads(data, first, last, at, quads)
            for c in range(k):
                dot_quads(quads, (last - first + 3) // 4, digits[c], sums[c], j, ahead, stride)
    out, parts = np.zeros((2, k, 4 * width), np.int64), np.empty((2, 16), np.int64)
    for c in range(k):
        for j in range(windows):
            at = min(WINDOW * j, width - WINDOW)
            for i in range(4):
                for t in range(4):
                    parts[:] = 0
                    for p in range(DIGITS):
                        own = sums[c, p, j, i, t]
                        total = parts[0] if p >= HIGH else parts[1]
                        for q in range(16):
                            total[q] += np.int64(own[q]) << 8 * (p % HIGH)
                    for q in range(16):
                        place = 4 * (at + 16 * (q // 4) + 4 * i + q % 4) + t
                        out[0, c, place], out[1, c, place] = parts[0, q], parts[1, q]
    return out


@kernel(f"i8[:, :, ::1]({_bytes}, {_reals}, {_row}, i8, i8)")
def transposed_times(
    data: Bytes, values: Float64, scale: Float64, begin: int, end: int
) -> Int64:
    """Σᵢ (2 − xᵢ) · round(scale[c] · values[c, i]) at the markers begin … end.

    As :func:`times`; ``values`` have shape (k, n) and the result (2, k, end − begin).
    """
    k, width = values.shape[0], data.shape[1]
    windows = (width + WINDOW - 1) // WINDOW
    digits = np.zeros((k, windows, 4, DIGITS, WINDOW), np.int8)
    for c in range(k):
        for i in range(values.shape[1]):
            j, t, number = i // 256, i % 4, np.int64(np.rint(values[c, i] * scale[c]))
            b = i // 4 - min(WINDOW * j, width - WINDOW)
            for p in range(DIGITS):
                digit = digit_of(number)
                number = number - digit >> 8
                digits[c, j, t, p, b] = digit
    out, sums = np.zeros((2, k, end - begin), np.int64), np.empty((ROWS + 1, DIGITS), np.int32)
    panel = -(-windows // -(-windows // PANEL))
    for top in range(begin, end, ROWS):
        bottom = min(top + ROWS, end)
        for c in range(k):
            sums[:] = 0
            for left in range(0, windows, panel):
                dot_rows(data, top, bottom, left, min(left + panel, windows), digits[c], sums)
            for r in range(bottom - top):
                high, low = np.int64(0), np.int64(0)
                for p in range(HIGH):
                    low += np.int64(sums[r, p]) << (8 * p)
                for p in range(HIGH, DIGITS):
                    high += np.int64(sums[r, p]) << (8 * (p - HIGH))
                out[0, c, top + r - begin], out[1, c, top + r - begin] = high, low
    return out


@kernel(f"Tuple((i8[::1], i4[::1]))({_bytes}, i8)")
def list_gaps(data: Bytes, individuals: int) -> tuple[Int64, Int32]:
    """Who has no call at each marker: those of marker m from starts[m] to starts[m + 1]."""
    starts = np.zeros(data.shape[0] + 1, np.int64)
    for m in range(data.shape[0]):
        count = 0
        for j in range(data.shape[1]):
            gaps = data[m, j] & ~(data[m, j] >> 1) & 0x55
            if gaps:
                for i in range(min(4, individuals - 4 * j)):
                    count += gaps >> 2 * i & 1
        starts[m + 1] = starts[m] + count
    places, at = np.empty(starts[-1], np.int32), 0
    for m in range(data.shape[0]):
        for j in range(data.shape[1]):
            gaps = data[m, j] & ~(data[m, j] >> 1) & 0x55
            if gaps:
                for i in range(min(4, individuals - 4 * j)):
                    if gaps >> 2 * i & 1:
                        places[at] = 4 * j + i
                        at += 1
    return starts, places


@kernel(f"i8[:, :, ::1]({_starts}, {_places}, {_parts}, i8, i8)")
def gap_sums(starts: Int64, places: Int32, parts: Int64, begin: int, end: int) -> Int64:
    """Σ parts[c, i] over those without a call at the markers begin … end.

    ``parts`` are two of a whole number, shape (k, n, 2); the result has shape (2, k, end − begin).
    """
    out = np.empty((2, parts.shape[0], end - begin), np.int64)
    for c in range(parts.shape[0]):
        own = parts[c]
        for m in range(begin, end):
            high, low = np.int64(0), np.int64(0)
            for at in range(starts[m], starts[m + 1]):
                place = u(places[u(at)])
                high += own[place, 0]
                low += own[place, 1]
            out[0, c, m - begin], out[1, c, m - begin] = high, low
    return out


@kernel(f"f8[:, ::1]({_starts}, {_places}, {_reals}, i8, i8, i8)")
def spread_gaps(
    starts: Int64, places: Int32, effects: Float64, individuals: int, begin: int, end: int
) -> Float64:
    """Σ effects[c, m] over the markers begin … end without a call, shape (k, individuals)."""
    out = np.zeros((effects.shape[0], individuals))
    for c in range(effects.shape[0]):
        own = out[c]
        for m in range(begin, end):
            effect = effects[c, m]
            for at in range(starts[m], starts[m + 1]):
                own[u(places[u(at)])] += effect
    return out
