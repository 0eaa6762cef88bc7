"""The kinds of covariances that a run file may name, joined in one union.

Adding a covariance is one new file with a :class:`~breedeval.covariance.structure.CovarianceKind`
of its own, one line in the union here, and one word if it needs no options.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from breedeval.covariance.autoregressive import AutoregressiveSettings
from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.diagonal import DiagonalSettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.scaled import ScaledSettings
from breedeval.covariance.unstructured import UnstructuredSettings

AnyCovariance = Annotated[
    UnstructuredSettings
    | DiagonalSettings
    | CompoundSymmetrySettings
    | AutoregressiveSettings
    | FactorAnalyticSettings
    | ScaledSettings,
    Field(discriminator="kind"),
]

Word = Literal["unstructured", "diagonal", "compound_symmetry", "autoregressive"]
"""Kinds that need no options, so that the word is enough."""


def _widened(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


CovarianceSettings = Annotated[
    AnyCovariance, BeforeValidator(_widened, json_schema_input_type=Word | AnyCovariance)
]
"""``{kind: diagonal, variances: equal}``, or only ``diagonal``."""

UNSTRUCTURED = UnstructuredSettings()
"""What an effect has when nothing is said."""
