"""What can be checked of relationships without any data, across the parts of a run file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from breedeval.model.form import Misfit, did_you_mean
from breedeval.model.spec import Model
from breedeval.relationship.settings import (
    BUILT_IN,
    RelationshipSettings,
    kind_of_relationship,
)

RELATIONSHIPS_LATER = ("genomic", "single_step")
"""Promised kinds and built-in names that no version builds yet; delete a name when one does."""


def relationship_misfits(
    model: Model, relationships: Mapping[str, RelationshipSettings], pedigree: object | None
) -> Iterator[Misfit]:
    """Relationships that the model uses and nobody defines, or that lack a pedigree."""
    known = list(dict.fromkeys([*relationships, *BUILT_IN]))
    lacks_pedigree = False
    for at, effect in enumerate(model.random):
        name, path = effect.relationship, ("model", "random", at, "relationship")
        if name in RELATIONSHIPS_LATER and name not in known:
            yield Misfit(path, f"relationship '{name}' is not supported yet",
                         f"Expected one of: {', '.join(known)}")
        elif name not in known:
            yield Misfit(path, f"there is no relationship '{name}'",
                         f"Expected one of: {', '.join(known)}",
                         did_you_mean(name, known) or f"Describe '{name}' under 'relationships'")
        elif pedigree is None and not lacks_pedigree and kind_of_relationship(
                name, relationships).needs_pedigree:
            lacks_pedigree = True
            yield Misfit(path, f"relationship '{name}' needs a pedigree, and none is named", "",
                         "Add 'pedigree:' with 'file:' to the run file")
