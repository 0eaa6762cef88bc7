"""Single-step with a core: products, H⁻¹ and log|H| against the dense formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import breedeval
from breedeval.errors import InputError, LimitError
from breedeval.evaluation.result import Evaluation
from breedeval.genotypes.relationship import genomic_matrix
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.apy import from_core
from breedeval.relationship.kind import LabelledMatrix, Sources
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.polygenic import make_polygenic
from breedeval.relationship.precision import ByProducts
from breedeval.relationship.single_step import GroupForm, SingleStep
from breedeval.relationship.single_step_core import SingleStepCore
from breedeval.relationship.single_step_settings import SingleStepSettings
from tests.oracles import single_step as oracle
from tests.oracles.tabular import group_fractions, tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

ROWS = np.array([3, 7, 8, 15, 21, 22, 28], np.int32)
CORE = np.array([0, 2, 5])


@pytest.fixture
def pedigree() -> Pedigree:
    return pedigree_of(*random_parents(30, 11))


@pytest.fixture
def g(pedigree: Pedigree) -> np.ndarray:
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)[ROWS]
    return genomic_matrix(genotypes_of(copies)) + 0.1 * np.eye(ROWS.size)


def made(
    pedigree: Pedigree, g: np.ndarray, tau: float = 1.0, omega: float = 1.0,
    gamma: np.ndarray | None = None, groups: GroupForm = "full",
) -> SingleStepCore:
    names = Levels(pedigree.individuals.take(ROWS))
    apy = from_core(names, CORE, g[CORE], np.diagonal(g).copy(), source="chip.bed")
    polygenic = make_polygenic(from_pedigree(pedigree, gamma=gamma), ROWS, threads=1)
    return SingleStepCore(polygenic, apy, tau, omega, groups)


def implied(g: np.ndarray) -> np.ndarray:
    """G as the core has it."""
    return np.linalg.inv(oracle.apy_inverse(g, list(CORE)))


def of_lower(lower: sp.csc_array) -> np.ndarray:
    return (lower + sp.tril(lower, -1).T).toarray()


def whole(found: SingleStepCore) -> np.ndarray:
    return found.product(np.eye(len(found.levels) + len(found.groups)))


def with_groups(pedigree: Pedigree) -> Pedigree:
    group = (np.arange(30) >= 10).astype(np.int32)
    return replace(
        pedigree, groups=Levels.of(["old", "new"]),
        sire_group=np.where(pedigree.sire < 0, group, -1).astype(np.int32),
        dam_group=np.where(pedigree.dam < 0, group, -1).astype(np.int32))


@pytest.mark.parametrize(("tau", "omega"), [(1.0, 1.0), (1.3, 0.8), (0.9, 0.7)])
def test_products_are_those_of_the_dense_formula(
    pedigree: Pedigree, g: np.ndarray, tau: float, omega: float
) -> None:
    a = tabular(list(pedigree.sire), list(pedigree.dam))
    h = oracle.single_step(a, list(ROWS), implied(g), tau, omega)
    found = made(pedigree, g, tau, omega)
    np.testing.assert_allclose(whole(found), np.linalg.inv(h), rtol=0, atol=1e-9)
    np.testing.assert_allclose(of_lower(found.lower()), whole(found), rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.variance, np.diagonal(h), rtol=0, atol=1e-9)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(h)[1], abs=1e-10)
    x = np.random.default_rng(0).normal(size=30)
    np.testing.assert_allclose(found.product(x), np.linalg.solve(h, x), rtol=0, atol=1e-9)


def test_nothing_is_formed_for_products(
    pedigree: Pedigree, g: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(pedigree, g)
    monkeypatch.setattr(SingleStepCore, "formed", property(lambda _: pytest.fail("formed")))
    assert not isinstance(found, ByProducts)
    assert np.isfinite(found.product(np.ones(30))).all()
    assert np.isfinite(found.log_determinant)
    assert (found.diagonal() > 0).all()


def test_the_diagonal_is_near_enough_for_a_preconditioner(
    pedigree: Pedigree, g: np.ndarray
) -> None:
    for form in ("full", "altered", "pedigree"):
        found = made(with_groups(pedigree), g, groups=form)
        ratio = found.diagonal()[:30] / np.diagonal(whole(found))[:30]
        assert ratio.min() > 0.5
        assert ratio.max() < 2


@pytest.mark.parametrize("form", ["full", "altered", "pedigree"])
def test_unknown_parent_groups(pedigree: Pedigree, g: np.ndarray, form: GroupForm) -> None:
    people = with_groups(pedigree)
    q = group_fractions(list(people.sire), list(people.dam), list(people.sire_group),
                        list(people.dam_group), 2)
    a = tabular(list(pedigree.sire), list(pedigree.dam))
    wide, at = np.hstack([np.eye(30), -q]), np.ix_(ROWS, ROWS)
    expected = wide.T @ np.linalg.inv(a) @ wide
    c, beside = np.zeros((30, 30)), np.zeros((30, 30))
    c[at] = np.linalg.inv(implied(g)) - np.linalg.inv(a[at])
    if form == "full":
        beside = c
    elif form == "altered":
        beside[at] = -np.linalg.inv(a[at])
    expected[:30, :30] += c
    expected[:30, 30:] -= beside @ q
    expected[30:, :30] -= (beside @ q).T
    expected[30:, 30:] += q.T @ beside @ q
    found = made(people, g, groups=form)
    np.testing.assert_allclose(whole(found), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(of_lower(found.lower()), expected, rtol=0, atol=1e-9)


def test_metafounders(pedigree: Pedigree, g: np.ndarray) -> None:
    people, gamma = with_groups(pedigree), np.array([[0.6, 0.2], [0.2, 0.5]])
    sire = [0, 0, *np.where(people.sire >= 0, people.sire + 2, people.sire_group)]
    dam = [0, 0, *np.where(people.dam >= 0, people.dam + 2, people.dam_group)]
    a = tabular(sire, dam, gamma=gamma)
    h = oracle.single_step(a, [int(k) + 2 for k in ROWS], implied(g))
    order = [*range(2, 32), 0, 1]
    found = made(people, g, gamma=gamma)
    np.testing.assert_allclose(
        np.linalg.inv(whole(found)), h[np.ix_(order, order)], rtol=0, atol=1e-9)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(h)[1], abs=1e-9)


def sources(pedigree: Pedigree) -> Sources:
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)
    return Sources(pedigree, genotypes=genotypes_of(copies[ROWS], [f"i{k}" for k in ROWS]))


def build(pedigree: Pedigree, given: Sources, **options: object) -> SingleStep | SingleStepCore:
    settings = SingleStepSettings.model_validate(options)
    return settings.build("h", given, pedigree.individuals, threads=1)


def test_everybody_in_the_core_is_exact(pedigree: Pedigree, g: np.ndarray) -> None:
    names = Levels.of([f"i{k}" for k in ROWS])
    given = Sources(pedigree, {"h": LabelledMatrix("G.npz", names, g)})
    exact, core = (build(pedigree, given, file="G.npz", core=size) for size in (None, 7))
    np.testing.assert_allclose(
        of_lower(core.lower()), of_lower(exact.lower()), rtol=0, atol=1e-12)
    assert isinstance(core, SingleStepCore)
    np.testing.assert_allclose(whole(core), of_lower(exact.lower()), rtol=0, atol=1e-9)
    assert core.history[-1] == "core: 7 of 7 individuals (random 7, seed 1)"


def test_rows_of_the_core_are_adjusted_as_the_whole(pedigree: Pedigree) -> None:
    """G is had by products in single precision, its rows by others."""
    exact, core = (build(pedigree, sources(pedigree), core=size) for size in (None, 7))
    found, expected = (np.linalg.inv(of_lower(one.lower())) for one in (core, exact))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    assert core.history[:-1] == exact.history
    assert core.agreement is not None
    assert exact.agreement is not None
    assert core.agreement.off_correlation == pytest.approx(exact.agreement.off_correlation)


def test_a_smaller_core_is_compared_within_itself(pedigree: Pedigree) -> None:
    core = build(pedigree, sources(pedigree), core=["i28", "i7", "i8"])
    assert core.agreement is not None
    assert core.agreement.individuals == 3
    assert {pair.first for pair in core.agreement.pairs_apart} <= {"i7", "i8", "i28"}


def test_the_whole_matrix_is_not_there_to_be_saved(pedigree: Pedigree) -> None:
    with pytest.raises(InputError, match="'save' and 'core' are both given"):
        build(pedigree, sources(pedigree), core=3, save="G.npz")


def evaluated(pedigree: Pedigree, **solve: str) -> Evaluation:
    """Records of everybody, a core of three."""
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)[ROWS]
    names = [f"i{k}" for k in range(30)]
    people = pd.DataFrame({
        "individual": names, **{role: [names[k] if k >= 0 else None for k in parents]
                                for role, parents in (("sire", pedigree.sire),
                                                      ("dam", pedigree.dam))}})
    records = pd.DataFrame({"id": names, "y": np.random.default_rng(4).normal(size=30)})
    return breedeval.evaluate(
        records, pedigree=people, pedigree_options={"selfing": True},
        genotypes=pd.DataFrame(copies, [names[k] for k in ROWS], [f"m{k}" for k in range(200)]),
        model={"traits": ["y"], "random": [
            {"name": "animal", "column": "id", "relationship": "single_step"}]},
        relationships={"single_step": {"kind": "single_step", "core": 3}},
        variances={"animal": 1.0, "residual": 2.0}, solve=solve)


def test_what_does_not_fit_is_not_formed(
    pedigree: Pedigree, monkeypatch: pytest.MonkeyPatch
) -> None:
    formed = evaluated(pedigree)
    monkeypatch.setattr(SingleStepCore, "forming_bytes", 1e15)
    found = evaluated(pedigree, reliability="none")
    assert found.summary["engine"] == "conjugate gradients"
    np.testing.assert_allclose(found.breeding_values["breeding_value"],
                               formed.breeding_values["breeding_value"], rtol=0, atol=1e-8)
    for solve in ({}, {"method": "cholesky", "reliability": "none"}):
        with pytest.raises(LimitError, match=r"forming the relationships .*method: pcg"):
            evaluated(pedigree, **solve)
