"""What must hold of genomic and single-step evaluations of any data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from breedeval.config.load import load_values
from breedeval.errors import Findings, InputError
from breedeval.evaluation.evaluate import solve_equations
from breedeval.evaluation.planning import SolveOptions
from breedeval.evaluation.preparing import Inputs, prepare, prune_to_records
from breedeval.evaluation.solving import Solutions
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.relationship import genomic_matrix
from breedeval.levels import Levels
from breedeval.pedigree.build import PedigreeReading, build_pedigree
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.workflow import ladder
from tests.oracles import single_step as oracle
from tests.oracles.dense_equations import (
    DenseModel,
    DenseSolution,
    RandomPart,
    log_likelihood,
    solve_by_covariance,
)
from tests.oracles.tabular import group_fractions, tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import random_parents

SIZE, GENOTYPED, RECORDED, MARKERS = 40, 18, 25, 80


@dataclass(frozen=True)
class Data:
    """A herd: pedigree, copies of the genotyped, and records of some."""

    sire: np.ndarray
    dam: np.ndarray
    copies: np.ndarray
    rows: np.ndarray
    records: pd.DataFrame

    @property
    def names(self) -> list[str]:
        return [f"i{k}" for k in range(SIZE)]

    def pedigree(self, groups: bool = False) -> Pedigree:
        unknown = ["0", "0"] if not groups else ["old", "new"]
        young = (np.arange(SIZE) >= SIZE // 3).astype(int)
        frame = pd.DataFrame({"id": self.names, **{
            role: [self.names[p] if p >= 0 else unknown[y] for p, y in zip(parent, young,
                                                                           strict=True)]
            for role, parent in (("sire", self.sire), ("dam", self.dam))}})
        reading = PedigreeReading(groups=("old", "new") if groups else (), selfing=True)
        return build_pedigree(Table.of_frame(frame, "pedigree"), reading, findings=Findings())

    def genotypes(self) -> Genotypes:
        return genotypes_of(self.copies, [f"i{k}" for k in self.rows])


@pytest.fixture(params=[1, 2, 3])
def data(request: pytest.FixtureRequest) -> Data:
    rng = np.random.default_rng(request.param)
    sire, dam = random_parents(SIZE, request.param)
    rows = np.sort(rng.choice(SIZE, GENOTYPED, replace=False))
    who = rng.choice(SIZE, RECORDED)
    records = pd.DataFrame({"id": [f"i{k}" for k in who], "y": rng.normal(size=RECORDED),
                            "sex": rng.choice(["m", "f"], RECORDED)})
    return Data(sire, dam, dropped(sire, dam, MARKERS, request.param)[rows], rows, records)


def solve(
    data: Data, relationship: str = "single_step", pedigree: Pedigree | None = None,
    genotypes: Genotypes | None = None, records: pd.DataFrame | None = None,
    solver: str = "cholesky", **options: Any,
) -> Solutions:
    """Solutions with a relationship and its options."""
    values: dict[str, Any] = {
        "records": {"file": "r"}, "pedigree": {"file": "p"}, "genotypes": {"file": "g.bed"},
        "model": {"traits": ["y"], "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": relationship}]},
        "variances": {"animal": 0.7, "residual": 1.3}}
    if options:
        values["relationships"] = {relationship: {"kind": relationship, **options}}
    settings = load_values(
        values, in_memory=("records", "pedigree", "genotypes", "relationships")).settings
    table = Table.of_frame(data.records if records is None else records, "r")
    inputs = Inputs(table, pedigree or data.pedigree(), {}, genotypes or data.genotypes())
    equations = prepare(inputs, settings.model, settings.relationships,
                        ladder.variances_of(settings))
    return solve_equations(equations, SolveOptions(method=solver, tolerance=1e-13))


def values_of(solutions: Solutions) -> pd.Series:
    """Breeding values by name."""
    levels = solutions.equations.design.random[0].levels
    values = solutions.random(0, solutions.estimates)[:len(levels), 0]
    return pd.Series(values, levels.to_list())


OPTIONS = [
    ("single_step", {}), ("single_step", {"tau": 1.2, "omega": 0.8, "method": "vanraden2"}),
    ("single_step", {"frequencies": "base"}), ("single_step", {"core": GENOTYPED}),
    ("genomic", {"method": "yang", "ridge": 0.2}), ("genomic", {"blend": 0.1, "tune": "chen"}),
    ("genomic_dominance", {"ridge": 0.1})]


@pytest.mark.parametrize(("relationship", "options"), OPTIONS)
def test_coding_and_orders_change_no_breeding_value(
    data: Data, relationship: str, options: dict[str, Any]
) -> None:
    records = data.records
    if relationship != "single_step":
        records = records[records["id"].isin([f"i{k}" for k in data.rows])]
    first = values_of(solve(data, relationship, records=records, **options))
    rng = np.random.default_rng(9)
    swapped = data.copies.copy()
    swapped[:, ::3] = 2 - swapped[:, ::3]
    people, markers = rng.permutation(GENOTYPED), rng.permutation(MARKERS)
    other = genotypes_of(swapped[np.ix_(people, markers)], [f"i{k}" for k in data.rows[people]])
    second = values_of(solve(data, relationship, genotypes=other,
                             records=records.sample(frac=1, random_state=1), **options))
    np.testing.assert_allclose(second[first.index], first, rtol=0, atol=2e-5)


@pytest.mark.parametrize("solver", ["cholesky", "lu", "pcg"])
def test_solvers_and_the_covariance_agree(data: Data, solver: str) -> None:
    found = solve(data, solver=solver, tau=1.1, omega=0.9)
    a = tabular(list(data.sire), list(data.dam))
    at = np.ix_(data.rows, data.rows)
    g, a22 = genomic_matrix(data.genotypes()), a[at]
    g = 0.95 * g + 0.05 * a22
    off = ~np.eye(GENOTYPED, dtype=bool)
    b = (np.diag(a22).mean() - a22[off].mean()) / (np.diag(g).mean() - g[off].mean())
    h = oracle.single_step(a, list(data.rows), a22[off].mean() - b * g[off].mean() + b * g,
                           1.1, 0.9)
    model = dense_model(data, h)
    expected = solve_by_covariance(model)
    np.testing.assert_allclose(values_of(found)[data.names], expected.u, rtol=0, atol=1e-8)
    if solver == "cholesky":
        assert found.log_likelihood == pytest.approx(log_likelihood(model), abs=1e-8)
        assert found.error_variance is not None
        pev = pd.Series(found.random(0, found.error_variance)[:, 0],
                        found.equations.design.random[0].levels.to_list())
        np.testing.assert_allclose(pev[data.names], expected.error_variance, rtol=0, atol=1e-9)


def dense_model(data: Data, k: np.ndarray, *beside: np.ndarray) -> DenseModel:
    """y = sex (and more) + animal + e, the animals in the order of their names."""
    x = np.column_stack([np.ones(RECORDED), data.records["sex"] == "m", *beside]).astype(float)
    z = np.array([[float(own == name) for name in data.names] for own in data.records["id"]])
    return DenseModel(data.records["y"].to_numpy(), x, (RandomPart(z, k, np.array([[0.7]])),),
                      1.3, np.ones(RECORDED))


def test_groups_are_fixed_effects_of_their_shares(data: Data) -> None:
    """û = Qĝ + deviations, as with the shares of the groups among the fixed effects."""
    people = data.pedigree(groups=True)
    found = solve(data, pedigree=people)
    names = people.individuals.to_list()
    q = group_fractions(list(people.sire), list(people.dam), list(people.sire_group),
                        list(people.dam_group), len(people.groups))
    own = pd.DataFrame(q, names)
    (plain,) = solve(data).equations.precisions
    order = [plain.levels.to_list().index(name) for name in data.names]
    k = np.linalg.inv(_dense(plain))[np.ix_(order, order)]
    shares = own.loc[list(data.records["id"])].to_numpy()[:, :1]  # the last is what is left of 1
    expected: DenseSolution = solve_by_covariance(dense_model(data, k, shares))
    deviations = found.equations.deviations(0, found.unknowns)[:SIZE, 0]
    np.testing.assert_allclose(
        pd.Series(deviations, names)[data.names], expected.u, rtol=0, atol=1e-8)


@pytest.mark.parametrize("options", [{}, {"solver": "pcg"}, {"core": GENOTYPED}])
def test_groups_that_the_markers_know_nothing_of(data: Data, options: dict[str, Any]) -> None:
    """u ~ N(Q̃g, H), Q̃ = Q − A·₂A₂₂⁻¹Q₂: no group depends on the mean, and none is set to 0."""
    people = data.pedigree(groups=True)
    found = solve(data, pedigree=people, groups="altered", **options)
    names = people.individuals.to_list()
    q = group_fractions(list(people.sire), list(people.dam), list(people.sire_group),
                        list(people.dam_group), len(people.groups))
    own = pd.DataFrame(q, names).loc[data.names].to_numpy().copy()
    a, rows = tabular(list(data.sire), list(data.dam)), data.rows
    own -= a[:, rows] @ np.linalg.solve(a[np.ix_(rows, rows)], own[rows])
    (plain,) = solve(data).equations.precisions
    order = [plain.levels.to_list().index(name) for name in data.names]
    k = np.linalg.inv(_dense(plain))[np.ix_(order, order)]
    at = [data.names.index(name) for name in data.records["id"]]
    model = dense_model(data, k, *own[at].T)
    assert found.equations.fixed_size == np.linalg.matrix_rank(model.x)
    expected = solve_by_covariance(model)
    atol = 2e-5 if "core" in options else 1e-8
    # what the records cannot tell is a choice: the values that they can tell are compared
    np.testing.assert_allclose(
        values_of(found)[data.names].to_numpy()[at] + found.equations.fitted(
            np.where(np.arange(found.unknowns.size) < 2, found.unknowns, 0.0)),
        expected.u[at] + model.x @ expected.b, rtol=0, atol=atol)
    if not options:
        if found.equations.fixed_size == model.x.shape[1]:
            assert found.log_likelihood == pytest.approx(log_likelihood(model), abs=1e-8)
        deviations = found.equations.deviations(0, found.unknowns)[:SIZE, 0]
        np.testing.assert_allclose(
            pd.Series(deviations, names)[data.names], expected.u, rtol=0, atol=1e-8)


def test_groups_of_the_pedigree_alone(data: Data) -> None:
    """No group is set to 0 that the markers tell of; what contradicts itself is refused."""
    people = data.pedigree(groups=True)
    wanted = {"pedigree": people, "groups": "pedigree"}
    with pytest.raises(InputError, match="what markers say can contradict the groups"):
        solve(data, **wanted)
    direct, iterative = (solve(data, solver=solver, omega=0.2, **wanted)
                         for solver in ("cholesky", "pcg"))
    np.testing.assert_allclose(values_of(iterative), values_of(direct), rtol=0, atol=1e-8)


def _dense(precision: Any) -> np.ndarray:
    half = precision.lower().toarray()
    return half + np.tril(half, -1).T


def test_metafounders_estimated_from_the_genotypes() -> None:
    """H⁻¹ is positive definite, and every solver finds the same."""
    rng = np.random.default_rng(4)
    none = np.full(SIZE // 2, -1, np.int32)  # founders, a third of them of the first group
    sire, dam = (np.concatenate([none, rng.integers(lo, lo + 10, SIZE // 2)]).astype(np.int32)
                 for lo in (0, 10))
    rows = np.arange(SIZE)
    records = pd.DataFrame({"id": [f"i{k}" for k in rows], "y": rng.normal(size=SIZE),
                            "sex": rng.choice(["m", "f"], SIZE)})
    data = Data(sire, dam, dropped(sire, dam, 500, 3), rows, records)
    wanted = {"frequencies": "half", "tune": "none", "metafounders": "estimate"}
    found = solve(data, pedigree=data.pedigree(groups=True), **wanted)
    (h,) = found.equations.precisions
    assert len(h.groups) == 2
    assert np.linalg.eigvalsh(_dense(h))[0] > 0
    iterative = solve(data, pedigree=data.pedigree(groups=True), solver="pcg", **wanted)
    np.testing.assert_allclose(values_of(iterative), values_of(found), rtol=0, atol=1e-8)


def test_pruning_keeps_the_genotyped(data: Data) -> None:
    few = data.records[data.records["id"].isin(["i3", "i5"])]
    settings = load_values(
        {"records": {"file": "r"}, "pedigree": {"file": "p"}, "genotypes": {"file": "g.bed"},
         "model": {"traits": ["y"], "random": [
             {"name": "animal", "column": "id", "relationship": "single_step"}]},
         "variances": {"animal": 1, "residual": 1}},
        in_memory=("records", "pedigree", "genotypes")).settings
    inputs = Inputs(Table.of_frame(few, "r"), data.pedigree(), {}, data.genotypes())
    kept = prune_to_records(settings.model, inputs, settings.relationships).pedigree
    assert kept is not None
    assert (kept.individuals.codes([f"i{k}" for k in data.rows]) >= 0).all()


def test_levels_of_the_genotyped_are_those_of_the_file(data: Data) -> None:
    records = data.records[data.records["id"].isin([f"i{k}" for k in data.rows])]
    found = solve(replace(data, records=records), "genomic", ridge=0.1)
    assert found.equations.design.random[0].levels.to_list() == [f"i{k}" for k in data.rows]
    assert isinstance(found.equations.design.random[0].levels, Levels)
