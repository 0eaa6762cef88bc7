"""Mating plans by size, beside the same programme given to the solver whole.

``python benchmarks/bench_mating.py`` prints two tables in Markdown: plans of females and males of
the last generation of a simulated pedigree, with their coancestry, and the spread of progeny from
effects of markers. Every row is a process of its own, so that the memory is that of the row:
everything, the pedigree and Python with it. ``--whole-up-to`` sets the most pairs that the whole
programme is run on.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import linprog

from breedeval.genotypes.packed import pack
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.selection.allocation import Conflict
from breedeval.selection.coancestry import FromPedigree, restricted
from breedeval.selection.conflict import explain
from breedeval.selection.linkage import LinkageMap
from breedeval.selection.mating import Crossing, HerdLimit, Side, plan_matings
from breedeval.selection.usefulness import Trio, gamete_variances, line_variances

Float64 = NDArray[np.float64]

GENERATIONS = 8
CHROMOSOMES = 20
PLANS = [(2_000, 50, "plain"), (2_000, 50, "herds"), (20_000, 300, "plain"),
         (20_000, 300, "herds"), (20_000, 300, "impossible"), (60, 0, "lines"), (600, 0, "lines")]
SPREADS = [("lines", 500, 10_000), ("lines", 2_000, 10_000), ("outbred", 20_000, 10_000)]


def pedigree(females: int, males: int, seed: int = 1) -> FromPedigree:
    """Generations of ``females`` and as many males, of whom so many become sires."""
    rng = np.random.default_rng(seed)
    size = 2 * females
    sire, dam = np.full((2, GENERATIONS * size), -1, np.int32)
    for generation in range(1, GENERATIONS):
        start = (generation - 1) * size
        own = slice(generation * size, (generation + 1) * size)
        sires = start + rng.choice(females, max(2, males // 5), replace=False)
        sire[own], dam[own] = rng.choice(sires, size), start + females + rng.integers(
            females, size=size)
    found = inbreeding(sire, dam)
    last = (GENERATIONS - 1) * size
    rows = np.concatenate([last + females + np.arange(females), last + np.arange(males)])
    variance = 1 + found.coefficients[rows]
    whole = FromPedigree(sire, dam, found.mendelian, rows.astype(np.int32), variance)
    return restricted(whole, whole.rows, variance, 0)


def coancestry(females: int, males: int) -> tuple[Float64, float]:
    """Of every female and male, and the CPU seconds that it took."""
    whole, started = pedigree(females, males), time.process_time()
    found = np.empty((females, males))
    for first in range(0, males, 64):
        some = females + np.arange(first, min(first + 64, males))
        units = np.zeros((females + males, some.size))
        units[some, np.arange(some.size)] = 1.0
        found[:, first:first + 64] = whole.times(units)[:females]
    return found, time.process_time() - started


def crossing_of(females: int, males: int, kind: str) -> tuple[Crossing, float]:
    """A crossing, and the seconds of its coancestry."""
    rng = np.random.default_rng(2)
    if kind == "lines":
        loci = rng.normal(size=(females, 40))
        values = loci @ loci.T / 80
        lines = Side("line", [f"L{k}" for k in range(females)], np.zeros(females, int),
                     np.full(females, 4), "max_per_female")
        index = rng.normal(size=females)
        worth = (index[:, None] + index) / 2 - 2 * values
        return Crossing(lines, lines, values, worth, (), females // 2, 1), 0.0
    values, seconds = coancestry(females, males)
    most = int(np.ceil(1.5 * females / males)) if kind != "impossible" else females // males - 1
    found = Crossing(
        Side("female", [f"F{k}" for k in range(females)], *np.ones((2, females), int),
             "max_per_female"),
        Side("male", [f"M{k}" for k in range(males)], np.zeros(males, int), np.full(males, most),
             "max_per_male"), values, -values)
    if kind == "herds":
        count = females // 40
        herds = HerdLimit(rng.integers(count, size=females), [f"H{k}" for k in range(count)], 4)
        found = replace(found, herds=herds)
    return found, seconds


def whole_programme(crossing: Crossing) -> tuple[float, float]:
    """Least cost of all pairs at once by the dual simplex of HiGHS, and CPU seconds."""
    started, programme = time.process_time(), crossing.programme()
    first, second = np.nonzero(np.isfinite(programme.cost))
    under, low, high = programme.incidence((first, second)), programme.low, programme.high
    equal = low == high
    above, below = ~equal & np.isfinite(high), ~equal & (low > 0)
    found = linprog(
        programme.cost[first, second], bounds=(0, programme.per_pair), method="highs-ds",
        A_ub=sparse.vstack([under[np.flatnonzero(above)], -under[np.flatnonzero(below)]]),
        b_ub=np.concatenate([high[above], -low[below]]),
        A_eq=under[np.flatnonzero(equal)], b_eq=high[equal])
    return float(found.fun), time.process_time() - started


def measure_plan(females: int, males: int, kind: str, whole_up_to: int) -> list[str]:
    """Cells of a row."""
    crossing, of_coancestry = crossing_of(females, males, kind)
    wall, cpu = time.perf_counter(), time.process_time()
    found = plan_matings(crossing)
    told = explain(crossing, found).found[:60] + "…" if isinstance(found, Conflict) else ""
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    cells = [f"{of_coancestry:.1f}", f"{wall:.1f}", f"{cpu:.1f}", f"{memory:.2f}"]
    if isinstance(found, Conflict):
        return [*cells, told, "", "", "", "–", "–"]
    cells += [f"{found.total:,}", f"{found.inbreeding:.5f}", f"{found.random_inbreeding:.5f}",
              f"{found.gap:.0e}"]
    if kind == "lines" or crossing.worth.size > whole_up_to:
        return [*cells, "–", "–"]
    value, seconds = whole_programme(crossing)
    return [*cells, f"{seconds:.1f}", f"{abs(value / found.total + found.worth):.0e}"]


def measure_spread(kind: str, count: int, markers: int) -> list[str]:
    """Cells of a row."""
    rng = np.random.default_rng(3)
    effects = rng.normal(size=markers)
    chromosome = np.arange(markers) % CHROMOSOMES
    places = LinkageMap(chromosome, rng.random(markers))
    copies = rng.integers(0, 3, (markers, count), np.int8)
    calls = pack(2 * (copies // 2) if kind == "lines" else copies)
    wall, cpu = time.perf_counter(), time.process_time()
    if kind == "lines":
        line_variances(calls, effects, places, "doubled_haploid")
    else:
        own = np.arange(count)
        gamete_variances(Trio(calls, own, rng.permutation(own), rng.permutation(own)), effects,
                         places)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    return [f"{wall:.1f}", f"{cpu:.1f}", f"{memory:.2f}"]


def main() -> None:
    """Print the tables, a process for each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole-up-to", type=int, default=200_000)
    parser.add_argument("--plan", nargs=3, help="one row, as JSON, in this process")
    parser.add_argument("--spread", nargs=3, help="one row, as JSON, in this process")
    given = parser.parse_args()
    if given.plan or given.spread:
        if given.plan:
            females, males, kind = given.plan
            row = measure_plan(int(females), int(males), kind, given.whole_up_to)
        else:
            kind, count, markers = given.spread
            row = measure_spread(kind, int(count), int(markers))
        print(json.dumps(row))
        return
    print("| females | males | limits | coancestry, CPU s | plan, s | CPU s | GB | matings | mean "
          "F | at random | gap | whole, CPU s | difference |")
    print("|--:|--:|---|" + "--:|" * 10)
    for plan in PLANS:
        _print_row(["--plan", *map(str, plan), "--whole-up-to", str(given.whole_up_to)], plan)
    print("\n| parents | number | markers | s | CPU s | GB |\n|---|--:|--:|--:|--:|--:|")
    for spread in SPREADS:
        _print_row(["--spread", *map(str, spread)], spread)


def _print_row(arguments: list[str], key: tuple[object, ...]) -> None:
    done = subprocess.run([sys.executable, __file__, *arguments], check=True,
                          capture_output=True, text=True)
    first = [f"{one:,}" if isinstance(one, int) else str(one) for one in key]
    print(f"| {' | '.join([*first, *json.loads(done.stdout.splitlines()[-1])])} |", flush=True)


if __name__ == "__main__":
    main()
