"""How old parents are, and how much better than their contemporaries: by path of transmission.

The four paths are sires of males, sires of females, dams of males and dams of females (Rendel &
Robertson 1950). A parent counts once for every offspring.

    L = mean age of a parent when an offspring was born
    S = mean breeding value of parents − that of all individuals of their sex and year of birth
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.pedigree.pedigree import Pedigree

PATHS = (("sire", "male"), ("sire", "female"), ("dam", "male"), ("dam", "female"))
_SEX = {"male": 1, "female": 2}


@dataclass(frozen=True, eq=False)
class Pairs:
    """Offspring and parents of one path: rows of the pedigree, shape (m,) each."""

    path: str
    offspring: NDArray[np.int64]
    parent: NDArray[np.int64]


def paths_of(pedigree: Pedigree) -> list[Pairs]:
    """Pairs of every path; offspring without a sex are in none."""
    found = []
    for role, sex in PATHS:
        parent = pedigree.sire if role == "sire" else pedigree.dam
        rows = np.flatnonzero((parent >= 0) & (pedigree.sex == _SEX[sex]))
        found.append(Pairs(f"{role}s of {sex}s", rows, parent[rows].astype(np.int64)))
    return found


def generation_intervals(pedigree: Pedigree) -> pd.DataFrame:
    """L of every path, and of sires, dams and all parents.

    Returns
    -------
    DataFrame
        path, pairs, interval, sd: years; of pairs whose births are both known. Empty without any.

    References
    ----------
    Rendel & Robertson (1950) J. Genet. 50:1.
    """
    rows = [_interval(pedigree, pairs.path, pairs.offspring, pairs.parent)
            for pairs in paths_of(pedigree)]
    everyone = np.arange(len(pedigree))
    for name, parents in (("sires", (pedigree.sire,)), ("dams", (pedigree.dam,)),
                          ("all parents", (pedigree.sire, pedigree.dam))):
        known = [parent >= 0 for parent in parents]
        rows.append(_interval(
            pedigree, name, np.concatenate([everyone[mask] for mask in known]),
            np.concatenate([parent[mask] for parent, mask in zip(parents, known, strict=True)])))
    frame = pd.DataFrame(rows, columns=["path", "pairs", "interval", "sd"])
    return frame[frame["pairs"] > 0].reset_index(drop=True)


def mean_interval(pedigree: Pedigree | None) -> float:
    """Mean of the intervals of sires and of dams, in years; NaN where births are not known."""
    if pedigree is None:
        return float("nan")
    table = generation_intervals(pedigree).set_index("path")["interval"]
    return float(table.reindex(["sires", "dams"]).mean(skipna=False))


def _interval(
    pedigree: Pedigree, name: str, offspring: NDArray[np.int64], parent: NDArray[np.integer]
) -> tuple[str, int, float, float]:
    ages = pedigree.birth_year[offspring] - pedigree.birth_year[parent]
    ages = ages[np.isfinite(ages)]
    spread = float(ages.std(ddof=1)) if ages.size > 1 else float("nan")
    return name, int(ages.size), float(ages.mean()) if ages.size else float("nan"), spread


def selection_differentials(
    pedigree: Pedigree, values: NDArray[np.float64]
) -> pd.DataFrame:
    """S of every path and year in which offspring were born.

    Parameters
    ----------
    pedigree : Pedigree
    values : ndarray of float64, shape (n,)
        Breeding values, NaN where unknown.

    Returns
    -------
    DataFrame
        path, year, pairs, differential; year is the offspring's, whole; rows of year
        NaN are of all years. Pairs whose parent has a known birth only.
    """
    year = np.floor(pedigree.birth_year)
    group = pd.DataFrame({"year": year, "sex": pedigree.sex, "value": values})
    mean = group.groupby(["year", "sex"])["value"].transform("mean").to_numpy(np.float64)
    superiority = values - mean
    rows = []
    for pairs in paths_of(pedigree):
        found = pd.DataFrame({"year": year[pairs.offspring],
                              "differential": superiority[pairs.parent]}).dropna()
        if found.empty:
            continue
        by_year = found.groupby("year")["differential"].agg(["size", "mean"])
        rows += [(pairs.path, float(at), int(size), float(value))
                 for at, size, value in by_year.itertuples()]
        rows.append((pairs.path, float("nan"), len(found),
                     float(found["differential"].mean())))
    return pd.DataFrame(rows, columns=["path", "year", "pairs", "differential"])
