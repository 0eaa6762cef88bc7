"""Cross-products of individuals over markers: Z′Z whole, or between some individuals and others.

Blocks of markers are coded into one buffer, in single precision, and multiplied tile by tile on
several threads; every tile is added to a sum in double precision. The tiles and the blocks do not
depend on the number of threads and every product runs on one, so that neither does the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np

from breedeval.genotypes.calls import Calls, Coding, Float32, Float64
from breedeval.genotypes.workers import Run, workers
from breedeval.threads import one_blas_thread

BLOCK, TILE = 2048, 512
"""Markers that are coded at a time; individuals in a row or column of tiles."""

SLICE = 64
"""Markers that a thread codes at a time."""

Fill = Callable[[int, int, Float32], object]
"""Write the covariates of the markers start … stop to an array of shape (stop − start, n)."""

Tile = tuple[slice, slice]


def cross_products(calls: Calls, coding: Coding, *, threads: int = 1) -> Float64:
    """Z′Z over markers, shape (n, n).

    Parameters
    ----------
    calls : Calls
    coding : Coding
    threads : int

    Notes
    -----
    Cost: n²m flops in single precision, within 1e-6 of the diagonal; 8n² bytes for the result and
    8n KB for a block of markers.
    """
    return squares(coded_by(calls, coding), calls.markers, calls.individuals, threads=threads)


def products_between(first: Calls, second: Calls, coding: Coding, *, threads: int = 1) -> Float64:
    """Z₁′Z₂ of the individuals of two sets over the same markers, shape (n₁, n₂).

    Parameters
    ----------
    first, second : Calls
    coding : Coding
        Of both.
    threads : int

    Notes
    -----
    Cost: 2n₁n₂m flops in single precision; 8n₁n₂ bytes for the result and 8(n₁ + n₂) KB.
    """
    m, shape = first.markers, (first.individuals, second.individuals)
    total = np.zeros(shape)
    with one_blas_thread(), workers(float(m) * shape[0] * shape[1], threads) as run:
        ours = _blocks(coded_by(first, coding), m, shape[0], run)
        theirs = _blocks(coded_by(second, coding), m, shape[1], run)
        for one, other in zip(ours, theirs, strict=True):
            def add(tile: Tile, one: Float32 = one, other: Float32 = other) -> None:
                total[tile] += one[:, tile[0]].T @ other[:, tile[1]]

            run(add, product(_pieces(shape[0], TILE), _pieces(shape[1], TILE)))
    return total


def squares(fill: Fill, markers: int, individuals: int, *, threads: int = 1) -> Float64:
    """Z′Z of the Z that ``fill`` writes, shape (n, n); see :func:`cross_products`."""
    total = np.zeros((individuals, individuals))
    pieces = _pieces(individuals, TILE)
    lower = [(pieces[i], pieces[j]) for i in range(len(pieces)) for j in range(i + 1)]

    def mirror(tile: Tile) -> None:
        if tile[0] != tile[1]:
            total[tile[::-1]] = total[tile].T

    with one_blas_thread(), workers(float(individuals) ** 2 * markers, threads) as run:
        for z in _blocks(fill, markers, individuals, run):
            def add(tile: Tile, z: Float32 = z) -> None:
                total[tile] += z[:, tile[0]].T @ z[:, tile[1]]

            run(add, lower)
        run(mirror, lower)
    return total


def coded_by(calls: Calls, coding: Coding) -> Fill:
    """What writes (x − c)s."""
    return lambda start, stop, out: calls.coded(start, stop, coding.part(start, stop), out)


def _blocks(fill: Fill, markers: int, individuals: int, run: Run) -> Iterator[Float32]:
    """Z, block after block, in the same place."""
    room = np.empty((min(BLOCK, markers), individuals), np.float32)
    for start in range(0, markers, BLOCK):
        z = room[:markers - start]

        def write(part: slice, z: Float32 = z, start: int = start) -> None:
            fill(start + part.start, start + part.stop, z[part])

        run(write, _pieces(len(z), SLICE))
        yield z


def _pieces(size: int, step: int) -> list[slice]:
    return [slice(at, min(at + step, size)) for at in range(0, size, step)]
