"""Genotypes in 2 bits: products with vectors, and G, beside numpy and the limits of this machine.

Run from the root of the repository::

    python benchmarks/bench_genomics.py
    python benchmarks/bench_genomics.py --sizes 20000x50000 --only matrix

Genotypes are simulated straight into 2 bits. Two tables in Markdown: products with a vector in
genotypes a second, beside numpy's on the unpacked matrix in single precision and what memory gives
(``a[:] = b + s·c``); and G beside a matrix product of the same kind in the same process, with the
peak memory of a process of its own. Rates are of the wall clock, the best of ``--rounds``; in
parentheses per second of one core, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from breedeval.genotypes.calls import Coding
from breedeval.genotypes.packed import Packed, pack
from breedeval.genotypes.products import cross_products

PRODUCTS = ("individuals", "markers", "missing", "product", "genotypes/s, G", "packed, GB/s",
            "numpy, genotypes/s, G", "numpy, GB/s", "times numpy", "triad, GB/s",
            "largest difference")
MATRIX = ("individuals", "markers", "seconds", "CPU s", "G, GFLOP/s", "sgemm, GFLOP/s",
          "rate/sgemm", "before, MB", "peak, MB", "G itself, MB", "packed, MB",
          "largest error / diagonal")
UNPACKED = 4e9
"""Bytes that numpy's matrix may have."""


@dataclass(frozen=True)
class Spent:
    """Least wall and CPU seconds of several rounds."""

    wall: float
    cpu: float

    def rate(self, work: float) -> str:
        """In thousand millions a second, and per second of one core."""
        return f"{work / self.wall / 1e9:.1f} ({work / self.cpu / 1e9:.1f})"


def least(work: Callable[[], object], rounds: int) -> Spent:
    """Time some work, after once for nothing where there is more than one round."""
    if rounds > 1:
        work()
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return Spent(min(walls), min(cpus))


def simulated(individuals: int, markers: int, missing: float = 0.0) -> Packed:
    """Genotypes in Hardy–Weinberg proportions, packed block after block."""
    rng = np.random.default_rng(20261127)
    data = np.empty((markers, -(-individuals // 4)), np.uint8)
    for at in range(0, markers, 200):
        block = data[at:at + 200]
        shape = (len(block), individuals)
        limit = rng.integers(13, 243, (len(block), 1))
        copies = sum((rng.integers(0, 256, shape, np.uint8) < limit).astype(np.int8)
                     for _ in range(2))
        if missing:
            copies[rng.random(shape, np.float32) < missing] = -1
        block[:] = pack(copies).data
    return Packed(data, individuals)


def centred(calls: Packed) -> Coding:
    """The coding of VanRaden's first method."""
    return Coding(2 * calls.counts().frequency, np.ones(calls.markers))


def triad(rounds: int) -> float:
    """Bytes a second of a[:] = b + s·c on one array after the other, all cores' share of memory."""
    a, b, c = (np.ones(30_000_000) for _ in range(3))

    def work() -> None:
        np.multiply(c, 3.0, out=a)
        np.add(a, b, out=a)

    return 5 * a.nbytes / least(work, rounds).wall


def bench_products(
    individuals: int, markers: int, missing: float, asked: argparse.Namespace
) -> None:
    """Two rows: Z′a and Zv."""
    calls = simulated(individuals, markers, missing)
    coding, genotypes = centred(calls), float(individuals) * markers
    memory = triad(asked.rounds)
    rng = np.random.default_rng(1)
    effects, values = rng.normal(size=(markers, 1)), rng.normal(size=(individuals, 1))
    z = None
    if 4 * genotypes <= UNPACKED:
        z = np.empty((markers, individuals), np.float32)
        for at in range(0, markers, 500):
            stop = min(at + 500, markers)
            calls.coded(at, stop, coding.part(at, stop), z[at:stop])
    short = effects.astype(np.float32), values.astype(np.float32)
    for name, ours, theirs in (
        ("Z′a", lambda: calls.times(effects, coding, threads=asked.threads),
         lambda: short[0].T @ z),
        ("Zv", lambda: calls.transposed_times(values, coding, threads=asked.threads),
         lambda: z @ short[1]),
    ):
        own = least(ours, asked.rounds)
        cells = [f"{individuals:,}", f"{markers:,}", f"{missing:g}", name, own.rate(genotypes),
                 own.rate(calls.data.nbytes)]
        if z is None:
            cells += ["–", "–", "–", f"{memory / 1e9:.1f}", "–"]
        else:
            with threadpool_limits(asked.threads, user_api="blas"):
                other = least(theirs, asked.rounds)
            found, expected = ours().ravel(), theirs().ravel()
            apart = np.abs(found - expected).max() / np.abs(found).max()
            cells += [other.rate(genotypes), other.rate(4 * genotypes),
                      f"{other.wall / own.wall:.1f} ({other.cpu / own.cpu:.1f})",
                      f"{memory / 1e9:.1f}", f"{apart:.0e}"]
        print(row(cells), flush=True)


def bench_matrix(individuals: int, markers: int, asked: argparse.Namespace) -> None:
    """A row: G, the rate of a matrix product of its kind, and memory."""
    calls = simulated(individuals, markers)
    coding = centred(calls)
    few = np.sort(np.random.default_rng(1).permutation(individuals)[:60])
    exact = np.zeros((few.size, few.size))
    some = calls.select(individuals=few)
    for at in range(0, markers, 500):
        x = some.block(at, min(at + 500, markers)).astype(np.float64)
        x -= coding.centre[at:at + 500, None]
        exact += x.T @ x
    cross_products(calls.select(markers=np.arange(100), individuals=few), coding.part(0, 100))
    before = peak()
    wall, cpu = time.perf_counter(), time.process_time()
    found = cross_products(calls, coding, threads=asked.threads)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    most = peak()
    error = np.abs(found[np.ix_(few, few)] - exact).max() / np.diagonal(exact).mean()
    own, packed = found.nbytes, calls.data.nbytes
    del found
    flops = 2.0 * individuals**2 * markers
    with threadpool_limits(asked.threads, user_api="blas"):
        gemm = multiply(individuals, asked.rounds)
    print(row([
        f"{individuals:,}", f"{markers:,}", f"{wall:.1f}", f"{cpu:.1f}",
        Spent(wall, cpu).rate(flops), gemm.rate(1.0),
        f"{gemm.wall * flops / wall:.2f} ({gemm.cpu * flops / cpu:.2f})",
        f"{before:,.0f}", f"{most:,.0f}", f"{own / 1e6:,.0f}", f"{packed / 1e6:,.0f}",
        f"{error:.0e}"]), flush=True)


def multiply(individuals: int, rounds: int) -> Spent:
    """Seconds a floating-point operation of A′B with 2,000 rows, in single precision."""
    size = min(individuals, 10_000)
    a, b = (np.random.default_rng(k).random((2000, size), np.float32) for k in range(2))
    out = np.empty((size, size), np.float32)
    spent = least(lambda: np.matmul(a.T, b, out=out), rounds)
    flops = 2.0 * size**2 * len(a)
    return Spent(spent.wall / flops, spent.cpu / flops)


def peak() -> float:
    """Largest memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def row(cells: Iterable[str]) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print both tables; every size in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", default=["2000x50000", "5000x50000", "20000x50000"],
                        metavar="NxM", help="Individuals and markers.")
    parser.add_argument("--missing", type=float, nargs="+", default=[0.0, 0.01],
                        help="Shares of calls that are missing, for the products.")
    parser.add_argument("--only", choices=["products", "matrix"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    sizes = [tuple(int(part) for part in size.split("x")) for size in asked.sizes]
    if asked.only != "matrix":
        table(PRODUCTS, bench_products,
              [(*size, share, asked) for size in sizes for share in asked.missing])
    if asked.only != "products":
        table(MATRIX, bench_matrix, [(*size, asked) for size in sizes])


def table(
    header: tuple[str, ...], work: Callable[..., None], tasks: list[tuple[object, ...]]
) -> None:
    """A table whose rows are printed by processes."""
    print(row(header), f"|{'|'.join('--:' for _ in header)}|", sep="\n", flush=True)
    spawn = multiprocessing.get_context("spawn")
    for task in tasks:
        process = spawn.Process(target=work, args=task)
        process.start()
        process.join()
    print(flush=True)


if __name__ == "__main__":
    main()
