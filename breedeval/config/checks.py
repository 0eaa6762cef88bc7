"""What can be checked without any data, across the parts of a run file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from breedeval.config.marker_effects import MarkerEffectSettings
from breedeval.model.form import Misfit, did_you_mean
from breedeval.model.spec import Model
from breedeval.relationship.settings import (
    BUILT_IN,
    RelationshipSettings,
    kind_of_relationship,
)


def relationship_misfits(
    model: Model, relationships: Mapping[str, RelationshipSettings], pedigree: object | None,
    genotypes: object | None,
) -> Iterator[Misfit]:
    """Relationships that the model uses and nobody defines, or that lack their input."""
    known = list(dict.fromkeys([*relationships, *BUILT_IN]))
    lacking: set[str] = set()
    for at, effect in enumerate(model.random):
        name, path = effect.relationship, ("model", "random", at, "relationship")
        if name in known:
            kind = kind_of_relationship(name, relationships)
            needs = {"pedigree": kind.needs_pedigree and pedigree is None,
                     "genotypes": kind.needs_genotypes and genotypes is None}
            for part in (part for part, needed in needs.items() if needed and part not in lacking):
                lacking.add(part)
                what = "a pedigree, and none is"
                if part == "genotypes":
                    what = "genotypes, and none are"
                yield Misfit(path, f"relationship '{name}' needs {what} named", "",
                             f"Add '{part}:' with 'file:' to the run file")
        else:
            yield Misfit(path, f"there is no relationship '{name}'",
                         f"Expected one of: {', '.join(known)}",
                         did_you_mean(name, known) or f"Describe '{name}' under 'relationships'")


def marker_effect_misfits(
    asked: MarkerEffectSettings | None, model: Model,
    relationships: Mapping[str, RelationshipSettings],
) -> Iterator[Misfit]:
    """Marker effects of what is no effect, or has no markers."""
    if asked is None:
        return
    names = [effect.name for effect in model.random]
    path = ("marker_effects", "effect")
    if asked.effect not in names:
        yield Misfit(path, f"'{asked.effect}' is no random effect of the model",
                     f"Expected one of: {', '.join(names)}", did_you_mean(asked.effect, names))
        return
    name = model.random[names.index(asked.effect)].relationship
    known = name in relationships or name in BUILT_IN
    if known and not kind_of_relationship(name, relationships).needs_genotypes:
        yield Misfit(path, f"the relationship '{name}' of '{asked.effect}' is not made from "
                     "markers", "Expected an effect with a genomic relationship",
                     "Name another effect, or remove 'marker_effects'")


def table_misfits(tables: Sequence[str], method: str, reliability: str) -> Iterator[Misfit]:
    """Deregressed proofs without the reliabilities that they are made of."""
    if "deregressed_proofs" not in tables:
        return
    path = ("output", "tables")
    if reliability == "none":
        yield Misfit(path, "deregressed proofs need reliabilities, and 'solve: reliability' is "
                     "none", "", "Write 'reliability: exact', or leave them out")
    elif method == "pcg":
        yield Misfit(path, "deregressed proofs need reliabilities, and conjugate gradients give "
                     "none", "", "Use another 'solve: method', or leave them out")
