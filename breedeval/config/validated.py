"""What can be checked of a validation without any data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from breedeval.config.checks import relationship_misfits
from breedeval.config.values import Value, variance_misfits
from breedeval.model.consistency import model_misfits
from breedeval.model.form import KeyPath, Misfit, did_you_mean
from breedeval.model.spec import Model
from breedeval.relationship.settings import RelationshipSettings

if TYPE_CHECKING:
    from breedeval.config.settings import Estimation, ValidationModel, ValidationSettings


def validation_misfits(
    validation: ValidationSettings | None, model: Model,
    variances: Mapping[str, Value] | Estimation,
    relationships: Mapping[str, RelationshipSettings], pedigree: object | None,
    genotypes: object | None, solver: str,
) -> Iterator[Misfit]:
    """Whatever is wrong with ``validation`` beside the other parts of the run file."""
    if validation is None:
        return
    if validation.repeats > 1 and not isinstance(validation.folds, int):
        yield Misfit(("validation", "repeats"), "folds that are given are the same every time",
                     "Expected 'repeats' only where 'folds' is a number", "Remove it")
    for at, trait in enumerate(validation.traits or ()):
        if trait not in model.trait_names:
            yield Misfit(("validation", "traits", at), f"there is no trait '{trait}'",
                         f"Expected one of: {', '.join(model.trait_names)}",
                         did_you_mean(trait, model.trait_names))
    for name, one in validation.models.items():
        path: KeyPath = ("validation", "models", name)
        own = model.model_copy(update={"random": one.random})
        own_variances = variances if one.variances is None else one.variances
        for misfit in (*model_misfits(own),
                       *relationship_misfits(own, relationships, pedigree, genotypes),
                       *variance_misfits(own, own_variances, solver)):
            yield _placed(misfit, path, one)
    yield from _effect_misfits(validation, model)


def _placed(misfit: Misfit, path: KeyPath, one: ValidationModel) -> Misfit:
    """The same, seen from the whole run file; variances that a model shares are its own fault."""
    where = misfit.path[1:] if misfit.path[:1] == ("model",) else misfit.path
    if where[:1] == ("variances",) and one.variances is None:
        where = ()
    return replace(misfit, path=(*path, *where))


def _effect_misfits(validation: ValidationSettings, model: Model) -> Iterator[Misfit]:
    """Effects that are in no model, and models that have none of them."""
    models = {"model": model.random, **{
        name: one.random for name, one in validation.models.items()}}
    known = list(dict.fromkeys(effect.name for random in models.values() for effect in random))
    wanted = validation.effects or ()
    for at, name in enumerate(wanted):
        if name not in known:
            yield Misfit(("validation", "effects", at), f"'{name}' is an effect of no model",
                         f"Expected one of: {', '.join(known)}", did_you_mean(name, known))
    if not set(wanted) & set(known):
        return
    for name, random in models.items():
        if not any(effect.name in wanted for effect in random):
            path = ("model", "random") if name == "model" else ("validation", "models", name)
            yield Misfit(path, "none of the effects that are validated is in the model",
                         f"Expected one of: {', '.join(wanted)}",
                         "Name one of its effects under 'validation: effects'")
