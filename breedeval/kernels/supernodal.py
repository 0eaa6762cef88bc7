"""Numeric work on supernodal blocks: scatter of a factor and the selected inverse.

A block is a run of columns of L with one row list, stored dense, column by column, its own columns
first; the strict upper triangle of its top square is not used. The dense products are LAPACK and
BLAS routines called by address (the address comes as an argument, so that compiled code can be
cached), or plain loops where a block is too small to pay for a call.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numba
import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

DGEMM, DSYMM, DTRSM, DPOTRI = 0, 1, 2, 3
L, R, N, T = np.uint8(76), np.uint8(82), np.uint8(78), np.uint8(84)
CHUNK = 192  # columns of the inverse gathered at a time
TINY = 12  # rows up to which plain loops beat a call


@intrinsic
def _fortran_compiled(typingctx: Any, address: Any, arguments: Any) -> Any:
    """Call a Fortran routine: integers i4, reals f8, characters u1 by reference, i8 as pointers."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        target, packed = values
        pointers = []
        for index, kind in enumerate(signature.args[1]):
            value = builder.extract_value(packed, index)
            if kind == types.int64:
                pointers.append(builder.inttoptr(value, cgutils.voidptr_t))
            else:
                slot = cgutils.alloca_once(builder, value.type)
                builder.store(value, slot)
                pointers.append(builder.bitcast(slot, cgutils.voidptr_t))
        from llvmlite import ir

        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * len(pointers))
        builder.call(builder.inttoptr(target, kind.as_pointer()), pointers)
        return context.get_dummy_value()

    return types.void(types.int64, arguments), codegen


def _fortran_plain(address: int, arguments: tuple[Any, ...]) -> None:
    """Make the same call without compiled code."""
    kinds = {np.int32: ctypes.c_int32, np.float64: ctypes.c_double, float: ctypes.c_double,
             np.uint8: ctypes.c_uint8}
    passed = [
        ctypes.byref(kinds[type(value)](value)) if type(value) in kinds
        else ctypes.c_void_p(int(value))
        for value in arguments
    ]
    ctypes.CFUNCTYPE(None)(int(address))(*passed)


_fortran = _fortran_plain if numba.config.DISABLE_JIT else _fortran_compiled


@numba.njit(nogil=True)
def _gemm(blas, trans, m, n, k, a, lda, b, ldb, c, ldc):  # type: ignore[no-untyped-def]
    """C −= op(A) B with op(A) m × k, B k × n; a, b, c are addresses."""
    _fortran(blas[DGEMM], (trans, N, np.int32(m), np.int32(n), np.int32(k), -1.0,
                           np.int64(a), np.int32(lda), np.int64(b), np.int32(ldb), 1.0,
                           np.int64(c), np.int32(ldc)))


@numba.njit(
    "void(i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], f8[::1], i4[::1], f8[::1])",
    cache=True,
    nogil=True,
)
def scatter_factor(
    first: Int32, row_start: Int64, height: Int32, value_start: Int64, rows: Int32,
    factor_indptr: Int64, factor_indices: Int32, factor_values: Float64, moved: Int32,
    values: Float64,
) -> None:
    """Put a factor given column by column into the blocks.

    ``moved[k]`` is the pivot in the blocks' order of the factor's pivot k. Entries outside of the
    blocks are zeros that another program keeps; they are left out.
    """
    n = moved.size
    origin = np.empty(n, np.int32)
    for k in range(n):
        origin[moved[k]] = k
    place = np.full(n, -1, np.int64)
    owner = np.full(n, -1, np.int32)
    for s in range(first.size - 1):
        for i in range(height[s]):
            row = rows[row_start[s] + i]
            place[row] = i
            owner[row] = s
        for k in range(first[s], first[s + 1]):
            column = value_start[s] + (k - first[s]) * np.int64(height[s])
            for p in range(factor_indptr[origin[k]], factor_indptr[origin[k] + 1]):
                row = moved[factor_indices[p]]
                if owner[row] == s:
                    values[column + place[row]] = factor_values[p]


@numba.njit(nogil=True)
def _gather(first, row_start, height, value_start, rows, home, values, begin, end, wanted,
            place, gathered):  # type: ignore[no-untyped-def]
    """Lower trapezoid of the inverse at rows wanted[begin:] and columns wanted[begin:end].

    Returns the address of its first entry and its leading dimension: in the blocks themselves
    where the rows lie side by side, else in ``gathered``.
    """
    total = wanted.size
    count = total - begin
    q = begin
    while q < end:
        p = home[wanted[q]]
        stop = q
        while stop < end and wanted[stop] < first[p + 1]:
            stop += 1
        base, size = row_start[p], height[p]
        at = np.int64(wanted[q] - first[p])
        place[q] = at
        for r in range(q + 1, total):
            row = wanted[r]
            at += 1
            if rows[base + at] != row:  # gallop, then halve
                step = np.int64(1)
                low = at
                while low + step < size and rows[base + low + step] < row:
                    low += step
                    step += step
                high = min(low + step, np.int64(size - 1))
                while high - low > 1:
                    middle = (low + high) // 2
                    if rows[base + middle] < row:
                        low = middle
                    else:
                        high = middle
                at = high
            place[r] = at
        beside = place[total - 1] - place[q] == total - 1 - q
        if beside and q == begin and stop == end and count > TINY:
            offset = value_start[p] + place[q] * np.int64(size) + place[q]
            return values.ctypes.data + 8 * offset, np.int64(size)
        for c in range(q, stop):
            source = value_start[p] + place[c] * np.int64(size)
            target = (c - begin) * count - begin
            for r in range(c, total):
                gathered[target + r] = values[source + place[r]]
        q = stop
    return gathered.ctypes.data, np.int64(count)


@numba.njit(
    "void(i4[::1], i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1], f8[::1], i8[::1],"
    " f8[::1], f8[::1], i8[::1])",
    cache=True,
    nogil=True,
)
def invert_blocks(
    blocks: Int32, first: Int32, row_start: Int64, height: Int32, value_start: Int64, rows: Int32,
    home: Int32, values: Float64, blas: Int64, scaled: Float64, gathered: Float64, place: Int64,
) -> None:
    """Replace L by the inverse of LL′ on its own pattern, block by block.

    For a block with top square L₁ and the rows L₂ below, Y = L₂ L₁⁻¹,

        Z₂ = −Z_I Y,   Z₁ = (L₁L₁′)⁻¹ − Y′Z₂,

    where Z_I is the inverse at the rows below, all of it known by then on the pattern of L.

    Parameters
    ----------
    blocks
        Blocks to invert, in this order; the ancestors of each come before it or are inverted.
    first, row_start, height, value_start, rows, home
        The blocks: see ``Structure``.
    values
        L on entry, the inverse at return; only the lower triangle of the top squares counts.
    blas
        Addresses of dgemm, dsymm, dtrsm and dpotri.
    scaled, gathered, place
        Room for Y, for what is gathered of Z_I, and for row places.

    References
    ----------
    Takahashi, Fagan & Chin (1973); Erisman & Tinney (1975), On computing certain elements of
    the inverse of a sparse matrix, Communications of the ACM 18, 177–179.
    """
    z = values.ctypes.data
    y = scaled.ctypes.data
    for s in blocks:
        width = np.int64(first[s + 1] - first[s])
        tall = np.int64(height[s])
        below = tall - width
        top = value_start[s]
        z1 = z + 8 * top
        z2 = z1 + 8 * width
        wanted = rows[row_start[s] + width : row_start[s] + tall]
        for j in range(width):
            column = top + j * tall + width
            for i in range(below):
                scaled[j * below + i] = values[column + i]
                values[column + i] = 0.0
        if width == 1:
            scale = 1.0 / values[top]
            for i in range(below):
                scaled[i] *= scale
            values[top] = scale * scale
        else:
            if below > 0:
                _fortran(blas[DTRSM], (R, L, N, N, np.int32(below), np.int32(width), 1.0,
                                       np.int64(z1), np.int32(tall), np.int64(y),
                                       np.int32(below)))
            place[0] = 0
            _fortran(blas[DPOTRI], (L, np.int32(width), np.int64(z1), np.int32(tall),
                                    np.int64(place.ctypes.data)))
        begin = np.int64(0)
        while begin < below:
            end = min(below, begin + CHUNK)
            home_stop = np.searchsorted(wanted, first[home[wanted[begin]] + 1])
            if home_stop - begin >= CHUNK // 4:
                end = min(end, home_stop)
            source, ld = _gather(first, row_start, height, value_start, rows, home, values,
                                 begin, end, wanted, place, gathered)
            count, rest = end - begin, below - end
            if below <= TINY:
                for j in range(width):
                    column = top + j * tall + width
                    for c in range(below):
                        factor = scaled[j * below + c]
                        total = gathered[c * below + c] * factor
                        for r in range(c + 1, below):
                            entry = gathered[c * below + r]
                            values[column + r] -= entry * factor
                            total += entry * scaled[j * below + r]
                        values[column + c] -= total
            else:
                _fortran(blas[DSYMM], (L, L, np.int32(count), np.int32(width), -1.0,
                                       np.int64(source), np.int32(ld),
                                       np.int64(y + 8 * begin), np.int32(below), 1.0,
                                       np.int64(z2 + 8 * begin), np.int32(tall)))
                if rest > 0:
                    under = source + 8 * count
                    _gemm(blas, N, rest, width, count, under, ld, y + 8 * begin, below,
                          z2 + 8 * end, tall)
                    _gemm(blas, T, count, width, rest, under, ld, y + 8 * end, below,
                          z2 + 8 * begin, tall)
            begin = end
        if below == 0:
            continue
        if width * width * below <= 64:
            for j in range(width):
                for i in range(j, width):
                    total = 0.0
                    for r in range(below):
                        total += scaled[i * below + r] * values[top + j * tall + width + r]
                    values[top + j * tall + i] -= total
        else:
            _gemm(blas, T, width, width, below, y, below, z2, tall, z1, tall)


@numba.njit(
    "f8[::1](i8[::1], i4[::1], i4[::1], i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1],"
    " f8[::1])",
    cache=True,
    nogil=True,
)
def read_entries(
    indptr: Int64, indices: Int32, position: Int32, first: Int32, row_start: Int64, height: Int32,
    value_start: Int64, rows: Int32, home: Int32, values: Float64,
) -> Float64:
    """Values of the blocks at the entries of a lower triangle in the order of the unknowns."""
    result = np.empty(indices.size)
    for column in range(position.size):
        a = position[column]
        for p in range(indptr[column], indptr[column + 1]):
            b = position[indices[p]]
            early, late = min(a, b), max(a, b)
            s = home[early]
            low, high = row_start[s], row_start[s] + height[s] - 1
            while low < high:
                middle = (low + high) // 2
                if rows[middle] < late:
                    low = middle + 1
                else:
                    high = middle
            inside = np.int64(early - first[s]) * height[s]
            result[p] = values[value_start[s] + inside + low - row_start[s]]
    return result


@numba.njit(
    "Tuple((i4[::1], i4[::1], f8[::1]))(i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], f8[::1])",
    cache=True,
    nogil=True,
)
def list_entries(
    first: Int32, row_start: Int64, height: Int32, value_start: Int64, rows: Int32,
    values: Float64,
) -> tuple[Int32, Int32, Float64]:
    """Row, column and value of every entry in the lower triangle of the blocks."""
    total = np.int64(0)
    for s in range(height.size):
        width = np.int64(first[s + 1] - first[s])
        total += width * height[s] - width * (width - 1) // 2
    row = np.empty(total, np.int32)
    column = np.empty(total, np.int32)
    value = np.empty(total, np.float64)
    put = 0
    for s in range(height.size):
        for j in range(first[s + 1] - first[s]):
            at = value_start[s] + j * np.int64(height[s])
            for i in range(j, height[s]):
                row[put] = rows[row_start[s] + i]
                column[put] = first[s] + j
                value[put] = values[at + i]
                put += 1
    return row, column, value
