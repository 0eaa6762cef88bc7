"""How genomic relationships were made, and how they agree with the pedigree, for the summary."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Protocol, runtime_checkable

from breedeval.equations.henderson import Equations
from breedeval.relationship.agreement import Agreement
from breedeval.relationship.kind import LabelledMatrix


@runtime_checkable
class Recorded(Protocol):
    """A precision that remembers how its relationship was made."""

    @property
    def history(self) -> tuple[str, ...]:
        """A line for each step."""
        ...

    @property
    def agreement(self) -> Agreement | None:
        """G against A₂₂, where both are known."""
        ...

    @property
    def stored(self) -> LabelledMatrix | None:
        """The relationship itself, where it is to be saved."""
        ...


def relationship_facts(equations: Equations) -> dict[str, Any]:
    """By the relationship's name: ``history``, and ``agreement`` of G with A₂₂."""
    facts = {}
    for term, precision in zip(equations.design.random, equations.precisions, strict=True):
        if isinstance(precision, Recorded) and precision.history:
            agreement = precision.agreement
            facts[term.relationship] = {
                "history": list(precision.history),
                "agreement": None if agreement is None else _plain(asdict(agreement))}
    return facts


def stored_relationships(equations: Equations) -> dict[str, LabelledMatrix]:
    """By the relationship's name, those that are to be saved."""
    return {term.relationship: precision.stored
            for term, precision in zip(equations.design.random, equations.precisions, strict=True)
            if isinstance(precision, Recorded) and precision.stored is not None}


def _plain(value: Any) -> Any:
    """The same without NaN, which JSON has no word for."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
