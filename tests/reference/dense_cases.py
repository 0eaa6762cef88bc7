"""Data of some run files as dense matrices, read without any of the program's readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from scipy import sparse

from tests.oracles.dense_equations import DenseModel, Float64, RandomPart
from tests.reference.running import PEDIGREES


@lru_cache(maxsize=2)
def relationship(case: str) -> tuple[list[str], Float64]:
    """Names, parents first, and A row by row."""
    table = pd.read_csv(PEDIGREES / case / "pedigree.csv", dtype=str, keep_default_na=False)
    table.columns = pd.Index(["id", "sire", "dam"])
    parents = {row.id: (row.sire, row.dam) for row in table.itertuples()}
    names = _parents_first(parents)
    place = {name: row for row, name in enumerate(names)}
    a = np.zeros((len(names), len(names)))
    for i, name in enumerate(names):
        known = [place[parent] for parent in parents[name] if parent]
        for parent in known:
            a[i, :i] += 0.5 * a[parent, :i]
        a[:i, i] = a[i, :i]
        a[i, i] = 1.0 + (0.5 * a[known[0], known[1]] if len(known) == 2 else 0.0)
    return names, a


def _parents_first(parents: Mapping[str, tuple[str, str]]) -> list[str]:
    placed: dict[str, None] = {}
    for start in parents:
        stack = [start]
        while stack:
            name = stack[-1]
            waiting = [p for p in parents[name] if p and p not in placed]
            if waiting:
                stack += waiting
            else:
                placed.setdefault(stack.pop())
    return list(placed)


def gryphon(variances: Mapping[str, float]) -> tuple[list[str], DenseModel]:
    """bwt ~ sex, with animal and whatever else of birth year and mother has a variance."""
    records = pd.read_csv(PEDIGREES / "gryphon" / "records.csv", dtype=str)
    records = records[records["bwt"].notna()]
    names, a = relationship("gryphon")
    x = np.column_stack([np.ones(len(records)), records["sex"] == "2"]).astype(np.float64)
    random = [_part(names, records["animal"], a, variances["animal"])]
    random += [_identity(records[column], variances[name])
               for name, column in (("birth_year", "byear"), ("mother", "mother"))
               if name in variances]
    y = records["bwt"].to_numpy(np.float64)
    return names, DenseModel(y, x, random, variances["residual"], np.ones(y.size))


def dairy(variances: Mapping[str, float]) -> tuple[list[str], DenseModel]:
    """sd_milk ~ lact + log_dim, with cow, permanent environment and herd."""
    records = pd.read_csv(PEDIGREES / "dairy" / "records.csv", dtype={"id": str, "herd": str})
    names, a = relationship("dairy")
    x = np.column_stack([np.ones(len(records)), records["lact"], np.log(records["dim"])])
    random = [_part(names, records["id"], a, variances["cow"]),
              _identity(records["id"], variances["permanent"]),
              _identity(records["herd"], variances["herd"])]
    y = records["milk"].to_numpy(np.float64)
    y = y / y.std(ddof=1)
    return names, DenseModel(y, x, random, variances["residual"], np.ones(y.size))


def _part(levels: Sequence[str], column: pd.Series, k: Float64, variance: float) -> RandomPart:
    place = {level: row for row, level in enumerate(levels)}
    codes = [place[label] for label in column]
    z = sparse.csr_array((np.ones(len(codes)), (np.arange(len(codes)), codes)),
                         shape=(len(codes), len(levels)))
    return RandomPart(z, k, np.array([[variance]]))


def _identity(column: pd.Series, variance: float) -> RandomPart:
    levels = sorted(set(column))
    return _part(levels, column, np.eye(len(levels)), variance)


@dataclass(frozen=True)
class TwoTraits:
    """Fixed effects of every trait and level, breeding values and PEV (individual × trait)."""

    fixed: dict[tuple[str, str], float]
    breeding_values: Float64
    error_variance: Float64


def two_traits(
    case: str, fixed: Mapping[str, str], genetic: Float64, residual: Float64
) -> TwoTraits:
    """Two traits, each with one fixed class effect, from V over the observations there are."""
    records = pd.read_csv(PEDIGREES / case / "records.csv", dtype=str)
    names, a = relationship(case)
    place = {name: row for row, name in enumerate(names)}
    seen = [(row, t) for row in records.index for t, trait in enumerate(fixed)
            if pd.notna(records.loc[row, trait])]
    cells = [(trait, level) for trait, column in fixed.items()
             for level in sorted(set(records.loc[records[trait].notna(), column]))]
    row, t = (np.array(part) for part in zip(*seen, strict=True))
    traits = list(fixed)
    who = np.array([place[name] for name in records["id"]])[row]
    y = np.array([float(records.loc[r, traits[k]]) for r, k in seen])
    x = np.array([[(traits[k], records.loc[r, fixed[traits[k]]]) == cell for cell in cells]
                  for r, k in seen], np.float64)
    v = a[np.ix_(who, who)] * genetic[np.ix_(t, t)] + np.where(
        row[:, None] == row, residual[np.ix_(t, t)], 0.0)
    inverse = np.linalg.inv(v)
    weights = np.linalg.solve(x.T @ inverse @ x, x.T @ inverse)
    p = inverse - inverse @ x @ weights
    covariance = (a[:, who, None] * genetic[t]).swapaxes(1, 2)
    variance = np.diagonal(a)[:, None] * np.diagonal(genetic)
    return TwoTraits(
        dict(zip(cells, weights @ y, strict=True)), covariance @ (p @ y),
        variance - np.einsum("itn,nm,itm->it", covariance, p, covariance))
