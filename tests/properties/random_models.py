"""Small random models of every kind, as a user writes them and as dense matrices."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

import breedeval
from breedeval.evaluation.result import Evaluation
from tests.oracles.dense_equations import DenseModel, RandomPart, indicator
from tests.oracles.dense_rank import dropped_columns
from tests.oracles.tabular import group_fractions, tabular

Float64 = NDArray[np.float64]
RANGE = (0.0, 10.0)


@dataclass(frozen=True)
class RandomModel:
    """Tables and the words of a model, with the same model as matrices."""

    records: pd.DataFrame
    pedigree: pd.DataFrame
    model: dict[str, Any]
    variances: dict[str, Any]
    parents: str
    gamma: pd.DataFrame | None
    options: dict[str, Any] = field(default_factory=dict)

    def evaluate(self, **solve: Any) -> Evaluation:
        """By the program, from DataFrames."""
        parts: dict[str, Any] = {"solve": {"method": "cholesky", "threads": 1, **solve}}
        if self.gamma is not None:
            parts["matrices"] = {"pedigree": self.gamma}
            parts["relationships"] = {"pedigree": {"kind": "numerator", "metafounders": "gamma"}}
        return breedeval.evaluate(
            self.records, model=self.model, variances=self.variances, pedigree=self.pedigree,
            pedigree_options=self.options, **parts)

    @property
    def individuals(self) -> list[str]:
        """Names, in the order of the pedigree's lines: parents first."""
        return list(self.pedigree["id"])

    @property
    def group_names(self) -> list[str]:
        """Unknown-parent groups or metafounders that somebody has."""
        used = {*self.pedigree["sire"], *self.pedigree["dam"]}
        return [name for name in self.options.get("groups", ()) if name in used]

    def fractions(self) -> Float64:
        """Q: shares of the groups in the individuals."""
        sire, dam = self._codes("sire"), self._codes("dam")
        groups = {name: k for k, name in enumerate(self.group_names)}
        sire_group = [groups.get(name, -1) for name in self.pedigree["sire"]]
        dam_group = [groups.get(name, -1) for name in self.pedigree["dam"]]
        return group_fractions(sire, dam, sire_group, dam_group, len(groups))

    def relationship(self) -> Float64:
        """A of the individuals; with metafounders these come last."""
        if self.gamma is None:
            return tabular(self._codes("sire"), self._codes("dam"))
        names = self.group_names
        m, gamma = len(names), self.gamma.loc[names, names].to_numpy()
        place = {name: k for k, name in enumerate([*names, *self.individuals])}
        sire = [-1] * m + [place[name] for name in self.pedigree["sire"]]
        dam = [-1] * m + [place[name] for name in self.pedigree["dam"]]
        a = tabular(sire, dam, gamma=gamma)
        order = [*range(m, len(a)), *range(m)]
        return a[np.ix_(order, order)]

    def _codes(self, role: str) -> list[int]:
        place = {name: k for k, name in enumerate(self.individuals)}
        return [place.get(name, -1) for name in self.pedigree[role]]

    def fixed_columns(self) -> list[tuple[str, str, Float64]]:
        """Effect, level and values of every column of X."""
        n = len(self.records)
        columns = [("intercept", "intercept", np.ones(n))] if self.model["intercept"] else []
        for effect in self.model["fixed"]:
            if isinstance(effect, dict):
                name = effect["covariate"]
                columns.append((name, name, self.records[name].to_numpy(np.float64)))
                continue
            labels = list(self.records[effect])
            levels = sorted(set(labels))
            columns += [(effect, level, column) for level, column
                        in zip(levels, indicator(levels, labels).T, strict=True)]
        return columns

    def levels(self, effect: dict[str, Any]) -> list[str]:
        """Levels of a random effect in the order of its K."""
        if effect["relationship"] == "identity":
            return sorted(set(self.records[effect["column"]]))
        return self.individuals + (self.group_names if self.parents == "metafounders" else [])

    def dense(self) -> DenseModel:
        """The model with X as it is written; groups are further columns of X, the last ones."""
        n, parts, groups = len(self.records), [], np.zeros((len(self.records), 0))
        for effect in self.model["random"]:
            levels = self.levels(effect)
            z = self._incidence(effect, levels)
            sigma = np.atleast_2d(np.asarray(self.variances[effect["name"]], np.float64))
            genetic = effect["relationship"] != "identity"
            k = self.relationship() if genetic else np.eye(len(levels))
            parts.append(RandomPart(z, k, sigma))
            if genetic and self.parents == "groups":
                groups = z @ np.kron(self.fractions(), np.eye(len(sigma)))
        x = np.column_stack([np.zeros((n, 0)), *(c for _, _, c in self.fixed_columns())])
        weights = self.records["w"].to_numpy() if "weights" in self.model else np.ones(n)
        return DenseModel(self.records["y"].to_numpy(), np.hstack([x, groups]), parts,
                          float(self.variances["residual"]), weights)

    def of_full_rank(self) -> DenseModel:
        """The same with only those columns of X that are kept: the intercept, treatments, …"""
        model = self.dense()
        names = [effect for effect, _, _ in self.fixed_columns()]
        groups = range(len(names), model.x.shape[1])
        order = [*groups, *(k for name in reversed(list(dict.fromkeys(names)))
                            for k, own in enumerate(names) if own == name)]
        dropped = dropped_columns(model.x, order)
        kept = [k for k in range(model.x.shape[1]) if k not in dropped]
        return replace(model, x=model.x[:, kept])

    def _incidence(self, effect: dict[str, Any], levels: list[str]) -> Float64:
        components = effect.get("components", {effect["name"]: effect.get("column")})
        blocks = []
        for part in components.values():
            given = part if isinstance(part, dict) else {"column": part}
            columns = given.get("columns", [given.get("column")])
            z = sum(indicator(levels, [None if pd.isna(v) else v for v in self.records[column]])
                    for column in columns)
            functions = np.ones((len(self.records), 1))
            if "basis" in given:
                functions = _curve(self.records["age"].to_numpy(), given["basis"]["degree"])
            blocks += [z * value[:, None] for value in functions.T]
        return np.stack(blocks, axis=2).reshape(len(self.records), -1)


def _curve(x: Float64, degree: int) -> Float64:
    t = -1 + 2 * (x - RANGE[0]) / (RANGE[1] - RANGE[0])
    functions = [np.ones_like(t), t, (3 * t**2 - 1) / 2]
    return np.column_stack([np.sqrt((2 * k + 1) / 2) * functions[k] for k in range(degree + 1)])


GENETIC: dict[str, dict[str, Any]] = {
    "plain": {"column": "id"},
    "maternal": {"components": {"direct": "id", "maternal": "mother"}},
    "social": {"components": {"direct": "id", "mates": {"columns": ["mate1", "mate2"]}}},
    "curve": {"components": {"growth": {"column": "id", "basis": {
        "legendre": "age", "degree": 1, "range": list(RANGE)}}}},
}


@st.composite
def models(draw: st.DrawFn) -> RandomModel:
    """A model of any kind."""
    return make_model(
        np.random.default_rng(draw(st.integers(0, 2**32 - 1))),
        kind=draw(st.sampled_from(sorted(GENETIC))),
        parents=draw(st.sampled_from(["unknown", "groups", "metafounders"])),
        fixed=draw(st.sampled_from(["full", "deficient", "none"])),
        weighted=draw(st.booleans()))


def make_model(
    rng: np.random.Generator, *, kind: str, parents: str, fixed: str, weighted: bool
) -> RandomModel:
    """Fourteen individuals, thirty records, herds in regions, and a permanent environment."""
    groups = ["G1", "G2"] if parents != "unknown" else []
    pedigree = _pedigree(rng, 14, groups)
    records = _records(rng, list(pedigree["id"]), 30)
    effects: dict[str, list[Any]] = {
        "none": [], "full": ["sex", {"covariate": "age"}],
        "deficient": ["sex", "herd", {"covariate": "age"}, "region"]}
    model: dict[str, Any] = {
        "traits": ["y"], "intercept": fixed != "none", "fixed": effects[fixed],
        "random": [{"name": "genetic", "relationship": "pedigree", **GENETIC[kind]},
                   {"name": "permanent", "column": "id", "relationship": "identity"}]}
    if weighted:
        model["weights"] = "w"
    size = 1 if kind == "plain" else 2
    root = rng.normal(size=(size, size + 1))
    sigma = root @ root.T + 0.2 * np.eye(size)
    variances = {"genetic": float(sigma[0, 0]) if size == 1 else sigma.tolist(),
                 "permanent": 0.6, "residual": float(rng.uniform(0.5, 2.0))}
    gamma = None
    if parents == "metafounders":
        half = rng.random((2, 4))
        gamma = pd.DataFrame(0.3 * half @ half.T + 0.1 * np.eye(2), index=groups, columns=groups)
    options = {"groups": groups} if groups else {}
    return RandomModel(records, pedigree, model, variances, parents, gamma, options)


def _pedigree(rng: np.random.Generator, size: int, groups: list[str]) -> pd.DataFrame:
    names = [f"i{k}" for k in rng.permutation(size)]
    rows = []
    for k, name in enumerate(names):
        parents = []
        for half in (0, 1):  # sires at even, dams at odd places
            known = [names[j] for j in range(half, k, 2)]
            unknown = str(rng.choice(groups)) if groups else ""
            parents.append(str(rng.choice(known)) if known and rng.random() < 0.7 else unknown)
        rows.append((name, *parents))
    return pd.DataFrame(rows, columns=["id", "sire", "dam"])


def _records(rng: np.random.Generator, names: list[str], size: int) -> pd.DataFrame:
    herd = rng.integers(1, 5, size)
    mates = [rng.choice(names, 2, replace=False) for _ in range(size)]
    absent = rng.random((2, size)) < 0.2
    return pd.DataFrame({
        "id": rng.choice(names, size),
        "mother": [None if gone else name
                   for gone, name in zip(absent[0], rng.choice(names, size), strict=True)],
        "mate1": [pair[0] for pair in mates],
        "mate2": [None if gone else pair[1] for gone, pair in zip(absent[1], mates, strict=True)],
        "sex": rng.choice(["F", "M"], size), "herd": [f"h{k}" for k in herd],
        "region": ["north" if k < 3 else "south" for k in herd],
        "age": np.round(rng.uniform(*RANGE, size), 2),
        "w": np.round(rng.uniform(0.5, 3.0, size), 2),
        "y": np.round(rng.normal(10.0, 2.0, size), 3)})
