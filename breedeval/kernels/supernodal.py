"""Dense work on supernodal blocks: the Cholesky factor and the selected inverse.

A block is a run of columns of L with one row list, stored dense, column by column, its own columns
first; the strict upper triangle of its top square is not used. The dense products are LAPACK and
BLAS routines called by address (the address comes as an argument, so that compiled code can be
cached), or plain loops where a block is too small to pay for a call. Small blocks of subtrees are
the business of ``fronts.py``.

``layout`` is the tuple (first, row_start, height, value_start, rows, home) of ``Structure``. The
work on a range of blocks is one call; the pieces that a large block is cut into, by rows for the
factor and by columns for the inverse, are functions of their own, for several threads.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import Late, kernel, part

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Layout = tuple[Int32, Int64, Int32, Int64, Int32, Int32]

DGEMM, DSYMM, DTRSM, DPOTRI, DPOTRF, DSYRK = range(6)
ROUTINES = (("blas", "dgemm"), ("blas", "dsymm"), ("blas", "dtrsm"), ("lapack", "dpotri"),
            ("lapack", "dpotrf"), ("blas", "dsyrk"))
LAYOUT = "Tuple((i4[::1], i8[::1], i4[::1], i8[::1], i4[::1], i4[::1]))"
L, R, N, T = np.uint8(76), np.uint8(82), np.uint8(78), np.uint8(84)
CHUNK = 192  # columns of the inverse gathered at a time
TINY = 12  # rows up to which plain loops beat a call


@cache
def routines() -> Int64:
    """Addresses of the dense routines that the kernels take as ``blas``, in SciPy's libraries."""
    from numba.extending import get_cython_function_address

    addresses = [get_cython_function_address(f"scipy.linalg.cython_{library}", name)
                 for library, name in ROUTINES]
    return np.array(addresses, dtype=np.int64)


def _fortran_compiled() -> Any:
    """Call a Fortran routine: integers i4, reals f8, characters u1 by reference, i8 as pointers."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    @intrinsic
    def call(typingctx: Any, address: Any, arguments: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            target, packed = values
            pointers = []
            for index, kind in enumerate(signature.args[1]):
                value = builder.extract_value(packed, index)
                if kind == types.int64:
                    pointers.append(builder.inttoptr(value, cgutils.voidptr_t))
                else:
                    slot = cgutils.alloca_once(builder, value.type)  # type: ignore[no-untyped-call]
                    builder.store(value, slot)
                    pointers.append(builder.bitcast(slot, cgutils.voidptr_t))
            kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] * len(pointers))
            builder.call(builder.inttoptr(target, kind.as_pointer()), pointers)
            return context.get_dummy_value()

        return types.void(types.int64, arguments), codegen

    @njit(nogil=True)
    def fortran(address: int, arguments: Any) -> None:
        call(address, arguments)  # type: ignore[call-arg]

    return fortran


def _fortran_plain(address: int, arguments: tuple[Any, ...]) -> None:
    """Make the same call without compiled code."""
    kinds: dict[type, Any] = {np.int32: ctypes.c_int32, np.float64: ctypes.c_double,
                              float: ctypes.c_double, np.uint8: ctypes.c_uint8}
    passed: list[Any] = [
        ctypes.pointer(kinds[type(value)](value)) if type(value) in kinds
        else ctypes.c_void_p(int(value))
        for value in arguments
    ]
    ctypes.CFUNCTYPE(None)(int(address))(*passed)


def _fortran_here() -> Any:
    from numba import config

    return _fortran_plain if config.DISABLE_JIT else _fortran_compiled()  # type: ignore[attr-defined]


_fortran: Any = Late(_fortran_here)


@part
def _gemm(
    blas: Int64, kinds: Any, m: Any, n: Any, k: Any, a: Any, lda: Any, b: Any, ldb: Any, beta: Any,
    c: Any, ldc: Any,
) -> None:
    """C = beta·C − op(A) op(B), with op(A) m × k and op(B) k × n; a, b, c are addresses."""
    _fortran(blas[DGEMM], (kinds[0], kinds[1], np.int32(m), np.int32(n), np.int32(k), -1.0,
                           np.int64(a), np.int32(lda), np.int64(b), np.int32(ldb), beta,
                           np.int64(c), np.int32(ldc)))


@part
def _locate(
    rows: Int32, base: Any, size: Any, wanted: Int32, begin: Any, at: Any, place: Int64
) -> None:
    """Places of wanted[begin:] in the sorted row list rows[base : base + size], from ``at`` on."""
    for r in range(begin, wanted.size):
        row = wanted[r]
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
        at += 1


@kernel(
    f"void({LAYOUT}, f8[::1], i8[::1], i8, i8, i8, i4[::1], i4[::1], i4[::1], i4[::1], f8[::1],"
    " i8[::1])")
def update_rows(
    layout: Layout, values: Float64, blas: Int64, s: int, begin: int, end: int, head: Int32,
    link: Int32, done: Int32, reach: Int32, update: Float64, place: Int64,
) -> None:
    """Subtract from rows begin to end of block s what its descendants in the list bring there.

    ``done[d]`` and ``reach[d]`` bound the rows of descendant d that are columns of s; ``update``
    and ``place`` are room for a product and for row places.
    """
    first, row_start, height, value_start, rows, _ = layout
    tall = np.int64(height[s])
    top = value_start[s]
    v = values.ctypes.data
    own = rows[row_start[s] + begin : row_start[s] + end]
    d = head[s]
    while d != -1:
        deep = np.int64(first[d + 1] - first[d])
        ld = np.int64(height[d])
        q = np.int64(done[d])
        stop = np.int64(reach[d]) - q
        wanted = rows[row_start[d] + q : row_start[d] + ld]
        low, high = np.int64(0), np.int64(wanted.size)
        if begin > 0 or end < tall:
            low = np.searchsorted(wanted, own[0])
            high = np.searchsorted(wanted, own[own.size - 1] + 1)
        count = high - low
        if count > 0:
            start = np.int64(begin)
            if low == 0:
                start = max(start, np.int64(wanted[0] - first[s]))
            _locate(rows, row_start[s], tall, wanted[:high], low, start, place)
            source = value_start[d] + q
            if count * stop * deep <= 64:
                for c in range(stop):
                    target = top + (wanted[c] - first[s]) * tall
                    for k in range(deep):
                        at = source + k * ld
                        factor = values[at + c]
                        for r in range(low, high):
                            values[target + place[r]] -= values[at + r] * factor
            else:
                column = np.int64(wanted[0] - first[s])
                beside = (place[high - 1] - place[low] == count - 1
                          and wanted[stop - 1] - wanted[0] == stop - 1)
                into, ldc, beta = update.ctypes.data, count, 0.0
                if beside:
                    into, ldc, beta = v + 8 * (top + column * tall + place[low]), tall, 1.0
                _gemm(blas, (N, T), count, stop, deep, v + 8 * (source + low), ld,
                      v + 8 * source, ld, beta, into, ldc)
                if not beside:
                    for c in range(stop):
                        target = top + (wanted[c] - first[s]) * tall
                        for r in range(count):
                            values[target + place[low + r]] += update[c * count + r]
        d = link[d]


@kernel(f"void({LAYOUT}, i8, i4[::1], i4[::1], i4[::1], i4[::1])")
def find_reach(
    layout: Layout, s: int, head: Int32, link: Int32, done: Int32, reach: Int32
) -> None:
    """First row behind the columns of block s, for every descendant in its list."""
    first, row_start, height, _, rows, _ = layout
    d = head[s]
    while d != -1:
        stop = done[d]
        while stop < height[d] and rows[row_start[d] + stop] < first[s + 1]:
            stop += 1
        reach[d] = stop
        d = link[d]


@kernel(f"void({LAYOUT}, i8, i4[::1], i4[::1], i4[::1], i4[::1])")
def pass_on(
    layout: Layout, s: int, head: Int32, link: Int32, done: Int32, reach: Int32
) -> None:
    """Move block s and the descendants in its list to the lists of their next ancestors."""
    first, row_start, height, _, rows, home = layout
    reach[s] = first[s + 1] - first[s]
    link[s] = head[s]
    d = np.int32(s)
    while d != -1:
        following = link[d]
        done[d] = reach[d]
        if done[d] < height[d]:
            target = home[rows[row_start[d] + done[d]]]
            link[d] = head[target]
            head[target] = d
        d = following


@kernel(f"void({LAYOUT}, i8, i8, i4[::1], i4[::1], i4[::1])")
def link_waiting(
    layout: Layout, begin: int, end: int, head: Int32, link: Int32, done: Int32
) -> None:
    """Put the finished blocks of a range into the lists of their next ancestors."""
    _, row_start, height, _, rows, home = layout
    for d in range(begin, end):
        if done[d] < height[d]:
            target = home[rows[row_start[d] + done[d]]]
            link[d] = head[target]
            head[target] = d


@kernel(f"i8({LAYOUT}, f8[::1], i8[::1], i8, i8[::1])")
def factorise_top(
    layout: Layout, values: Float64, blas: Int64, s: int, place: Int64
) -> np.int64:
    """Factorise the top square of a block; the first bad pivot, or −1."""
    first, _, height, value_start, _, _ = layout
    top = value_start[s]
    width = np.int64(first[s + 1] - first[s])
    if width == 1:
        if not values[top] > 0.0:
            return np.int64(first[s])
        values[top] = np.sqrt(values[top])
        return np.int64(-1)
    place[0] = 0
    _fortran(blas[DPOTRF], (L, np.int32(width), np.int64(values.ctypes.data + 8 * top),
                            np.int32(height[s]), np.int64(place.ctypes.data)))
    return np.int64(first[s] + place[0] - 1 if place[0] != 0 else -1)


@kernel(f"void({LAYOUT}, f8[::1], i8[::1], i8, i8, i8)")
def divide_rows(
    layout: Layout, values: Float64, blas: Int64, s: int, begin: int, end: int
) -> None:
    """Rows begin to end of a block, below its top square, times the inverse of that square′."""
    first, _, height, value_start, _, _ = layout
    top = value_start[s]
    width = np.int64(first[s + 1] - first[s])
    if width == 1:
        scale = 1.0 / values[top]
        for i in range(begin, end):
            values[top + i] *= scale
    elif end > begin:
        v = values.ctypes.data + 8 * top
        _fortran(blas[DTRSM], (R, L, T, N, np.int32(end - begin), np.int32(width), 1.0,
                               np.int64(v), np.int32(height[s]), np.int64(v + 8 * begin),
                               np.int32(height[s])))


@kernel(
    f"i8({LAYOUT}, f8[::1], i8[::1], i8, i8, i4[::1], i4[::1], i4[::1], i4[::1], f8[::1],"
    " i8[::1])")
def factorise_range(
    layout: Layout, values: Float64, blas: Int64, begin: int, end: int, head: Int32, link: Int32,
    done: Int32, reach: Int32, update: Float64, place: Int64,
) -> np.int64:
    """Replace the matrix in blocks begin to end by its Cholesky factor, looking left.

    Returns the first pivot that is not positive, or −1. Cost: Σ c² operations over the columns.
    """
    first, _, height, _, _, _ = layout
    for s in range(begin, end):
        find_reach(layout, s, head, link, done, reach)
        update_rows(layout, values, blas, s, 0, height[s], head, link, done, reach, update, place)
        pass_on(layout, s, head, link, done, reach)
        failed = factorise_top(layout, values, blas, s, place)
        if failed >= 0:
            return failed
        divide_rows(layout, values, blas, s, first[s + 1] - first[s], height[s])
    return np.int64(-1)


@kernel(f"i8({LAYOUT}, f8[::1], i8[::1], i8, i8, f8[::1], f8)")
def factorise_front(
    layout: Layout, values: Float64, blas: Int64, s: int, count: int, update: Float64, begun: float,
) -> np.int64:
    """Factorise a block with all its updates, and its own U = −L₂L₂′; a bad pivot, or −1.

    Of U the first ``count`` columns are computed, the lower trapezoid at least; they are added to
    what is in ``update`` where ``begun`` is 1 and not 0.
    """
    first, _, height, value_start, _, _ = layout
    width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
    failed = factorise_top(layout, values, blas, s, np.empty(1, np.int64))
    if failed >= 0:
        return failed
    divide_rows(layout, values, blas, s, first[s + 1] - first[s], height[s])
    below, rest = tall - width, tall - width - count
    l2, into = values.ctypes.data + 8 * (value_start[s] + width), update.ctypes.data
    if count > 0:
        _fortran(blas[DSYRK], (L, N, np.int32(count), np.int32(width), -1.0, np.int64(l2),
                               np.int32(tall), begun, np.int64(into), np.int32(below)))
    if count > 0 and rest > 0:
        _gemm(blas, (N, T), rest, count, width, l2 + 8 * count, tall, l2, tall, begun,
              into + 8 * count, below)
    return np.int64(-1)


@part
def _gather(
    layout: Layout, values: Float64, begin: Any, end: Any, wanted: Int32, place: Int64,
    gathered: Float64,
) -> Any:
    """Lower trapezoid of the inverse at rows wanted[begin:] and columns wanted[begin:end].

    Returns the address of its first entry and its leading dimension: in the blocks themselves
    where the rows lie side by side, else in ``gathered``.
    """
    first, row_start, height, value_start, rows, home = layout
    total = wanted.size
    count = total - begin
    q = begin
    while q < end:
        p = home[wanted[q]]
        stop = q
        while stop < end and wanted[stop] < first[p + 1]:
            stop += 1
        size = np.int64(height[p])
        _locate(rows, row_start[p], size, wanted, q, np.int64(wanted[q] - first[p]), place)
        beside = place[total - 1] - place[q] == total - 1 - q
        if beside and q == begin and stop == end and count > TINY:
            return values.ctypes.data + 8 * (value_start[p] + place[q] * (size + 1)), size
        for c in range(q, stop):
            source = value_start[p] + place[c] * size
            target = (c - begin) * count - begin
            for r in range(c, total):
                gathered[target + r] = values[source + place[r]]
        q = stop
    return gathered.ctypes.data, np.int64(count)


@kernel(f"void({LAYOUT}, f8[::1], i8[::1], i8, f8[::1], i8[::1])")
def prepare_inverse(
    layout: Layout, values: Float64, blas: Int64, s: int, scaled: Float64, place: Int64
) -> None:
    """Y = L₂L₁⁻¹ into ``scaled``; of the block, the top becomes (L₁L₁′)⁻¹ and the rest zero."""
    first, _, height, value_start, _, _ = layout
    width = np.int64(first[s + 1] - first[s])
    tall = np.int64(height[s])
    below = tall - width
    top = value_start[s]
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
        return
    z = np.int64(values.ctypes.data + 8 * top)
    if below > 0:
        _fortran(blas[DTRSM], (R, L, N, N, np.int32(below), np.int32(width), 1.0, z,
                               np.int32(tall), np.int64(scaled.ctypes.data), np.int32(below)))
    place[0] = 0
    _fortran(blas[DPOTRI], (L, np.int32(width), z, np.int32(tall), np.int64(place.ctypes.data)))


@kernel(f"void({LAYOUT}, f8[::1], i8[::1], i8, i8, i8, f8[::1], f8[::1], i8[::1])")
def invert_columns(
    layout: Layout, values: Float64, blas: Int64, s: int, begin: int, end: int, scaled: Float64,
    gathered: Float64, place: Int64,
) -> None:
    """Columns begin to end of a prepared block: Z₂ = −Z_I Y and Z₁ = (L₁L₁′)⁻¹ − Y′Z₂."""
    first, row_start, height, value_start, rows, home = layout
    width = np.int64(first[s + 1] - first[s])
    tall = np.int64(height[s])
    below = tall - width
    some = np.int64(end - begin)
    z1 = values.ctypes.data + 8 * (value_start[s] + begin * tall)
    z2 = z1 + 8 * width
    y = scaled.ctypes.data + 8 * begin * below
    wanted = rows[row_start[s] + width : row_start[s] + tall]
    at = np.int64(0)
    while at < below:
        stop = min(below, at + CHUNK)
        same = np.searchsorted(wanted, first[home[wanted[at]] + 1])
        if same - at >= CHUNK // 4:
            stop = min(stop, same)
        source, ld = _gather(layout, values, at, stop, wanted, place, gathered)
        count, rest = stop - at, below - stop
        if below <= TINY:
            for j in range(begin, end):
                column = value_start[s] + j * tall + width
                for c in range(below):
                    factor = scaled[j * below + c]
                    total = gathered[c * below + c] * factor
                    for r in range(c + 1, below):
                        entry = gathered[c * below + r]
                        values[column + r] -= entry * factor
                        total += entry * scaled[j * below + r]
                    values[column + c] -= total
        else:
            _fortran(blas[DSYMM], (L, L, np.int32(count), np.int32(some), -1.0,
                                   np.int64(source), np.int32(ld), np.int64(y + 8 * at),
                                   np.int32(below), 1.0, np.int64(z2 + 8 * at), np.int32(tall)))
            if rest > 0:
                under = source + 8 * count
                _gemm(blas, (N, N), rest, some, count, under, ld, y + 8 * at, below, 1.0,
                      z2 + 8 * stop, tall)
                _gemm(blas, (T, N), count, some, rest, under, ld, y + 8 * stop, below, 1.0,
                      z2 + 8 * at, tall)
        at = stop
    if width * some * below <= 64:
        for j in range(begin, end):
            column = value_start[s] + j * tall
            for i in range(j, width):
                total = 0.0
                for r in range(below):
                    total += scaled[i * below + r] * values[column + width + r]
                values[column + i] -= total
    else:
        _gemm(blas, (T, N), width, some, below, scaled.ctypes.data, below, z2, tall, 1.0, z1,
              tall)


@kernel(f"void({LAYOUT}, f8[::1], i8[::1], i8, i8, f8[::1], f8[::1], i8[::1])")
def invert_range(
    layout: Layout, values: Float64, blas: Int64, begin: int, end: int, scaled: Float64,
    gathered: Float64, place: Int64,
) -> None:
    """Replace L by the inverse of LL′ on its own pattern, from the last block of a range down.

    For a block with top square L₁ and the rows L₂ below, Y = L₂ L₁⁻¹,

        Z₂ = −Z_I Y,   Z₁ = (L₁L₁′)⁻¹ − Y′Z₂,

    where Z_I is the inverse at the rows below, all of it on the pattern of L and known by then.

    References
    ----------
    Takahashi, Fagan & Chin (1973); Erisman & Tinney (1975), On computing certain elements of
    the inverse of a sparse matrix, Communications of the ACM 18, 177–179.
    """
    first = layout[0]
    for s in range(end - 1, begin - 1, -1):
        prepare_inverse(layout, values, blas, s, scaled, place)
        invert_columns(layout, values, blas, s, 0, first[s + 1] - first[s], scaled, gathered,
                       place)


@kernel(f"void({LAYOUT}, f8[::1], i8[::1], i8, f8[::1], f8[::1], i8[::1])")
def invert_front(
    layout: Layout, values: Float64, blas: Int64, s: int, front: Float64, scaled: Float64,
    place: Int64,
) -> None:
    """The same for one block in whose front the inverse at the rows below stands; all of the front.

    ``front`` is the whole symmetric matrix over the rows of the block.
    """
    first, _, height, value_start, _, _ = layout
    width, tall = np.int64(first[s + 1] - first[s]), np.int64(height[s])
    below, top = tall - width, value_start[s]
    prepare_inverse(layout, values, blas, s, scaled, place)
    if below > 0:
        z1, y = values.ctypes.data + 8 * top, scaled.ctypes.data
        z2 = z1 + 8 * width
        inner = front.ctypes.data + 8 * width * (tall + 1)
        _fortran(blas[DSYMM], (L, L, np.int32(below), np.int32(width), -1.0, np.int64(inner),
                               np.int32(tall), np.int64(y), np.int32(below), 1.0, np.int64(z2),
                               np.int32(tall)))
        _gemm(blas, (T, N), width, width, below, y, below, z2, tall, 1.0, z1, tall)
    for j in range(width):
        column = values[top + j * tall : top + (j + 1) * tall]
        own = front[j * tall : (j + 1) * tall]
        for i in range(j, tall):
            own[i] = column[i]
            front[i * tall + j] = column[i]
