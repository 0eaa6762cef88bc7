"""Blend, tune and ridge: the numbers, the order, and once each."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.relationship.adjustment import Wanted, means_of, plan_adjustment


def two_matrices() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(6, 20))
    a = np.eye(6) + 0.2
    return z @ z.T / 20, a


def test_blend_then_tune_then_ridge() -> None:
    g, a = two_matrices()
    planned = plan_adjustment(
        Wanted(blend=0.1, tune="chen", ridge=0.03), means_of(g), means_of(a))
    blended = 0.9 * g + 0.1 * a
    off = ~np.eye(6, dtype=bool)
    b = (np.diag(a).mean() - a[off].mean()) / (np.diag(blended).mean() - blended[off].mean())
    tuned = a[off].mean() - b * blended[off].mean() + b * blended
    np.testing.assert_allclose(
        planned.apply(g.copy(), a), tuned + 0.03 * np.eye(6), rtol=0, atol=1e-14)
    now = means_of(planned.apply(g.copy(), a) - 0.03 * np.eye(6))
    assert now.diagonal == pytest.approx(means_of(a).diagonal, abs=1e-14)
    assert now.off == pytest.approx(means_of(a).off, abs=1e-14)
    assert [line.split(":")[0] for line in planned.history] == ["blend", "tune (chen)", "ridge"]


def test_vitezica_adds_the_difference_of_the_means() -> None:
    g, a = two_matrices()
    difference = a.mean() - g.mean()
    planned = plan_adjustment(Wanted(tune="vitezica"), means_of(g), means_of(a))
    np.testing.assert_allclose(planned.apply(g.copy(), a),
                               difference + (1 - difference / 2) * g, rtol=0, atol=1e-14)


def test_vitezica_by_hand() -> None:
    """Means 0.55 of G and 0.75 of A₂₂: a = 0.2, b = 1 − 0.1, and 0.2 + 0.9 G."""
    g, a = np.array([[1.2, 0.1], [0.1, 0.8]]), np.array([[1.0, 0.5], [0.5, 1.0]])
    planned = plan_adjustment(Wanted(tune="vitezica"), means_of(g), means_of(a))
    np.testing.assert_allclose(planned.apply(g.copy(), a), [[1.28, 0.29], [0.29, 0.92]],
                               rtol=0, atol=1e-15)
    assert planned.history == ("tune (vitezica): 0.2 + 0.9 G",)


def test_the_identity_is_blended_without_a_pedigree() -> None:
    g, _ = two_matrices()
    wanted = Wanted(blend=0.05, blend_with="identity")
    assert not wanted.needs_pedigree
    found = plan_adjustment(wanted, means_of(g), None).apply(g.copy(), None)
    np.testing.assert_allclose(found, 0.95 * g + 0.05 * np.eye(6), rtol=0, atol=1e-15)


@pytest.mark.parametrize(("wanted", "word"), [
    (Wanted(blend=0.1, blend_with="identity"), "blend"), (Wanted(ridge=0.1), "ridge"),
    (Wanted(tune="chen"), "tune")])
def test_nothing_is_done_twice(wanted: Wanted, word: str) -> None:
    g, a = two_matrices()
    history = ("blend: 0.95 G + 0.05 A22", "tune (chen): 0.1 + 0.9 G", "ridge: G + 0.01 I")
    with pytest.raises(InputError, match=f"'{word}' is asked for, and the matrix has it already"):
        plan_adjustment(wanted, means_of(g), means_of(a), history=history, source="G.npz")


def test_what_is_not_asked_for_again_is_kept_in_the_history() -> None:
    g, a = two_matrices()
    history = ("blend: 0.95 G + 0.05 A22",)
    planned = plan_adjustment(Wanted(tune="chen"), means_of(g), means_of(a), history=history)
    assert planned.history[0] == history[0]
    assert planned.scale != 1


def test_a_matrix_of_equals_cannot_be_tuned() -> None:
    _, a = two_matrices()
    with pytest.raises(InputError, match="all related alike"):
        plan_adjustment(Wanted(tune="chen"), means_of(np.ones((6, 6))), means_of(a))
