"""A covariance of every kind in the run file's union, and its labels."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

from breedeval.covariance.settings import AnyCovariance, CovarianceSettings
from breedeval.covariance.structure import Covariance, CovarianceKind

KINDS: tuple[type[CovarianceKind], ...] = get_args(get_args(AnyCovariance)[0])
LABELS = ["direct", "maternal", "social", "late"]
READER: TypeAdapter[CovarianceKind] = TypeAdapter(CovarianceSettings)


def positive_definite(size: int, seed: int = 0) -> NDArray[np.float64]:
    """A random covariance matrix with very different variances."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size + 2)) * np.geomspace(1, 20, size)[:, None]
    return root @ root.T / (size + 2)


def every_kind(size: int) -> list[CovarianceKind]:
    """Every kind that can be had for a size, with every choice that its options offer."""
    return [kind for options in (choice for cls in KINDS for choice in _choices(cls, size))
            if not (kind := READER.validate_python(options)).misfit(size)]


def every_covariance(size: int, seed: int = 0) -> list[Covariance]:
    """One of each of these kinds, near to a random matrix."""
    return [kind.make(positive_definite(size, seed)) for kind in every_kind(size)]


def _choices(cls: type[CovarianceKind], size: int) -> list[dict[str, Any]]:
    """Options of a kind: each choice of words in turn, and required ones from the examples."""
    base: dict[str, Any] = {"kind": cls.model_fields["kind"].default}
    choices = [base]
    for name, field in cls.model_fields.items():
        words = get_args(field.annotation)
        if name == "matrix":
            base[name] = positive_definite(size, 99).tolist()
        elif name != "kind" and field.default is PydanticUndefined:
            base[name] = (field.examples or [None])[0]
        elif name != "kind" and words and isinstance(words[0], str):
            choices += [{**base, name: word} for word in words if word != field.default]
    return choices
