"""Equations of small models of every kind, from tables made by a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from breedeval.covariance.variances import Variances
from breedeval.equations.henderson import Equations
from breedeval.errors import Findings
from breedeval.evaluation.preparing import Inputs, prepare
from breedeval.evaluation.variances import given_variances
from breedeval.levels import Levels
from breedeval.model.design import Design
from breedeval.model.spec import Model
from breedeval.pedigree.build import build_pedigree
from breedeval.pedigree.draft import PedigreeReading
from breedeval.records import Table
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.numerator import NumeratorSettings

Float64 = NDArray[np.float64]
GROUPS = ("G1", "G2")
ANIMAL: dict[str, Any] = {"name": "animal", "column": "id", "relationship": "pedigree"}
LITTER: dict[str, Any] = {"name": "litter", "column": "litter"}


@dataclass(frozen=True)
class Case:
    """The words of a model, its variances, and who the unknown parents are."""

    model: Mapping[str, Any]
    variances: Mapping[str, Any]
    parents: str = "unknown"
    options: Mapping[str, Any] = field(default_factory=dict)

    def equations(self, seed: int = 1) -> Equations:
        """The equations of its records."""
        return equations_of(self, records(seed), seed)


def definite(size: int, seed: int) -> list[list[float]]:
    """A random covariance matrix."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 2))
    matrix: list[list[float]] = (root @ root.T / (size + 2) + 0.2 * np.eye(size)).tolist()
    return matrix


def structured(kind: str, size: int) -> list[list[float]]:
    """A covariance matrix of a structure."""
    spread = np.linspace(0.8, 1.3, size)
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    matrix = {
        "diagonal": np.diag(spread),
        "autoregressive": 0.9 * 0.6**distance,
        "compound_symmetry": 0.3 + 0.5 * np.eye(size),
        "factor_analytic": np.outer(spread, spread[::-1] + spread) / 4 + np.diag(spread),
        "scaled": 0.7 * np.array(definite(size, 5)),
    }[kind]
    if kind == "factor_analytic":
        matrix = np.outer(spread, spread) / 2 + np.diag(spread[::-1])
    found: list[list[float]] = matrix.tolist()
    return found


def records(seed: int, size: int = 40) -> pd.DataFrame:
    """Three traits of fourteen individuals with holes, sexes, litters, ages and weights."""
    rng = np.random.default_rng(seed)
    names = [f"i{k}" for k in range(14)]
    traits = rng.normal(10, 2, (size, 3)).round(2)
    holes = rng.random((size, 3)) < 0.3
    mothers = [None if rng.random() < 0.2 else name for name in rng.choice(names, size)]
    return pd.DataFrame({
        "id": rng.choice(names, size), "mother": mothers,
        "mate1": rng.choice(names, size), "mate2": rng.choice(names, size),
        "sex": rng.choice(["F", "M"], size), "herd": rng.choice(["h1", "h2", "h3"], size),
        "litter": rng.choice(["a", "b", "c", "d"], size), "age": rng.uniform(1, 9, size).round(2),
        "x": rng.normal(size=size).round(2), "w": rng.uniform(0.5, 2, size).round(2),
        "w2": rng.uniform(0.5, 2, size).round(2),
        **{f"y{k + 1}": np.where(holes[:, k], np.nan, traits[:, k]) for k in range(3)}})


def _pedigree(seed: int, groups: Sequence[str]) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 1000)
    rows = []
    for k in range(14):
        parents = []
        for half in (0, 1):  # sires at even, dams at odd places
            known = [f"i{j}" for j in range(half, k, 2)]
            nobody = str(rng.choice(groups)) if groups else ""
            parents.append(str(rng.choice(known)) if known and rng.random() < 0.7 else nobody)
        rows.append((f"i{k}", *parents))
    return pd.DataFrame(rows, columns=["id", "sire", "dam"])


def equations_of(
    case: Case, table: pd.DataFrame, seed: int = 1,
    variances: Callable[[Design], Variances] | None = None,
) -> Equations:
    """Design, relationships and equations of a case, at its variances or at others."""
    groups = () if case.parents == "unknown" else GROUPS
    findings = Findings()
    people = build_pedigree(Table.of_frame(_pedigree(seed, groups), "pedigree"),
                            PedigreeReading(groups=groups), findings=findings)
    gamma = LabelledMatrix("gamma", Levels.of(list(GROUPS)), np.array([[0.6, 0.1], [0.1, 0.4]]))
    relationships, matrices = {}, {}
    if case.parents == "metafounders":
        relationships["pedigree"] = NumeratorSettings(metafounders="gamma")
        matrices["pedigree"] = gamma
    return prepare(
        Inputs(Table.of_frame(table, "records"), people, matrices),
        Model.model_validate(case.model), relationships,
        variances or (lambda design: given_variances(design, case.variances)))


def _traits(**more: Any) -> dict[str, Any]:
    return {"traits": ["y1", "y2", "y3"], "fixed": ["sex"], "random": [ANIMAL], **more}


def _structure(kind: str, **options: Any) -> dict[str, Any]:
    return {"kind": kind, **options}


CASES: dict[str, Case] = {
    "one trait": Case(
        {"traits": "y1", "fixed": ["sex", {"covariate": "age", "degree": 2}], "weights": "w",
         "random": [ANIMAL, LITTER]},
        {"animal": 0.7, "litter": 0.3, "residual": 1.4}),
    "two traits": Case(
        {"traits": ["y1", "y2"], "fixed": ["sex"], "random": [ANIMAL, LITTER]},
        {"animal": definite(2, 1), "litter": definite(2, 2), "residual": definite(2, 3)}),
    "own models": Case(
        {"traits": {"y1": {"weights": "w2"}, "y2": {"fixed": ["herd", {"covariate": "age"}]},
                    "y3": {"intercept": False}},
         "fixed": ["sex"], "weights": "w",
         "random": [ANIMAL, {**LITTER, "traits": ["y3", "y1"]}]},
        {"animal": definite(3, 1), "litter": definite(2, 2), "residual": definite(3, 3)}),
    "maternal": Case(
        {"traits": "y1", "fixed": ["sex"], "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "mother"}},
            {"name": "permanent", "column": "mother"}]},
        {"genetic": [[1.1, -0.3], [-0.3, 0.6]], "permanent": 0.4, "residual": 1.4}),
    "maternal of two traits": Case(
        {"traits": ["y1", "y2"], "fixed": ["herd"], "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "mother"}}]},
        {"genetic": definite(4, 3), "residual": definite(2, 1)}),
    "social": Case(
        {"traits": "y1", "fixed": ["sex"], "random": [
            {"name": "genetic", "relationship": "pedigree", "components": {
                "direct": "id", "social": {"columns": ["mate1", "mate2"]}}}]},
        {"genetic": definite(2, 3), "residual": 1.2}),
    "random regression": Case(
        {"traits": ["y1", "y2"], "fixed": [{"legendre": "age", "degree": 2}], "random": [
            {"name": "curve", "relationship": "pedigree", "components": {
                "c": {"column": "id", "basis": {"legendre": "age", "degree": 1}}}}]},
        {"curve": definite(4, 3), "residual": definite(2, 1)}),
    "B-splines": Case(
        {"traits": "y1", "intercept": False, "fixed": [{"bspline": "age", "knots": 3}],
         "random": [{"name": "curve", "relationship": "pedigree", "covariance": "diagonal",
                     "components": {"c": {"column": "id", "basis": {
                         "bspline": "age", "knots": 3, "degree": 1}}}}]},
        {"curve": structured("diagonal", 3), "residual": 1.1}),
    "classes": Case(
        {"traits": ["y1", "y2"], "fixed": ["herd"], "random": [
            {"name": "place", "relationship": "pedigree",
             "components": {"g": {"column": "id", "basis": {"classes": "herd"}}},
             "covariance": _structure("factor_analytic", order=1)}]},
        {"place": structured("factor_analytic", 6), "residual": definite(2, 1)}),
    "residual classes": Case(
        _traits(residual={"by": "sex"}),
        {"animal": definite(3, 1), "residual": {"F": definite(3, 2), "M": definite(3, 3)}}),
    "log-linear": Case(
        _traits(residual={"log_linear": ["x", "age"], "by": "herd"}, weights="w"),
        {"animal": definite(3, 1), "log_linear": {"x": 0.3, "age": -0.1},
         "residual": {f"h{k}": definite(3, k) for k in (1, 2, 3)}}),
    "autoregressive residual": Case(
        _traits(residual={"covariance": "autoregressive"}),
        {"animal": definite(3, 1), "residual": structured("autoregressive", 3)}),
    "diagonal residual": Case(
        _traits(residual={"covariance": "diagonal"}),
        {"animal": definite(3, 1), "residual": structured("diagonal", 3)}),
    "structures": Case(
        _traits(random=[
            {**ANIMAL, "covariance": "autoregressive"},
            {**LITTER, "covariance": "compound_symmetry"},
            {"name": "pen", "column": "herd:litter",
             "covariance": _structure("scaled", matrix=definite(3, 5))}]),
        {"animal": structured("autoregressive", 3), "litter": structured("compound_symmetry", 3),
         "pen": structured("scaled", 3), "residual": definite(3, 3)}),
    "groups": Case(
        {"traits": ["y1", "y2"], "fixed": ["sex", "herd"], "random": [ANIMAL]},
        {"animal": definite(2, 1), "residual": definite(2, 3)}, "groups"),
    "metafounders": Case(
        {"traits": ["y1", "y2"], "fixed": ["sex"], "random": [
            {"name": "genetic", "relationship": "pedigree",
             "components": {"direct": "id", "maternal": "mother"}}]},
        {"genetic": definite(4, 1), "residual": definite(2, 3)}, "metafounders"),
    "no random effect": Case(
        {"traits": ["y1", "y2"], "fixed": ["sex"]}, {"residual": definite(2, 3)}),
}
