"""How genomic relationships were made, and how they agree with the pedigree, for the summary."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import pandas as pd

from breedeval.equations.henderson import Equations
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.kind import LabelledMatrix
from breedeval.relationship.principal import PrincipalComponents


def relationship_facts(equations: Equations) -> dict[str, Any]:
    """By the relationship's name: ``history``, ``agreement`` of G with A₂₂, and the shares of its
    first principal components.
    """
    facts = {}
    for term, precision in zip(equations.design.random, equations.precisions, strict=True):
        history: tuple[str, ...] = getattr(precision, "history", ())
        if history:
            agreement: Agreement | None = getattr(precision, "agreement", None)
            principal: PrincipalComponents | None = getattr(precision, "principal", None)
            facts[term.relationship] = {
                "history": list(history),
                "agreement": None if agreement is None else _plain(asdict(agreement)),
                "principal_components": [] if principal is None else principal.shares.tolist()}
    return facts


def principal_components_table(equations: Equations) -> pd.DataFrame:
    """relationship, individual, component_1 …; a row an individual of every genomic one."""
    parts = {}
    for term, precision in zip(equations.design.random, equations.precisions, strict=True):
        found: PrincipalComponents | None = getattr(precision, "principal", None)
        if found is not None:
            parts[term.relationship] = pd.DataFrame({
                "relationship": term.relationship, "individual": found.individuals.to_series(),
                **{f"component_{k + 1}": column for k, column in enumerate(found.scores.T)}})
    return pd.concat(parts.values(), ignore_index=True) if parts else pd.DataFrame()


def stored_relationships(equations: Equations) -> dict[str, LabelledMatrix]:
    """By the relationship's name, those that are to be saved."""
    found: dict[str, LabelledMatrix | None] = {
        term.relationship: getattr(precision, "stored", None) for term, precision in zip(
            equations.design.random, equations.precisions, strict=True)}
    return {name: matrix for name, matrix in found.items() if matrix is not None}


def _plain(value: Any) -> Any:
    """The same without NaN, which JSON has no word for."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
