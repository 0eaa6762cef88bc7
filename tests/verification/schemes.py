"""Ten generations of selection: optimal contributions against truncation at the same inbreeding.

A closed population under the infinitesimal model with inbreeding: u = ½(u_s + u_d) + m,
var(m) = ½(1 − ½(F_s + F_d))σ²ᵤ; every animal has one record before it can be a parent. Each
generation breeding values are those of the animal model by our solver over all generations;
parents are mated at random.

``python -m tests.verification.schemes`` prints the table of ``docs/validation.md`` and draws its
figure.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import NDArray

from breedeval.relationship.numerator import Numerator, from_pedigree
from breedeval.selection.coancestry import Coancestry, mean_coancestry, of_pedigree
from breedeval.selection.contributions import (
    limit_of_rate,
    optimal_contributions,
    present_coancestry,
)
from breedeval.selection.matings_in_numbers import in_numbers
from breedeval.selection.shares import Shares
from breedeval.solve.backends import direct_solver
from tests.unit.pedigree.made import pedigree_of

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]

SIZE = 500
"""Animals of a generation, half of each sex."""
GENERATIONS = 10
HERITABILITY = 0.3
RATE = 0.01
"""ΔF that optimal contributions are to keep."""
TRUNCATED = ((15, 60), (30, 120), (60, 200), (110, 250))
"""Males and females selected by truncation: rates of inbreeding around the same."""
SEEDS = range(1, 9)
FIGURE = Path(__file__).parents[2] / "docs" / "images" / "contributions.png"

Select = Callable[[Vector, Coancestry], Counts]
"""Uses of the candidates, males first, from their breeding values and coancestry."""

SEX = np.repeat([0, 1], SIZE // 2)


def shares() -> Shares:
    """Half of the genes from each sex."""
    return Shares(SEX, np.array([0.5, 0.5]), np.zeros(SIZE), np.ones(SIZE), ("male", "female"))


def by_contributions(rate: float, reached: list[float]) -> Select:
    """Optimal contributions; ``reached`` receives c′Kc over its limit of every generation."""
    def select(values: Vector, coancestry: Coancestry) -> Counts:
        limit = limit_of_rate(coancestry, shares(), rate)
        optimum = optimal_contributions(values, coancestry, shares(), limit)
        assert optimum.certificate.holds(1e-8)
        found = in_numbers(optimum, values, coancestry, shares(), 2 * SIZE)
        reached.append(mean_coancestry(coancestry, found.contributions) / limit)
        return found.uses
    return select


def by_truncation(males: int, females: int) -> Select:
    """The best of each sex, used alike."""
    def select(values: Vector, coancestry: Coancestry) -> Counts:
        uses = np.zeros(SIZE, np.int64)
        for sex, count in ((0, males), (1, females)):
            rows = np.flatnonzero(sex == SEX)
            best = rows[np.argsort(-values[rows])[:count]]
            uses[best] = SIZE // count
            uses[best[:SIZE % count]] += 1
        return uses
    return select


def predicted(numerator: Numerator, records: Vector, generation: Counts) -> Vector:
    """û of y = generation + u + e: Henderson's equations, factorised."""
    n, ratio = records.size, (1 - HERITABILITY) / HERITABILITY
    x = sp.csc_array((np.ones(n), (np.arange(n), generation)))
    own = sp.csc_array(ratio * numerator.lower() + sp.eye_array(n))
    lower = sp.csc_array(sp.block_array([[own, None], [x.T, sp.diags_array(x.sum(axis=0))]]))
    right = np.concatenate([records, x.T @ records])
    found: Vector = direct_solver(threads=1).factorise(lower).solve(right)[:n]
    return found


def scheme(select: Select, seed: int) -> pd.DataFrame:
    """Mean true breeding value, coancestry between animals and inbreeding, by generation."""
    rng = np.random.default_rng(seed)
    sire, dam = np.full(SIZE, -1, np.int64), np.full(SIZE, -1, np.int64)
    values, rows = rng.normal(size=SIZE), []
    noise = np.sqrt((1 - HERITABILITY) / HERITABILITY)
    records = values + noise * rng.normal(size=SIZE)
    for generation in range(GENERATIONS + 1):
        numerator = from_pedigree(pedigree_of(sire, dam))
        last = np.arange(generation * SIZE, (generation + 1) * SIZE)
        coancestry = of_pedigree(numerator, last)
        rows.append({"generation": generation, "mean": values[last].mean(),
                     "sd": values[last].std(), "coancestry": present_coancestry(
                         coancestry, shares()), "inbreeding": numerator.inbreeding[last].mean()})
        if generation == GENERATIONS:
            break
        found = predicted(numerator, records, np.repeat(np.arange(generation + 1), SIZE))
        uses = select(found[last], coancestry)
        parents = [rng.permutation(np.repeat(last[sex == SEX], uses[sex == SEX]))
                   for sex in (0, 1)]
        mendelian = 0.5 * (1 - numerator.inbreeding[np.stack(parents)].mean(axis=0))
        born = values[np.stack(parents)].mean(axis=0) + np.sqrt(mendelian) * rng.normal(size=SIZE)
        sire, dam = np.concatenate([sire, parents[0]]), np.concatenate([dam, parents[1]])
        values = np.concatenate([values, born])
        records = np.concatenate([records, born + noise * rng.normal(size=SIZE)])
    return pd.DataFrame(rows)


def figures(table: pd.DataFrame) -> dict[str, float]:
    """Gain over all generations in genetic standard deviations of the base, and ΔF."""
    def rate(name: str) -> float:
        left = 1 - table[name].to_numpy()
        return 1 - float(left[-1] / left[1]) ** (1 / (GENERATIONS - 1))

    return {"gain": float(table["mean"].iloc[-1] - table["mean"].iloc[0]),
            "delta_coancestry": rate("coancestry"), "delta_f": rate("inbreeding")}


def compared() -> tuple[pd.DataFrame, list[float]]:
    """Figures of every scheme and seed, and coancestry over its limit wherever there was one."""
    reached: list[float] = []
    schemes = {"optimal contributions": by_contributions(RATE, reached)}
    schemes |= {f"best {males} males, {females} females": by_truncation(males, females)
                for males, females in TRUNCATED}
    rows = [{"scheme": name, "seed": seed, **figures(scheme(select, seed))}
            for name, select in schemes.items() for seed in SEEDS]
    return pd.DataFrame(rows), reached


def at_the_same_rate(table: pd.DataFrame, rate: float) -> float:
    """Gain of truncation at a rate: between the schemes, linear in the logarithm of the rate."""
    means = table[table["scheme"].str.startswith("best")].groupby("scheme")[
        ["delta_coancestry", "gain"]].mean().sort_values("delta_coancestry")
    x = np.log(means["delta_coancestry"])
    assert x.iloc[0] < np.log(rate) < x.iloc[-1]
    return float(np.interp(np.log(rate), x, means["gain"]))


def draw(table: pd.DataFrame) -> None:
    """Gain against the rate of inbreeding."""
    import matplotlib
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.8), layout="constrained")
    truncated = table["scheme"].str.startswith("best")
    means = table[truncated].groupby("scheme")[["delta_coancestry", "gain"]].mean().sort_values(
        "delta_coancestry")
    axes.plot(100 * means["delta_coancestry"], means["gain"], color="0.4", zorder=1)
    for rows, marker, colour, words in (
            (truncated, "o", "0.4", "truncation"),
            (~truncated, "D", "#0b6e4f", "optimal contributions")):
        axes.scatter(100 * table.loc[rows, "delta_coancestry"], table.loc[rows, "gain"], s=22,
                     marker=marker, color=colour, label=words, zorder=2)
    axes.axvline(100 * RATE, color="0.7", linestyle="--", linewidth=1)
    axes.set_xlabel("rise of mean coancestry per generation, %")
    axes.set_ylabel(f"gain in {GENERATIONS} generations, σ")
    axes.legend(frameon=False)
    figure.savefig(FIGURE, dpi=150)


def main() -> None:
    """Print means over the replicates with their standard errors, and draw."""
    table, reached = compared()
    print("| scheme | gain in ten generations, σᵤ | ΔC, % | ΔF, % |")
    print("|---|--:|--:|--:|")
    for name, rows in table.groupby("scheme", sort=False):
        cells = []
        for column, unit in (("gain", 1), ("delta_coancestry", 100), ("delta_f", 100)):
            values = unit * rows[column]
            cells.append(f"{values.mean():.2f} ({values.std(ddof=1) / np.sqrt(len(rows)):.2f})")
        print(f"| {name} | {' | '.join(cells)} |")
    own = table[table["scheme"] == "optimal contributions"]
    other = at_the_same_rate(table, own["delta_coancestry"].mean())
    more = own["gain"].mean() / other - 1
    print(f"\nTruncation at the same rate: {other:.2f}; contributions gain {more:.0%} more")
    print(f"Coancestry over its limit: {min(reached):.6f} to {max(reached):.6f}")
    draw(table)


if __name__ == "__main__":
    main()
