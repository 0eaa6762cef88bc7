"""Small random models of several traits, as a user writes them and as dense matrices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

import breedeval
from breedeval.covariance.unstructured import Unstructured
from breedeval.covariance.variances import Variances
from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import indicator
from tests.oracles.dense_reml import DenseData, DenseEffect, DenseObjective, DensePoint
from tests.oracles.tabular import tabular

Float64 = NDArray[np.float64]
TRAITS = ("y1", "y2", "y3")
SEXES, PENS = ["F", "M"], ["p", "q", "r"]


@dataclass(frozen=True)
class RandomTraits:
    """Twelve individuals and twenty-four records, some traits missing.

    Every trait has a mean and a difference of the sexes, and all but the first a regression on
    age; the pen acts on some of the traits.
    """

    records: pd.DataFrame
    pedigree: pd.DataFrame
    pen_traits: tuple[str, ...]
    residual: dict[str, Any]
    weighted: bool
    variances: dict[str, Any]

    @property
    def model(self) -> dict[str, Any]:
        """In the words of a run file."""
        own = {"fixed": ["sex", {"covariate": "age"}]}
        return {
            "traits": {"y1": {}, "y2": own, "y3": own}, "fixed": ["sex"],
            "residual": self.residual, **({"weights": "w"} if self.weighted else {}),
            "random": [{"name": "animal", "column": "id", "relationship": "pedigree"},
                       {"name": "pen", "column": "pen", "traits": list(self.pen_traits)}]}

    def evaluate(self, **words: Any) -> Evaluation:
        """By the program, from DataFrames; ``model`` and ``variances`` may be said otherwise."""
        return breedeval.evaluate(
            self.records, pedigree=self.pedigree, solve={"method": "cholesky", "threads": 1},
            **{"model": self.model, "variances": self.variances, **words})

    @cached_property
    def seen(self) -> list[tuple[int, int]]:
        """Record and trait of every observation."""
        return [(r, t) for r in range(len(self.records)) for t, name in enumerate(TRAITS)
                if not np.isnan(self.records[name].iloc[r])]

    def names(self, effect: str) -> list[str]:
        """Levels of a random effect in the order of its K."""
        return list(self.pedigree["id"]) if effect == "animal" else PENS

    @cached_property
    def data(self) -> DenseData:
        """The same as matrices; levels outside, traits inside."""
        unit, trait = (np.array(part) for part in zip(*self.seen, strict=True))
        rows = self.records.iloc[unit].reset_index(drop=True)
        of_trait = np.eye(3)[trait]
        male, age = (rows["sex"] == "M").to_numpy(float), rows["age"].to_numpy()
        x = np.hstack([of_trait, of_trait * male[:, None], of_trait[:, 1:] * age[:, None]])
        parts = []
        for name, column in (("animal", "id"), ("pen", "pen")):
            own = of_trait if name == "animal" else of_trait[
                :, [TRAITS.index(t) for t in TRAITS if t in self.pen_traits]]
            z = indicator(self.names(name), list(rows[column]))
            k = self._relationship() if name == "animal" else np.eye(len(PENS))
            parts.append(DenseEffect((z[:, :, None] * own[:, None]).reshape(len(unit), -1), k))
        kind = male.astype(np.int64) if "by" in self.residual else np.zeros(len(unit), np.int64)
        covariates = rows[["age"]].to_numpy() if "log_linear" in self.residual else (
            np.zeros((len(unit), 0)))
        weights = rows["w"].to_numpy() if self.weighted else np.ones(len(unit))
        y = np.array([self.records[TRAITS[t]].iloc[r] for r, t in self.seen])
        return DenseData(y, x, parts, trait, unit, kind, weights, covariates)

    @cached_property
    def point(self) -> DensePoint:
        """V and P at the variances."""
        given = self.variances["residual"]
        classes = [given[sex] for sex in SEXES] if "by" in self.residual else [given]
        slopes = [self.variances["log_linear"]["age"]] if "log_linear" in self.residual else []
        effects = [self.variances["animal"], self.variances["pen"]]
        made = [[Unstructured(np.atleast_2d(np.array(matrix, float))) for matrix in matrices]
                for matrices in (effects, classes)]
        return DenseObjective(self.data)(
            Variances(tuple(made[0]), tuple(made[1]), np.array(slopes)))

    def _relationship(self) -> Float64:
        place = {name: k for k, name in enumerate(self.pedigree["id"])}
        sire, dam = ([place.get(name, -1) for name in self.pedigree[role]]
                     for role in ("sire", "dam"))
        return tabular(sire, dam)


@st.composite
def several_traits(draw: st.DrawFn) -> RandomTraits:
    """A model of three traits of any kind."""
    return make_traits(
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))),
        pen_traits=draw(st.sampled_from([("y1",), ("y3", "y1"), TRAITS])),
        residual=draw(st.sampled_from([{}, {"by": "sex"}, {"log_linear": ["age"]},
                                       {"by": "sex", "log_linear": ["age"]}])),
        weighted=draw(st.booleans()))


def make_traits(
    rng: np.random.Generator, *, pen_traits: tuple[str, ...], residual: dict[str, Any],
    weighted: bool,
) -> RandomTraits:
    """One of them; the first records have everything, so that every effect can be estimated."""
    names = [f"i{k}" for k in range(12)]
    parents = [[str(rng.choice(names[half:k:2])) if k > half + 1 and rng.random() < 0.7 else ""
                for half in (0, 1)] for k in range(12)]
    pedigree = pd.DataFrame([(n, *p) for n, p in zip(names, parents, strict=True)],
                            columns=["id", "sire", "dam"])
    size = 24
    values = np.round(rng.normal(10, 2, (size, 3)), 3)
    holes = rng.random((size, 3)) < 0.35
    holes[:6] = False
    values[holes] = np.nan
    sex = np.array(["F", "M"] * 3 + list(rng.choice(SEXES, size - 6)))
    pens = PENS * 2 + list(rng.choice(PENS, size - 6))
    records = pd.DataFrame({
        "id": rng.choice(names, size), "sex": sex, "pen": pens,
        "age": np.round(rng.uniform(1, 5, size), 2), "w": np.round(rng.uniform(0.5, 2, size), 2),
        **dict(zip(TRAITS, values.T, strict=True))})
    variances: dict[str, Any] = {
        "animal": _definite(rng, 3), "pen": _definite(rng, len(pen_traits)),
        "residual": ({sex: _definite(rng, 3) for sex in SEXES} if "by" in residual
                     else _definite(rng, 3))}
    if "log_linear" in residual:
        variances["log_linear"] = {"age": float(rng.uniform(-0.3, 0.3))}
    return RandomTraits(records, pedigree, pen_traits, residual, weighted, variances)


def _definite(rng: np.random.Generator, size: int) -> Any:
    root = rng.normal(size=(size, size + 1))
    matrix = root @ root.T / (size + 1) + 0.2 * np.eye(size)
    return float(matrix[0, 0]) if size == 1 else ((matrix + matrix.T) / 2).tolist()
