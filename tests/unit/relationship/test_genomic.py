"""Genomic relationships as the run file asks for them: options, cores, what is saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp
from pydantic import ValidationError

from breedeval.errors import InputError
from breedeval.genotypes.relationship import dominance_matrix, genomic_matrix
from breedeval.io.matrices import SquareMatrix, read_matrix, write_matrix
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.relationship.apy import Apy, from_core
from breedeval.relationship.core import Core
from breedeval.relationship.dense import Dense, inverted
from breedeval.relationship.genomic import GenomicSettings, dense_relationship
from breedeval.relationship.genomic_dominance import GenomicDominanceSettings
from breedeval.relationship.genomic_epistasis import GenomicEpistasisSettings
from breedeval.relationship.kind import LabelledMatrix, Sources
from breedeval.relationship.supplied import SuppliedSettings
from tests.oracles import single_step as oracle
from tests.oracles.tabular import tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

ROWS = np.array([24, 3, 17, 8, 15, 21, 22, 28, 11, 5], np.int32)


@pytest.fixture
def pedigree() -> Pedigree:
    return pedigree_of(*random_parents(30, 11))


@pytest.fixture
def sources(pedigree: Pedigree) -> Sources:
    copies = dropped(pedigree.sire, pedigree.dam, 150, 3)[ROWS]
    return Sources(pedigree, genotypes=genotypes_of(copies, [f"i{k}" for k in ROWS]))


def build(settings: GenomicSettings, sources: Sources, name: str = "g") -> Dense | Apy:
    genotypes = sources.genotypes
    assert genotypes is not None
    return settings.build(name, sources, genotypes.individuals, threads=1)


def dense(precision: Dense | Apy) -> np.ndarray:
    lower = precision.lower()
    return (lower + sp.tril(lower, -1).T).toarray()


def adjusted(sources: Sources, a: np.ndarray) -> np.ndarray:
    """0.9 G + 0.1 A₂₂, tuned to A₂₂, 0.02 on the diagonal."""
    g = 0.9 * genomic_matrix(sources.genotypes) + 0.1 * a
    off = ~np.eye(len(a), dtype=bool)
    b = (np.diag(a).mean() - a[off].mean()) / (np.diag(g).mean() - g[off].mean())
    return a[off].mean() - b * g[off].mean() + b * g + 0.02 * np.eye(len(a))


@pytest.mark.parametrize("core", [None, 10, Core(eigenvalues=0.999999), Core(lowest_diagonal=10)])
def test_adjusted_to_the_pedigree(
    sources: Sources, pedigree: Pedigree, core: int | Core | None
) -> None:
    """With everybody in the core, rows and means alone lead to the same inverse."""
    a = tabular(list(pedigree.sire), list(pedigree.dam))[np.ix_(ROWS, ROWS)]
    settings = GenomicSettings(blend=0.1, tune=True, ridge=0.02, core=core)
    assert settings.needs_pedigree
    found, expected = build(settings, sources), adjusted(sources, a)
    np.testing.assert_allclose(np.linalg.inv(dense(found)), expected, rtol=0, atol=1e-5)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(expected)[1], abs=1e-4)
    np.testing.assert_allclose(found.variance, np.diagonal(expected), rtol=0, atol=1e-6)


@pytest.mark.parametrize("core", [[0], [2, 5, 6], [0, 3, 4, 5, 8, 9]])
def test_a_core_against_the_implied_matrix(sources: Sources, core: list[int]) -> None:
    k = genomic_matrix(sources.genotypes) + 0.05 * np.eye(10)
    found = from_core(Levels.of([f"i{r}" for r in ROWS]), np.array(core), k[core],
                      np.diagonal(k).copy(), source="chip.bed")
    expected = oracle.apy_inverse(k, core)
    np.testing.assert_allclose(dense(found), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.dense(), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.diagonal(), np.diagonal(expected), rtol=0, atol=1e-9)
    assert found.log_determinant == pytest.approx(-np.linalg.slogdet(expected)[1], abs=1e-9)
    for x in (np.arange(10.0), np.random.default_rng(0).normal(size=(10, 3))):
        np.testing.assert_allclose(found.product(x), expected @ x, rtol=0, atol=1e-8)


@pytest.mark.parametrize("method", ["vanraden2", "yang", "tetraploid"])
def test_cores_of_other_methods(sources: Sources, method: str) -> None:
    exact = build(GenomicSettings(method=method, ridge=0.3), sources)
    core = build(GenomicSettings(method=method, ridge=0.3, core=10), sources)
    np.testing.assert_allclose(dense(core), dense(exact), rtol=0, atol=2e-3)


@pytest.mark.parametrize(("small", "atol"), [(4e9, 1e-7), (0.0, 1e-5)])
def test_rows_of_a_core_in_double_precision_where_that_costs_nothing(
    sources: Sources, small: float, atol: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("breedeval.relationship.genomic_core.SMALL", small)
    exact, core = (build(GenomicSettings(blend=0.1, ridge=0.02, core=core), sources)
                   for core in (None, 10))
    np.testing.assert_allclose(
        np.linalg.inv(dense(core)), np.linalg.inv(dense(exact)), rtol=0, atol=atol)


def test_ways_to_choose_a_core() -> None:
    people = Levels.of(["a", "b", "c", "d"])
    diagonal = np.array([1.2, 0.9, 1.0, 0.8])
    assert list(Core.of(("d", "b")).rows(people)) == [1, 3]
    assert list(Core(lowest_diagonal=2).rows(people, diagonal=lambda: diagonal)) == [1, 3]
    listed = Table("core.csv", {"individual": pa.array(["c", "a"])})
    assert list(Core(file=Path("core.csv")).rows(people, listed)) == [0, 2]
    first = Core(random=2, seed=5).rows(people)
    np.testing.assert_array_equal(first, Core(random=2, seed=5).rows(people))
    matrix = np.diag([5.0, 3.0, 1.5, 0.5])
    assert Core(eigenvalues=0.9).rows(people, matrix=lambda: matrix).size == 3
    with pytest.raises(InputError, match="2 of 3 have no genotypes: x, y"):
        Core.of(("x", "y", "a")).rows(people)
    with pytest.raises(ValueError, match="expected one of random, eigenvalues"):
        Core(random=3, eigenvalues=0.9)


@pytest.mark.parametrize("small", [4e9, 0.0])
def test_a_core_that_determines_the_others_is_refused(
    sources: Sources, small: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("breedeval.relationship.genomic_core.SMALL", small)
    copies = sources.genotypes.calls.block(0, 150).T
    twins = Sources(genotypes=genotypes_of(np.vstack([copies, copies[:1]])))
    settings = GenomicSettings(core=("i0", "i1", "i2"))
    with pytest.raises(InputError, match="the core determines 1 of the others wholly: i10"):
        build(settings, twins)


def test_weights_and_frequencies_from_tables(sources: Sources) -> None:
    names = [f"m{k}" for k in range(150)]
    rng = np.random.default_rng(8)
    p, w = rng.uniform(0.2, 0.8, 150), rng.uniform(0.5, 2, 150)
    order = rng.permutation(150)
    tables = {("g", option): Table(f"{option}.csv", {
        "marker": pa.array([names[k] for k in order]), column: pa.array(values[order])})
        for option, column, values in (("frequencies", "frequency", p), ("weights", "weight", w))}
    given = Sources(genotypes=sources.genotypes, tables=tables)
    settings = GenomicSettings(frequencies=Path("f.csv"), weights=Path("w.csv"), ridge=0.1)
    expected = genomic_matrix(sources.genotypes, frequency=p, weights=w) + 0.1 * np.eye(10)
    np.testing.assert_allclose(
        np.linalg.inv(dense(build(settings, given))), expected, rtol=0, atol=1e-10)


def test_markers_without_a_weight_are_named(sources: Sources) -> None:
    table = Table("w.csv", {"marker": pa.array(["m0", "m1", "m1"]),
                            "weight": pa.array(["1", "-2", "x"])})
    given = Sources(genotypes=sources.genotypes, tables={("g", "weights"): table})
    with pytest.raises(InputError) as caught:
        build(GenomicSettings(weights=Path("w.csv")), given)
    text = "\n".join(caught.value.problems)
    assert "the weight is -2. Expected 0 or more" in text
    assert "'x' in column 'weight' is not a number" in text
    assert "148 of 150 markers of chip.bed have no weight: m2, m3, m4, m5, m6, …" in text
    assert "1 of 150 markers of chip.bed have more than one weight: m1" in text


def test_weights_that_are_all_0_are_refused(sources: Sources) -> None:
    table = Table("w.csv", {"marker": pa.array([f"m{k}" for k in range(150)]),
                            "weight": pa.array(["0"] * 150)})
    given = Sources(genotypes=sources.genotypes, tables={("g", "weights"): table})
    with pytest.raises(InputError, match=r"the weight of every marker of chip\.bed is 0"):
        build(GenomicSettings(weights=Path("w.csv")), given)


@pytest.mark.parametrize("core", [0, -3, ()])
def test_a_core_of_nobody_is_refused_as_the_run_file_is_read(core: Any) -> None:
    with pytest.raises(ValidationError):
        GenomicSettings(core=core)


@pytest.mark.parametrize("name", ["G.npz", "G.grm.bin"])
def test_saved_and_read_back(sources: Sources, tmp_path: Path, name: str) -> None:
    first = build(GenomicSettings(ridge=0.05, save=Path(name)), sources)
    stored = first.stored
    assert stored is not None
    write_matrix(tmp_path / name, SquareMatrix(stored.levels, stored.values, stored.history))
    found = read_matrix(tmp_path / name)
    assert found.history == first.history
    assert found.levels.to_list() == stored.levels.to_list()
    again = Sources(matrices={"k": LabelledMatrix(name, found.levels, found.values,
                                                  found.history)})
    second = SuppliedSettings(file=Path(name)).build("k", again, found.levels, threads=1)
    np.testing.assert_allclose(dense(second), dense(first), rtol=1e-5, atol=1e-4)
    assert second.history == first.history
    with pytest.raises(InputError, match=r"'ridge' is asked for, .* \(ridge: G \+ 0.05 I\)"):
        SuppliedSettings(file=Path(name), ridge=0.1).build("k", again, found.levels, threads=1)


def test_what_cannot_be_saved_or_read(tmp_path: Path, sources: Sources) -> None:
    with pytest.raises(InputError, match=r"Expected .npz or .grm.bin"):
        write_matrix(tmp_path / "G.csv", SquareMatrix(Levels.of(["a"]), np.eye(1)))
    (tmp_path / "G.npz").write_bytes(b"nothing")
    with pytest.raises(InputError, match="it cannot be read"):
        read_matrix(tmp_path / "G.npz")
    with pytest.raises(InputError, match="'save' and 'core' are both given"):
        build(GenomicSettings(core=3, save=Path("G.npz")), sources)


def test_dominance_and_epistasis(sources: Sources) -> None:
    genotypes = sources.genotypes
    g, d = genomic_matrix(genotypes), dominance_matrix(genotypes)
    people = genotypes.individuals
    found = GenomicDominanceSettings(ridge=0.1).build("d", sources, people, threads=1)
    np.testing.assert_allclose(np.linalg.inv(dense(found)), d + 0.1 * np.eye(10), atol=1e-10)
    assert not found.additive
    for terms, product in ((("additive", "additive"), g * g),
                           (("additive", "dominance"), g * d)):
        for scaling, scale in (("henderson", 1.0), ("trace", np.trace(product) / 10)):
            found = GenomicEpistasisSettings(terms=terms, scaling=scaling, ridge=0.1).build(
                "e", sources, people, threads=1)
            np.testing.assert_allclose(
                np.linalg.inv(dense(found)), product / scale + 0.1 * np.eye(10), atol=1e-9)


def test_inverting_says_how_far_from_positive_definite() -> None:
    matrix = np.array([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(InputError, match=r"smallest eigenvalue -1\)"):
        inverted(matrix, "x", "y")


def test_inverting_large_matrices_mirrors_every_block() -> None:
    z = np.random.default_rng(0).normal(size=(600, 700))
    matrix = z @ z.T / 700
    expected = np.linalg.inv(matrix)
    found, log_determinant = inverted(matrix.copy(), "x", "y")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
    np.testing.assert_array_equal(found, found.T)
    assert log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1])


def test_a_larger_ridge_where_the_least_is_not_enough() -> None:
    """The diagonal of Yang et al. is no sum of squares: G may have negative eigenvalues."""
    matrix = np.eye(5) - 1 / 5
    matrix -= 3e-5 * np.ones((5, 5)) / 5
    found = dense_relationship(matrix.copy(), Levels.of(list("abcde")), "chip.bed", ())
    assert found.history == ()
    np.testing.assert_array_equal(found.relationship, matrix)
    found.settle()
    assert found.history[-1] == "singular: 8e-05 I was added"
    ridge = 1e-4 * np.diagonal(matrix).mean()
    np.testing.assert_allclose(
        found.matrix, np.linalg.inv(matrix + ridge * np.eye(5)), rtol=1e-9)
    np.testing.assert_allclose(found.relationship, matrix + ridge * np.eye(5))
