"""What must hold across the effects of a model, whatever the data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from breedeval.covariance.structure import CovarianceKind
from breedeval.model.form import KeyPath, Misfit, did_you_mean, repeated
from breedeval.model.terms import ClassEffect, FixedEffect

if TYPE_CHECKING:
    from breedeval.model.spec import Model, RandomEffect

LOG_LINEAR = "log_linear"
"""Key under ``variances`` for the slopes of the log of the residual variance."""

RESERVED = ("method", LOG_LINEAR)
"""Keys of ``variances`` that no effect can have as its name."""


def model_misfits(model: Model) -> Iterator[Misfit]:
    """Everything in a model that contradicts itself."""
    yield from _trait_misfits(model)
    yield from _fixed_misfits(model, model.fixed, ("fixed",))
    if isinstance(model.traits, dict):
        for trait, own in model.traits.items():
            yield from _fixed_misfits(model, own.fixed or (), ("traits", trait, "fixed"))
        if model.fixed and all(own.fixed is not None for own in model.traits.values()):
            yield Misfit(("fixed",), "'fixed' is used by no trait: each has its own", "",
                         "Remove it here, or from the traits that are to have it")
    yield from _random_misfits(model)
    yield from _residual_misfits(model)


def _trait_misfits(model: Model) -> Iterator[Misfit]:
    for name in repeated(model.trait_names):
        yield Misfit(("traits",), f"trait '{name}' is listed twice", "", "Remove one of the two")
    weights: list[tuple[KeyPath, str | None]] = [(("weights",), model.weights)]
    if isinstance(model.traits, dict):
        weights += [(("traits", name, "weights"), own.weights)
                    for name, own in model.traits.items()]
    for path, column in weights:
        if column is not None and column in model.trait_names:
            yield Misfit(path, f"'{column}' is {_a_trait(model)} and the weights at once",
                         "Expected a column of weights", "Name another column, or remove 'weights'")


def _a_trait(model: Model) -> str:
    return "the trait" if len(model.trait_names) == 1 else "a trait"


def _columns(effect: FixedEffect) -> tuple[str, ...]:
    if isinstance(effect, ClassEffect):
        return effect.factors
    return (effect.column, effect.within) if effect.within else (effect.column,)


def _same_columns(effect: FixedEffect) -> object:
    """Equal for effects whose columns of X would repeat each other."""
    return frozenset(effect.factors) if isinstance(effect, ClassEffect) else (
        effect.column, effect.within)


def _fixed_misfits(
    model: Model, effects: Iterable[FixedEffect], path: KeyPath
) -> Iterator[Misfit]:
    seen: list[object] = []
    for at, effect in enumerate(effects):
        columns = _columns(effect)
        words = "effect" if isinstance(effect, ClassEffect) else "regression on"
        label = effect.name if isinstance(effect, ClassEffect) else effect.column
        if "" in columns:
            yield Misfit((*path, at), f"'{label}' has nothing on one side of ':'",
                         "Expected a column on both sides, such as year:season")
        for name in repeated(columns):
            yield Misfit((*path, at), f"the {words} '{label}' uses the column '{name}' twice",
                         "", "Remove one of the two")
        for name in dict.fromkeys(columns):
            if name in model.trait_names:
                yield Misfit((*path, at), f"'{name}' is {_a_trait(model)} and a fixed effect at "
                             "once", "", "Remove it from 'fixed', or correct 'traits'")
        if _same_columns(effect) in seen:
            yield Misfit((*path, at), f"the {words} '{label}' is in the model twice", "",
                         "Remove one of the two")
        seen.append(_same_columns(effect))


def _fixed_names(model: Model) -> set[str]:
    effects = [effect for trait in model.trait_names for effect in model.fixed_of(trait)]
    return {effect.name for effect in effects if isinstance(effect, ClassEffect)}


def _random_misfits(model: Model) -> Iterator[Misfit]:
    fixed = _fixed_names(model)
    names = [effect.name for effect in model.random]
    for at, effect in enumerate(model.random):
        earlier = model.random[:at]
        if effect.name == "residual":
            yield Misfit(("random", at, "name"), "'residual' is the name of the residual",
                         "Expected another name for a random effect")
        elif effect.name in RESERVED:
            yield Misfit(("random", at, "name"), f"'{effect.name}' is a key of 'variances'",
                         "Expected another name for a random effect")
        elif effect.name in names[:at]:
            yield Misfit(("random", at, "name"),
                         f"two random effects have the name '{effect.name}'",
                         "Expected a name of its own for each", "Rename one of the two")
        elif effect.name in fixed:
            yield Misfit(("random", at, "name"),
                         f"a fixed and a random effect have the name '{effect.name}'",
                         "Expected a name of its own for each", "Rename the random effect")
        elif twin := next((e for e in earlier if _same_random(model, e, effect)), None):
            yield Misfit(("random", at), f"the random effects '{twin.name}' and '{effect.name}' "
                         "are the same: same columns, same relationship", "",
                         "Remove one of the two")
        yield from _random_columns(model, at, effect)
        for name in repeated(effect.traits or ()):
            yield Misfit(("random", at, "traits"), f"trait '{name}' is listed twice", "",
                         "Remove one of the two")
        for name in effect.traits or ():
            if name not in model.trait_names:
                yield Misfit(("random", at, "traits"), f"there is no trait '{name}'",
                             f"Expected one of: {', '.join(model.trait_names)}",
                             did_you_mean(name, model.trait_names))
        yield from size_misfits(model, effect.name, effect.covariance, ("random", at))


def size_misfits(
    model: Model, effect: str, kind: CovarianceKind, path: KeyPath = ()
) -> Iterator[Misfit]:
    """A covariance that cannot be had for as many coefficients and traits."""
    if any(name not in model.trait_names for one in model.random for name in one.traits or ()):
        return
    cells = model.cells_of(effect)
    if cells is not None and (words := kind.misfit(len(cells))):
        yield Misfit((*path, "covariance"), words,
                     f"The matrix of '{effect}' is of: {', '.join(cells)}",
                     "Choose a covariance that fits")


def _random_columns(model: Model, at: int, effect: RandomEffect) -> Iterator[Misfit]:
    for name in dict.fromkeys(c for part in effect.parts.values() for s in part.sources
                              for c in s.split(":")):
        if name in model.trait_names:
            yield Misfit(("random", at), f"'{name}' is {_a_trait(model)} and the column of the "
                         f"random effect '{effect.name}' at once", "", "Correct one of the two")
        if not name:
            yield Misfit(("random", at), f"a column of the random effect '{effect.name}' has "
                         "nothing on one side of ':'", "Expected a column on both sides")


def _same_random(model: Model, one: RandomEffect, other: RandomEffect) -> bool:
    return (one.relationship == other.relationship
            and list(one.parts.values()) == list(other.parts.values())
            and bool({*model.traits_of(one)} & {*model.traits_of(other)}))


def _residual_misfits(model: Model) -> Iterator[Misfit]:
    residual = model.residual
    yield from size_misfits(model, "residual", residual.covariance, ("residual",))
    for name in repeated(residual.log_linear):
        yield Misfit(("residual", "log_linear"), f"column '{name}' is listed twice", "",
                     "Remove one of the two")
    for name in [*((residual.by or "").split(":")), *residual.log_linear]:
        if name in model.trait_names:
            yield Misfit(("residual",), f"'{name}' is {_a_trait(model)} and a column of the "
                         "residual at once", "", "Correct one of the two")
