"""H⁻¹, log|H| and diag(H) against the dense formula, and what must hold of H."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp

from breedeval.errors import Findings, InputError
from breedeval.genotypes.relationship import genomic_matrix
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.kind import LabelledMatrix, Sources
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.single_step import SingleStep, from_parts, variance_of
from breedeval.relationship.single_step_settings import SingleStepSettings
from tests.oracles import single_step as oracle
from tests.oracles.tabular import group_fractions, tabular
from tests.unit.genotypes.made import dropped, genotypes_of
from tests.unit.pedigree.made import pedigree_of, random_parents

ROWS = np.array([3, 7, 8, 15, 21, 22, 28], np.int32)


@pytest.fixture
def pedigree() -> Pedigree:
    return pedigree_of(*random_parents(30, 11))


@pytest.fixture
def a(pedigree: Pedigree) -> np.ndarray:
    return tabular(list(pedigree.sire), list(pedigree.dam))


@pytest.fixture
def g(pedigree: Pedigree) -> np.ndarray:
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)[ROWS]
    return genomic_matrix(genotypes_of(copies)) + 0.1 * np.eye(ROWS.size)


def made(
    pedigree: Pedigree, g: np.ndarray, tau: float = 1.0, omega: float = 1.0,
    rows: np.ndarray = ROWS, gamma: np.ndarray | None = None, groups: str = "full",
) -> SingleStep:
    numerator = from_pedigree(pedigree, gamma=gamma)
    return from_parts(numerator, rows, np.linalg.inv(g) if len(g) else g.copy(),
                      np.linalg.slogdet(g)[1] if len(g) else 0.0, numerator.block(rows),
                      tau=tau, omega=omega, groups=groups)


def dense(precision: SingleStep) -> np.ndarray:
    lower = precision.lower()
    assert lower.has_sorted_indices
    return (lower + sp.tril(lower, -1).T).toarray()


@pytest.mark.parametrize(("tau", "omega"), [(1.0, 1.0), (1.3, 0.8), (0.9, 0.7)])
def test_the_dense_formula(
    pedigree: Pedigree, a: np.ndarray, g: np.ndarray, tau: float, omega: float
) -> None:
    found, h = made(pedigree, g, tau, omega), oracle.single_step(a, list(ROWS), g, tau, omega)
    whole = dense(found)
    np.testing.assert_allclose(np.linalg.inv(whole), h, rtol=0, atol=1e-10)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(h)[1], abs=1e-10)
    np.testing.assert_allclose(found.variance, np.diagonal(h), rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.diagonal(), np.diagonal(whole), rtol=0, atol=1e-12)
    for x in (np.arange(30.0), np.random.default_rng(0).normal(size=(30, 3))):
        np.testing.assert_allclose(found.product(x), whole @ x, rtol=0, atol=1e-9)


def test_the_formula_is_the_conditional_distribution(a: np.ndarray, g: np.ndarray) -> None:
    np.testing.assert_allclose(oracle.single_step(a, list(ROWS), g),
                               oracle.by_conditional(a, list(ROWS), g), rtol=0, atol=1e-10)


def test_small_panels_give_the_same_diagonal(
    pedigree: Pedigree, g: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = made(pedigree, g)
    monkeypatch.setattr("breedeval.relationship.single_step.PANEL", 8.0)
    monkeypatch.setattr("breedeval.relationship.single_step.LANES", 2)
    np.testing.assert_allclose(
        variance_of(found.numerator, ROWS, found.difference), found.variance, atol=1e-12)


def test_nobody_genotyped_is_the_pedigree_alone(pedigree: Pedigree) -> None:
    nobody = np.zeros(0, np.int32)
    found = made(pedigree, np.zeros((0, 0)), rows=nobody)
    numerator = from_pedigree(pedigree)
    np.testing.assert_array_equal(dense(found), dense_of(numerator.lower()))
    assert found.log_determinant == numerator.log_determinant
    np.testing.assert_array_equal(found.variance, numerator.variance)


def test_markers_that_say_what_the_pedigree_says(pedigree: Pedigree, a: np.ndarray) -> None:
    found = made(pedigree, a[np.ix_(ROWS, ROWS)], 1.0, 1.0)
    np.testing.assert_allclose(np.linalg.inv(dense(found)), a, rtol=0, atol=1e-10)
    np.testing.assert_allclose(found.variance, np.diagonal(a), rtol=0, atol=1e-10)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(a)[1], abs=1e-10)


def with_groups(pedigree: Pedigree) -> Pedigree:
    """Unknown parents of the first ten are of group 0, the others of group 1."""
    group = (np.arange(30) >= 10).astype(np.int32)
    return replace(
        pedigree, groups=Levels.of(["old", "new"]),
        sire_group=np.where(pedigree.sire < 0, group, -1).astype(np.int32),
        dam_group=np.where(pedigree.dam < 0, group, -1).astype(np.int32))


@pytest.mark.parametrize("form", ["full", "altered", "pedigree"])
def test_unknown_parent_groups(
    pedigree: Pedigree, a: np.ndarray, g: np.ndarray, form: str
) -> None:
    people = with_groups(pedigree)
    q = group_fractions(list(people.sire), list(people.dam), list(people.sire_group),
                        list(people.dam_group), 2)
    found = dense(made(people, g, groups=form))
    precision, at = np.linalg.inv(a), np.ix_(ROWS, ROWS)
    wide = np.hstack([np.eye(30), -q])
    expected = wide.T @ precision @ wide
    c = np.zeros((30, 30))
    c[at] = np.linalg.inv(g) - np.linalg.inv(a[at])
    beside = {"full": c, "altered": np.zeros((30, 30)), "pedigree": np.zeros((30, 30))}[form]
    if form == "altered":
        beside[at] = -np.linalg.inv(a[at])
    expected[:30, :30] += c
    expected[:30, 30:] -= beside @ q
    expected[30:, :30] -= (beside @ q).T
    expected[30:, 30:] += q.T @ beside @ q
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    precision_found = made(people, g, groups=form)
    x = np.random.default_rng(1).normal(size=32)
    np.testing.assert_allclose(precision_found.product(x), expected @ x, rtol=0, atol=1e-8)
    np.testing.assert_allclose(
        precision_found.diagonal(), np.diagonal(expected), rtol=0, atol=1e-9)


def test_metafounders(pedigree: Pedigree, g: np.ndarray) -> None:
    people, gamma = with_groups(pedigree), np.array([[0.6, 0.2], [0.2, 0.5]])
    sire = [0, 0, *np.where(people.sire >= 0, people.sire + 2, people.sire_group)]
    dam = [0, 0, *np.where(people.dam >= 0, people.dam + 2, people.dam_group)]
    a = tabular(sire, dam, gamma=gamma)
    h = oracle.single_step(a, [int(k) + 2 for k in ROWS], g)
    order = [*range(2, 32), 0, 1]
    found = made(people, g, gamma=gamma)
    np.testing.assert_allclose(
        np.linalg.inv(dense(found)), h[np.ix_(order, order)], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.variance, np.diagonal(h)[2:], rtol=0, atol=1e-9)
    assert found.log_determinant == pytest.approx(np.linalg.slogdet(h)[1], abs=1e-9)


def sources(pedigree: Pedigree, order: np.ndarray | None = None) -> Sources:
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)
    rows = ROWS if order is None else ROWS[order]
    return Sources(pedigree, genotypes=genotypes_of(copies[rows], [f"i{k}" for k in rows]))


def test_settings_blend_and_tune(pedigree: Pedigree, a: np.ndarray) -> None:
    found = SingleStepSettings().build("h", sources(pedigree), pedigree.individuals, threads=1)
    a22 = a[np.ix_(ROWS, ROWS)]
    raw = genomic_matrix(sources(pedigree).genotypes)
    blended = 0.95 * raw + 0.05 * a22
    off = ~np.eye(ROWS.size, dtype=bool)
    b = (np.diag(a22).mean() - a22[off].mean()) / (
        np.diag(blended).mean() - blended[off].mean())
    g = a22[off].mean() - b * blended[off].mean() + b * blended
    np.testing.assert_allclose(
        np.linalg.inv(dense(found)), oracle.single_step(a, list(ROWS), g), rtol=0, atol=1e-9)
    assert found.agreement is not None
    assert found.agreement.genomic_off[0] == pytest.approx(a22[off].mean())
    assert found.agreement.off_correlation == pytest.approx(
        np.corrcoef(g[off], a22[off])[0, 1])
    assert found.agreement.slope == pytest.approx(np.polyfit(a22[off], g[off], 1)[0])
    worst = found.agreement.pairs_apart[0]
    assert abs(worst.genomic - worst.pedigree) == pytest.approx(np.abs(g - a22)[off].max())


def test_the_order_of_the_genotypes_changes_nothing(pedigree: Pedigree) -> None:
    order = np.array([4, 0, 6, 2, 1, 5, 3])
    first, second = (
        SingleStepSettings(tau=1.1, omega=0.9).build(
            "h", sources(pedigree, way), pedigree.individuals, threads=1)
        for way in (None, order))
    np.testing.assert_allclose(dense(first), dense(second), rtol=0, atol=1e-9)


def test_a_matrix_that_was_saved_is_not_blended_again(pedigree: Pedigree) -> None:
    first = SingleStepSettings(save="G.npz").build(
        "h", sources(pedigree), pedigree.individuals, threads=1)
    assert first.stored is not None
    again = Sources(pedigree, {"h": first.stored})
    settings = SingleStepSettings(file="G.npz", blend=0, tune="none")
    second = settings.build("h", again, pedigree.individuals, threads=1)
    np.testing.assert_allclose(dense(second), dense(first), rtol=0, atol=1e-9)
    assert second.history == first.history
    with pytest.raises(InputError, match=r"'blend' is asked for.*already \(blend: 0.95 G"):
        SingleStepSettings(file="G.npz").build("h", again, pedigree.individuals, threads=1)


def test_a_coding_beside_a_matrix_that_is_read_must_be_its_own(pedigree: Pedigree) -> None:
    first = SingleStepSettings(save="G.npz", method="vanraden2").build(
        "h", sources(pedigree), pedigree.individuals, threads=1)
    assert first.stored is not None
    again = Sources(pedigree, {"h": first.stored})
    plain = {"file": "G.npz", "blend": 0, "tune": "none"}
    SingleStepSettings(**plain, method="vanraden2").build(
        "h", again, pedigree.individuals, threads=1)
    for option in ({"method": "yang"}, {"frequencies": "half"}, {"weights": "w.csv"}):
        with pytest.raises(InputError, match=f"'{next(iter(option))}' beside 'file: G.npz'"):
            SingleStepSettings(**plain, **option).build(
                "h", again, pedigree.individuals, threads=1)


def test_metafounders_with_a_matrix_of_observed_frequencies_are_refused(
    pedigree: Pedigree,
) -> None:
    people = with_groups(pedigree)
    first = SingleStepSettings(save="G.npz").build(
        "h", sources(people), people.individuals, threads=1)
    assert first.stored is not None
    with pytest.raises(InputError, match="metafounders with 'frequencies: observed'"):
        SingleStepSettings(file="G.npz", blend=0, tune="none", metafounders="gamma.csv").build(
            "h", Sources(people, {"h": first.stored}), people.individuals, threads=1)


def test_genotyped_who_are_not_in_the_pedigree_are_all_named(pedigree: Pedigree) -> None:
    copies = dropped(pedigree.sire, pedigree.dam, 20, 3)
    names = [f"x{k}" if k < 8 else f"i{k}" for k in range(30)]
    with pytest.raises(InputError) as caught:
        SingleStepSettings().build("h", Sources(pedigree, genotypes=genotypes_of(copies, names)),
                                   pedigree.individuals, threads=1)
    assert caught.value.problems == (
        "chip.bed: 8 of 30 genotyped individuals are not in the pedigree: x0, x1, x2, x3, x4, x5, "
        "x6, x7. Expected everybody with genotypes there. Add them (parents may be unknown), or "
        "leave their genotypes out.",)


def test_a_clone_and_its_original_are_one(pedigree: Pedigree) -> None:
    people = replace(pedigree, clone_of={"copy": "i3"})
    copies = dropped(pedigree.sire, pedigree.dam, 20, 3)[:2]
    with pytest.raises(InputError, match="i3, copy are one individual"):
        SingleStepSettings().build(
            "h", Sources(people, genotypes=genotypes_of(copies, ["i3", "copy"])),
            people.individuals, threads=1)


def test_metafounders_need_frequencies_of_one_half(pedigree: Pedigree) -> None:
    with pytest.raises(InputError, match="Write 'frequencies: half' and 'tune: none'"):
        SingleStepSettings(metafounders="estimate").build(
            "h", sources(with_groups(pedigree)), pedigree.individuals, threads=1)


def test_metafounders_estimated_need_groups(pedigree: Pedigree) -> None:
    settings = SingleStepSettings(metafounders="estimate", frequencies="half", tune="none")
    with pytest.raises(InputError, match="the pedigree has no groups"):
        settings.build("h", sources(pedigree), pedigree.individuals, threads=1)


def test_duplicated_genotypes_without_a_blend_are_refused(pedigree: Pedigree) -> None:
    copies = dropped(pedigree.sire, pedigree.dam, 50, 3)[[3, 3]]
    with pytest.raises(InputError, match="not positive definite"):
        SingleStepSettings(blend=0, tune="none").build(
            "h", Sources(pedigree, genotypes=genotypes_of(copies, ["i3", "i4"])),
            pedigree.individuals, threads=1)


def test_a_pedigree_that_is_of_other_animals_is_warned_of(pedigree: Pedigree) -> None:
    copies = dropped(pedigree.sire, pedigree.dam, 200, 3)
    names = [f"i{k}" for k in np.random.default_rng(5).permutation(30)]
    settings, findings = SingleStepSettings(), Findings()
    built = settings.build("h", Sources(pedigree, genotypes=genotypes_of(copies, names)),
                           pedigree.individuals, threads=1)
    settings.remark("h", built, findings)
    assert any("have a correlation of only" in line for line in findings.warnings)
    assert isinstance(built, SingleStep)


def dense_of(lower: sp.csc_array) -> np.ndarray:
    return (lower + sp.tril(lower, -1).T).toarray()


def test_stored_matrices_keep_the_order_of_the_pedigree(pedigree: Pedigree) -> None:
    order = np.array([4, 0, 6, 2, 1, 5, 3])
    found = SingleStepSettings(save="G.npz").build(
        "h", sources(pedigree, order), pedigree.individuals, threads=1).stored
    assert isinstance(found, LabelledMatrix)
    assert found.levels.to_list() == [f"i{k}" for k in ROWS]
