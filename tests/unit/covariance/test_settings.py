"""Covariances as a run file names them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from breedeval.covariance.settings import UNSTRUCTURED
from tests.unit.covariance.made import KINDS, READER


@pytest.mark.parametrize(
    "word", ["unstructured", "diagonal", "compound_symmetry", "autoregressive"])
def test_a_word_is_enough_where_nothing_else_is_needed(word: str) -> None:
    assert READER.validate_python(word) == READER.validate_python({"kind": word})


def test_every_kind_has_its_own_word() -> None:
    words = [kind.model_fields["kind"].default for kind in KINDS]
    assert len(words) == len(set(words))
    assert READER.validate_python("unstructured") == UNSTRUCTURED


@pytest.mark.parametrize(("written", "words"), [
    ("factor_analytic", "order"),
    ("diagnal", "diagnal"),
    ({"kind": "diagonal", "order": 1}, "order"),
    ({"kind": "factor_analytic", "order": 0}, "greater than or equal to 1"),
    ({"kind": "scaled", "matrix": [[1, 2], [3]]}, "rows of the same length"),
    ({"kind": "scaled", "matrix": [[1, 0.2], [0.3, 1]]}, "symmetric"),
    ({"kind": "scaled", "matrix": [[1, 2], [2, 1]]}, "positive-definite"),
])
def test_what_does_not_fit_is_refused(written: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        READER.validate_python(written)


@pytest.mark.parametrize(("written", "size", "words"), [
    ({"kind": "factor_analytic", "order": 1}, 2,
     "1 factor of 2 coefficients would have 4 parameters for 3 (co)variances"),
    ({"kind": "factor_analytic", "order": 1}, 3, ""),
    ({"kind": "factor_analytic", "order": 2}, 4, "2 factors of 4 coefficients"),
    ({"kind": "factor_analytic", "order": 2}, 5, ""),
    ({"kind": "scaled", "matrix": [[1, 0], [0, 1]]}, 3,
     "the scaled matrix is 2 × 2, and there are 3 coefficients"),
    ("unstructured", 7, ""),
])
def test_what_cannot_be_had_for_a_size(written: Any, size: int, words: str) -> None:
    found = READER.validate_python(written).misfit(size)
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_equal_variances_are_the_mean() -> None:
    matrix = np.diag([1.0, 3.0])
    kind = READER.validate_python({"kind": "diagonal", "variances": "equal"})
    np.testing.assert_array_equal(kind.make(matrix).matrix, 2 * np.eye(2))
    unequal = READER.validate_python("diagonal")
    np.testing.assert_array_equal(unequal.make(matrix).matrix, matrix)


def test_factors_start_away_from_nothing() -> None:
    """At loadings of 0 the likelihood is flat in them; a diagonal matrix tells of none."""
    kind = READER.validate_python({"kind": "factor_analytic", "order": 1})
    found = kind.make(np.diag([1.0, 4.0, 9.0]))
    np.testing.assert_allclose(np.diagonal(found.matrix), [1, 4, 9], rtol=1e-6)
    np.testing.assert_allclose(found.values[:3], 0.5 * np.array([1, 2, 3]), rtol=1e-6)


def test_a_loading_goes_one_standard_deviation_in_a_step() -> None:
    kind = READER.validate_python({"kind": "factor_analytic", "order": 1})
    found = kind.make(np.diag([1.0, 4.0, 9.0]) + 0.5)
    np.testing.assert_allclose(found.strides, [*np.sqrt(np.diagonal(found.matrix)), *[np.inf] * 3])
