"""Which covariance structures hold others, and what lies on the boundary there."""

import numpy as np
import pytest
from pydantic import TypeAdapter

from breedeval.comparison.structures import (
    Freed,
    NotNestedError,
    by_class,
    whole,
    widened,
    within,
)
from breedeval.covariance.settings import CovarianceSettings
from breedeval.variance.boundary import mixture_p_value

_KINDS = TypeAdapter(CovarianceSettings)

FA1, FA2 = ({"kind": "factor_analytic", "order": order} for order in (1, 2))
UNEQUAL = {"kind": "compound_symmetry", "variances": "unequal"}
EQUAL_DIAGONAL = {"kind": "diagonal", "variances": "equal"}
SCALED = {"kind": "scaled", "matrix": [[1, 0.5], [0.5, 1]]}


def _kind(value):
    return _KINDS.validate_python(value)


def _counts(freed: Freed):
    return freed.variances, freed.certainty


@pytest.mark.parametrize(("small", "large", "size", "freed"), [
    ("diagonal", "unstructured", 3, (0, "exact")),
    ("compound_symmetry", "unstructured", 3, (0, "exact")),
    ("autoregressive", "unstructured", 3, (0, "exact")),
    (FA1, "unstructured", 5, (0, "exact")),
    (SCALED, "unstructured", 2, (0, "exact")),
    (EQUAL_DIAGONAL, "diagonal", 3, (0, "exact")),
    (EQUAL_DIAGONAL, "compound_symmetry", 3, (0, "exact")),
    (EQUAL_DIAGONAL, "autoregressive", 3, (0, "exact")),
    ("diagonal", UNEQUAL, 3, (0, "exact")),
    ("compound_symmetry", UNEQUAL, 3, (0, "exact")),
    ("autoregressive", "compound_symmetry", 2, (0, "exact")),
    ("diagonal", FA1, 4, (0, "unknown")),
    (FA1, FA2, 6, (0, "unknown")),
    ("diagonal", "compound_symmetry", 1, (0, "exact")),
])
def test_special_cases_among_the_same_coefficients(small, large, size, freed):
    assert _counts(within(_kind(small), _kind(large), size)) == freed


@pytest.mark.parametrize(("small", "large"), [
    ("unstructured", "diagonal"), ("diagonal", "compound_symmetry"),
    ("compound_symmetry", "autoregressive"), (UNEQUAL, "compound_symmetry"), (FA2, FA1),
    ("compound_symmetry", FA1), ("diagonal", SCALED), (SCALED, "diagonal"),
])
def test_what_is_no_special_case(small, large):
    with pytest.raises(NotNestedError):
        within(_kind(small), _kind(large), 3)


@pytest.mark.parametrize(("kind", "size", "more", "freed"), [
    ("unstructured", 2, 1, (1, "exact")), ("unstructured", 2, 2, (1, "bound")),
    ("diagonal", 2, 3, (3, "exact")), (UNEQUAL, 2, 1, (1, "unknown")), (FA1, 3, 1, (1, "unknown")),
])
def test_further_coefficients(kind, size, more, freed):
    assert _counts(widened(_kind(kind), _kind(kind), size, more)) == freed


def test_a_variance_that_all_share_cannot_be_zero_for_one():
    with pytest.raises(NotNestedError, match="one variance for all"):
        widened(_kind("compound_symmetry"), _kind("compound_symmetry"), 2, 1)


@pytest.mark.parametrize(("kind", "size", "freed"), [
    ("unstructured", 1, (1, "exact")), ("unstructured", 2, (1, "bound")),
    ("diagonal", 3, (3, "exact")), (EQUAL_DIAGONAL, 3, (1, "exact")), (SCALED, 2, (1, "exact")),
    ("compound_symmetry", 3, (0, "unknown")), (FA1, 3, (0, "unknown")),
])
def test_a_whole_effect(kind, size, freed):
    assert _counts(whole(_kind(kind), size)) == freed


@pytest.mark.parametrize(("kind", "size", "freed"), [
    ("unstructured", 2, (1, "exact")), ("unstructured", 3, (1, "bound")),
    ("compound_symmetry", 3, (1, "exact")), ("autoregressive", 3, (1, "exact")),
    (FA1, 4, (4, "exact")), (FA2, 6, (6, "unknown")),
])
def test_one_coefficient_for_each_class(kind, size, freed):
    assert _counts(by_class(_kind(kind), size)) == freed


def test_independent_classes_are_no_extension_of_one_coefficient():
    with pytest.raises(NotNestedError):
        by_class(_kind("diagonal"), 2)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("others", [0, 2])
def test_the_mixture_for_a_new_matrix_is_an_upper_limit(size, others):
    """2ΔL is the squared length of a normal matrix on the semi-definite cone, and χ² of others."""
    rng, number = np.random.default_rng(size + others), 40_000
    normal = rng.standard_normal((number, size, size))
    symmetric = (normal + normal.transpose(0, 2, 1)) / 2  # standard in the Frobenius norm
    projected = np.maximum(np.linalg.eigvalsh(symmetric), 0)
    beside = rng.standard_normal((number, others))
    statistic = (projected**2).sum(axis=1) + (beside**2).sum(axis=1)
    count = others + size * (size + 1) // 2
    for x in np.quantile(statistic, [0.5, 0.8, 0.9, 0.95, 0.99]):
        true = (statistic > x).mean()
        assert mixture_p_value(x, 1, count - 1) > true - 3 * np.sqrt(true / number)
