"""Settings made in Python rather than in YAML."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from breedeval.config import RunSettings
from breedeval.model.spec import Model, RandomEffect
from breedeval.model.terms import ClassEffect, FixedLegendre

MINIMAL: dict[str, Any] = {
    "records": {"file": "r.csv"},
    "pedigree": {"file": "p.csv"},
    "model": {"traits": "y", "fixed": "sex",
              "random": [{"name": "a", "column": "id", "relationship": "pedigree"}]},
    "variances": {"a": 1, "residual": 2},
}


def test_short_forms_work_in_python() -> None:
    settings = RunSettings.model_validate(MINIMAL)
    assert settings.model.fixed == (ClassEffect(factors=("sex",)),)
    assert settings.solve.memory_limit is None
    assert settings.relationship("pedigree").kind == "numerator"


def test_parts_may_be_objects() -> None:
    model = Model(traits=("y",), fixed=(ClassEffect(factors=("a", "b")),
                                        FixedLegendre(legendre="dim", degree=2)),
                  random=(RandomEffect(name="a", column="id", relationship="pedigree"),))
    assert RunSettings.model_validate({**MINIMAL, "model": model}).model is model


@pytest.mark.parametrize(("change", "words"), [
    ({"variances": {"a": 1}}, "there is no variance for 'residual'"),
    ({"variances": "remml"}, "'reml' or 'ml'"),
    ({"variances": {"method": "reml", "tie": [["a"]]}}, "'a' is tied to nothing"),
    ({"variances": {"method": "reml", "start": {"b": 1}}}, "'b' is no random effect"),
    ({"variances": "ml", "solve": {"method": "pcg"}}, "by conjugate gradients"),
    ({"pedigree": None}, "needs a pedigree"),
    ({"solve": {"memory_limit": "much"}}, "such as 16 GB"),
    ({"model": {"traits": ["y", "z"]}}, "Expected a 2 × 2 matrix"),
])
def test_checks_hold_in_python_too(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        RunSettings.model_validate({**MINIMAL, **change})


def test_memory_limit_in_units() -> None:
    solve = {"memory_limit": "1.5 gb"}
    settings = RunSettings.model_validate({**MINIMAL, "solve": solve})
    assert settings.solve.memory_limit == 1_500_000_000
