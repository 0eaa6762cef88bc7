"""Products of genotypes in 2 bits with vectors: two genotypes a look-up, many look-ups at a time.

A word of 64 bits holds the calls of 32 individuals at a marker or, turned, of 32 markers in an
individual. What two of these add to a sum is one of 16 numbers, looked up in a table made of the
two numbers that they are multiplied by. Sums are of doubles, in an order that depends neither on
the machine nor on who else works: each goes through its words, and a word from its low end.

Where the processor has AVX-512, a table is two registers and an instruction looks up eight numbers;
elsewhere the same is done one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.kernels.late import Late, array, kernel, part, processor_has

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

u = np.uint64
"""Places are unsigned, or the compiler looks after places that count from the end."""

MISSING = u(0x5555555555555555)
"""The low bits of codes: a missing call has only this one."""

LANES = 64
"""Sums that are worked on at a time."""

WORDS = 8
"""Words whose tables (16 KB) are used by all sums of a tile before those of others."""

PANEL, ROWS = 250, 256
"""Most words of a row in a tile (500 KB); most rows of a tile in :func:`transposed_times`.

Words below each other are not a power of two apart, or they are in each other's way in the cache.
"""

_bytes, _reals, _row = array("u1", 2), array("f8", 2), array("f8", 1)


def add_one_by_one(
    codes: Words, tables: Float64, sums: Float64, ahead: int, stride: int
) -> None:
    """sums[l] += Σ tables[w, t, t-th four bits of codes[w, l]] over w and t.

    Parameters
    ----------
    codes : ndarray of uint64, shape (words, at least l)
    tables : ndarray of float64, shape (words, 16, 16)
    sums : ndarray of float64, shape (l,)
        A whole number of :data:`LANES`.
    ahead, stride : int
        Address of what is read next, and bytes from one piece of 2 KB to the next: it is fetched
        meanwhile, where that can be said.
    """
    for lane in range(sums.size):
        total = 0.0
        for w in range(codes.shape[0]):
            word = codes[w, lane]
            for t in range(16):
                total += tables[w, t, word >> u(4 * t) & u(15)]
        sums[lane] += total


def _add_in_lanes() -> Any:
    """:func:`add_one_by_one`, eight sums an instruction."""
    from llvmlite import ir  # type: ignore[import-untyped]
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

    number, flag = ir.IntType(64), ir.IntType(32)
    reals, places = ir.VectorType(ir.DoubleType(), 8), ir.VectorType(number, 8)
    kind = ir.FunctionType(reals, [reals, places, reals])

    def load(builder: Any, base: Any, offset: int, vector: Any) -> Any:
        address = builder.add(base, ir.Constant(number, offset))
        return builder.load(builder.inttoptr(address, vector.as_pointer()), align=8)

    def emit(context: Any, builder: Any, _: Any, arguments: Any) -> Any:
        codes, stride, words, tables, sums, ahead, step = arguments
        look_up = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, kind, "llvm.x86.avx512.vpermi2var.pd.512")
        fetch = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module, ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t] + [flag] * 3),
            "llvm.prefetch.p0")
        totals = [cgutils.alloca_once(builder, reals)  # type: ignore[no-untyped-call]
                  for _ in range(LANES // 8)]
        for total in totals:
            builder.store(ir.Constant(reals, [0.0] * 8), total)
        with cgutils.for_range(builder, words) as loop:
            row = builder.add(codes, builder.mul(loop.index, stride))
            table = builder.add(tables, builder.mul(loop.index, ir.Constant(number, 2048)))
            piece = builder.mul(builder.lshr(loop.index, ir.Constant(number, 2)), step)
            place = builder.shl(builder.and_(loop.index, ir.Constant(number, 3)),
                                ir.Constant(number, 9))
            near = builder.add(ahead, builder.add(piece, place))
            for line in range(8):
                address = builder.add(near, ir.Constant(number, 64 * line))
                builder.call(fetch, [builder.inttoptr(address, cgutils.voidptr_t),
                                     flag(0), flag(2), flag(1)])
            held = [load(builder, row, 64 * v, places) for v in range(LANES // 8)]
            for t in range(16):
                low, high = (load(builder, table, 128 * t + at, reals) for at in (0, 64))
                shift = ir.Constant(places, [4 * t] * 8)
                for word, total in zip(held, totals, strict=True):
                    found = builder.call(look_up, [low, builder.lshr(word, shift), high])
                    builder.store(builder.fadd(builder.load(total), found), total)
        for v, total in enumerate(totals):
            before = load(builder, sums, 64 * v, reals)
            address = builder.add(sums, ir.Constant(number, 64 * v))
            builder.store(builder.fadd(before, builder.load(total)),
                          builder.inttoptr(address, reals.as_pointer()), align=8)
        return context.get_dummy_value()

    @intrinsic
    def look_up_lanes(
        typing: Any, codes: Any, stride: Any, words: Any, tables: Any, sums: Any, ahead: Any,
        step: Any,
    ) -> Any:
        """For :data:`LANES` sums, given addresses; ``stride`` is bytes from word to word."""
        return types.void(*[types.intp] * 7), emit

    @njit(nogil=True)
    def add(codes: Words, tables: Float64, sums: Float64, ahead: int, stride: int) -> None:
        for lane in range(0, sums.size, LANES):
            look_up_lanes(  # type: ignore[call-arg]
                codes.ctypes.data + 8 * lane, 8 * codes.shape[1], codes.shape[0],
                tables.ctypes.data, sums.ctypes.data + 8 * lane,
                ahead + lane // LANES * 2 * stride, stride)

    return add


def _add_here() -> Any:
    """In lanes with AVX-512, where code is made for this machine; else one by one."""
    from numba import njit

    return _add_in_lanes() if processor_has("avx512f") else njit(nogil=True)(add_one_by_one)


add: Any = Late(_add_here)


@part
def read_word(data: Bytes, row: np.uint64, at: np.uint64) -> np.uint64:
    """Eight bytes of a row as one number."""
    return (u(data[row, at]) | u(data[row, at + u(1)]) << u(8)
            | u(data[row, at + u(2)]) << u(16) | u(data[row, at + u(3)]) << u(24)
            | u(data[row, at + u(4)]) << u(32) | u(data[row, at + u(5)]) << u(40)
            | u(data[row, at + u(6)]) << u(48) | u(data[row, at + u(7)]) << u(56))


@part
def read_last_word(data: Bytes, row: np.uint64, at: np.uint64) -> np.uint64:
    """Up to eight bytes, as many as there are in the row."""
    found = u(0)
    for p in range(min(8, data.shape[1] - np.int64(at))):
        found |= u(data[row, at + u(p)]) << u(8 * p)
    return found


@part
def fill_tables(terms: Float64, tables: Float64) -> None:
    """Of every two rows of ``terms``, which have a number for each code, all sums of two."""
    for w in range(tables.shape[0]):
        for t in range(16):
            one = 32 * w + 2 * t
            for high in range(4):
                for low in range(4):
                    tables[w, t, 4 * high + low] = terms[one, low] + terms[one + 1, high]


@part
def turn_four(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, shift: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Exchange groups of ``shift`` bits across the diagonal of the squares of 4 × 4 of them."""
    mask = u(0xFFFFFFFFFFFFFFFF) // ((u(1) << u(2) * shift) + u(1))
    swap = (a >> u(2) * shift ^ c) & mask
    a, c = a ^ swap << u(2) * shift, c ^ swap
    swap = (b >> u(2) * shift ^ d) & mask
    b, d = b ^ swap << u(2) * shift, d ^ swap
    mask = u(0xFFFFFFFFFFFFFFFF) // ((u(1) << shift) + u(1))
    swap = (a >> shift ^ b) & mask
    a, b = a ^ swap << shift, b ^ swap
    swap = (c >> shift ^ d) & mask
    c, d = c ^ swap << shift, d ^ swap
    return a, b, c, d


@part
def turn(data: Bytes, first: int, last: int, left: int, turned: Words) -> None:
    """Words of 32 markers, first … last, instead of words of 32 individuals.

    Word j of row i of ``turned``, which has 32 rows, is of the i-th individual in the j-th word of
    the markers from byte ``left`` on. In place of markers from ``last`` on stands the one before.
    """
    count = turned.shape[1]
    whole = min(count, (data.shape[1] - left) // 8)
    for i in range(8):
        m = (u(min(first + i, last - 1)), u(min(first + i + 8, last - 1)),
             u(min(first + i + 16, last - 1)), u(min(first + i + 24, last - 1)))
        one, two, three, four = turned[i], turned[i + 8], turned[i + 16], turned[i + 24]
        for j in range(u(whole)):
            at = u(left) + u(8) * u(j)
            one[u(j)], two[u(j)], three[u(j)], four[u(j)] = turn_four(
                read_word(data, m[0], at), read_word(data, m[1], at), read_word(data, m[2], at),
                read_word(data, m[3], at), u(16))
        for j in range(whole, count):
            at = u(left + 8 * j)
            one[j], two[j], three[j], four[j] = turn_four(
                read_last_word(data, m[0], at), read_last_word(data, m[1], at),
                read_last_word(data, m[2], at), read_last_word(data, m[3], at), u(16))
    for i in (0, 1, 8, 9, 16, 17, 24, 25):
        one, two, three, four = turned[i], turned[i + 2], turned[i + 4], turned[i + 6]
        for j in range(count):
            one[j], two[j], three[j], four[j] = turn_four(one[j], two[j], three[j], four[j], u(4))
    for i in range(0, 32, 2):
        one, two = turned[i], turned[i + 1]
        for j in range(count):
            swap = (one[j] >> u(2) ^ two[j]) & u(0x3333333333333333)
            one[j], two[j] = one[j] ^ swap << u(2), two[j] ^ swap


@kernel(f"f8[:, ::1]({_bytes}, {_row}, {_reals}, i8, i8)")
def times(data: Bytes, centre: Float64, effects: Float64, begin: int, end: int) -> Float64:
    """Σₘ (xₘ − centre[m]) · effects[m, c] over the markers begin … end that are called.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    centre : ndarray of float64, shape (m,)
    effects : ndarray of float64, shape (m, k)
    begin, end : int

    Returns
    -------
    ndarray of float64, shape (k, at least 4w)
        Of all individuals, and of more.
    """
    k, count = effects.shape[1], (data.shape[1] + 15) // 16 * 2
    if count % 32 == 0:
        count += 2
    stride = data.shape[1] if count > PANEL else 2048
    sums, out = np.zeros((k, 32 * count)), np.empty((k, 32 * count))
    room = np.empty(WORDS * 32 * PANEL, np.uint64)
    tables, terms = np.empty((WORDS, 16, 16)), np.zeros((32 * WORDS, 4))
    for first in range(begin, end, 32 * WORDS):
        last = min(first + 32 * WORDS, end)
        words = (last - first + 31) // 32
        terms[last - first:] = 0.0
        for left in range(0, count, PANEL):
            width = min(PANEL, count - left)
            here = data.ctypes.data + first * data.shape[1] + 8 * left
            ahead = here + 8 * PANEL
            if left + width == count:
                ahead = data.ctypes.data + last * data.shape[1]
            turned = room[:words * 32 * width].reshape(words, 32 * width)
            for w in range(words):
                turn(data, first + 32 * w, min(first + 32 * w + 32, last), 8 * left,
                     turned[w].reshape(32, width))
            for c in range(k):
                for m in range(first, last):
                    terms[m - first, 0] = (2.0 - centre[m]) * effects[m, c]
                    terms[m - first, 2] = (1.0 - centre[m]) * effects[m, c]
                    terms[m - first, 3] = (0.0 - centre[m]) * effects[m, c]
                fill_tables(terms, tables[:words])
                add(turned, tables[:words], sums[c, 32 * left:32 * (left + width)],
                    ahead if c == 0 else here, stride)
    for left in range(0, count, PANEL):
        width = min(PANEL, count - left)
        for c in range(k):
            for i in range(32):
                for j in range(width):
                    out[c, 32 * (left + j) + i] = sums[c, 32 * left + i * width + j]
    return out


@part
def take(data: Bytes, top: int, bottom: int, left: int, tile: Words, gaps: Int64) -> int:
    """Copy the words of some rows from byte ``left`` on; list those that may have missing calls.

    Eight rows are copied together, and the last one again up to a whole eight.
    """
    missing, count = 0, tile.shape[0]
    whole = min(count, (data.shape[1] - left) // 8)
    for r in range(0, bottom - top, 8):
        found = u(0)
        for j in range(u(whole)):
            for i in range(8):
                word = read_word(data, u(min(top + r + i, bottom - 1)), u(left) + u(8) * u(j))
                tile[u(j), u(r + i)] = word
                found |= word & ~(word >> u(1))
        for j in range(whole, count):
            for i in range(8):
                word = read_last_word(data, u(min(top + r + i, bottom - 1)), u(left + 8 * j))
                tile[j, r + i] = word
                found |= word & ~(word >> u(1))
        if found & MISSING != u(0):
            for i in range(r, min(r + 8, bottom - top)):
                gaps[missing] = i
                missing += 1
    return missing


@part
def add_tile(tile: Words, tables: Float64, sums: Float64, ahead: int, stride: int) -> None:
    """Add what a tile gives to the sums of its rows."""
    for first in range(0, tile.shape[0], WORDS):
        last = min(first + WORDS, tile.shape[0])
        add(tile[first:last], tables[first:last], sums,
            ahead + first // WORDS * (sums.size // LANES) * 2 * stride, stride)


@part
def tables_of_copies(values: Float64) -> Float64:
    """Tables of copies times values, shape (k, words, 16, 16)."""
    k, size = values.shape
    tables, terms = np.empty((k, size // 32, 16, 16)), np.zeros((size, 4))
    for c in range(k):
        for i in range(size):
            terms[i, 0], terms[i, 2] = 2.0 * values[c, i], values[c, i]
        fill_tables(terms, tables[c])
    return tables


@part
def tables_of_missing(values: Float64) -> Float64:
    """Tables of values that count once, for the words of :func:`pair_missing`."""
    k, size = values.shape
    pairs = (size // 32 + 1) // 2
    tables, terms = np.empty((k, pairs, 16, 16)), np.zeros((32 * pairs, 4))
    for c in range(k):
        for w in range(pairs):
            for i in range(32):
                one, other = values[c, 64 * w + i], 0.0
                if 64 * w + 32 < size:
                    other = values[c, 64 * w + 32 + i]
                at = 32 * w + i
                terms[at, 1], terms[at, 2], terms[at, 3] = one, other, one + other
        fill_tables(terms, tables[c])
    return tables


@part
def pair_missing(tile: Words, rows: Int64) -> Words:
    """Which calls of some rows are missing, two words in one: its low bits are the first's.

    Written over the first rows and words of the tile.
    """
    count = tile.shape[0]
    pairs = (count + 1) // 2
    for w in range(pairs):
        for i in range(rows.size):
            one, other = tile[u(2 * w), u(rows[i])], u(0)
            if 2 * w + 1 < count:
                other = tile[u(2 * w + 1), u(rows[i])]
            one, other = one & ~(one >> u(1)) & MISSING, other & ~(other >> u(1)) & MISSING
            tile[w, i] = one | other << u(1)
    return tile[:pairs]


@kernel(f"f8[:, :, ::1]({_bytes}, {_reals}, i8, i8)")
def transposed_times(data: Bytes, values: Float64, begin: int, end: int) -> Float64:
    """Σᵢ xᵢ · values[c, i] over the called, and Σᵢ values[c, i] over the others.

    Parameters
    ----------
    data : ndarray of uint8, shape (m, w)
    values : ndarray of float64, shape (k, 4w and on to whole words)
        With 0 beyond the last individual.
    begin, end : int
        Markers.

    Returns
    -------
    ndarray of float64, shape (2, k, end − begin)
    """
    k, count = values.shape[0], values.shape[1] // 32
    out = np.zeros((2, k, end - begin))
    tables, of_missing = tables_of_copies(values), np.empty((0, 0, 16, 16))
    stride = data.shape[1] if count > PANEL else 2048
    tile, gaps = np.empty((PANEL, ROWS + 8), np.uint64), np.empty(ROWS, np.int64)
    sums = np.empty(ROWS)
    for top in range(begin, end, ROWS):
        bottom = min(top + ROWS, end)
        for left in range(0, count, PANEL):
            right = min(left + PANEL, count)
            words = tile[:right - left]
            here = data.ctypes.data + top * data.shape[1] + 8 * left
            ahead = here + 8 * PANEL
            if right == count:
                ahead = data.ctypes.data + bottom * data.shape[1]
            missing = take(data, top, bottom, 8 * left, words, gaps)
            own = sums[:(bottom - top + LANES - 1) // LANES * LANES]
            for c in range(k):
                own[:] = 0.0
                add_tile(words, tables[c, left:right], own, ahead if c == 0 else here, stride)
                out[0, c, top - begin:bottom - begin] += own[:bottom - top]
            if missing:
                if len(of_missing) < k:
                    of_missing = tables_of_missing(values)
                words = pair_missing(words, gaps[:missing])
                own = sums[:(missing + LANES - 1) // LANES * LANES]
                for c in range(k):
                    own[:] = 0.0
                    add_tile(words, of_missing[c, left // 2:], own, here, stride)
                    for i in range(missing):
                        out[1, c, top - begin + gaps[i]] += own[i]
    return out
