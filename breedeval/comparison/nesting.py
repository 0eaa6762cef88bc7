"""Is one model a special case of another, and what does the larger one free?

The smaller model is nested when every (co)variance matrix of the records that it can have, the
larger one can have too. That is decided from the models: each effect of the smaller is found in the
larger with the same relationship, the same or fewer components and traits, and a covariance
structure that is a special case; and likewise the residual and the fixed effects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from breedeval.comparison.fitted import Fitted
from breedeval.comparison.structures import (
    Freed,
    NotNestedError,
    by_class,
    is_ordered,
    whole,
    widened,
    within,
)
from breedeval.model.spec import Component, Model, RandomEffect, ResidualModel
from breedeval.model.terms import (
    BSpline,
    ClassEffect,
    Classes,
    FixedEffect,
    Legendre,
    Polynomial,
)

Cell = tuple[int, int, str]
"""Component, function and trait of a row of an effect's covariance matrix."""


@dataclass(frozen=True)
class Nesting:
    """How a smaller model lies within a larger one.

    Parameters
    ----------
    freed : tuple of Freed
        What the larger model frees.
    fixed : tuple of str
        Fixed effects that only the larger has.
    """

    freed: tuple[Freed, ...]
    fixed: tuple[str, ...]


def nest(small: Fitted, large: Fitted) -> Nesting:
    """How one model is a special case of another.

    Raises
    ------
    NotNestedError
        When it is none.
    """
    _check_constraints(small, large)
    fixed = tuple(_more_fixed(small.model, large.model))
    freed = [*_effects(small, large), *_residual(small.model, large.model),
             *_released(small, large)]
    return Nesting(tuple(part for part in freed if part != Freed()), fixed)


def _check_constraints(small: Fitted, large: Fitted) -> None:
    """What the larger one fixes, ties or bounds must be so in the smaller one."""
    if not large.estimated:
        raise NotNestedError(f"the variances of {large.label} were given, not estimated")
    if not small.estimated:
        if large.held or large.ties or large.bounds:
            raise NotNestedError(f"{large.label} fixes, ties or bounds some of its parameters")
        return
    for name, value in large.held.items():
        if name not in small.held or not np.isclose(small.held[name], value, rtol=1e-9, atol=0):
            raise NotNestedError(f"{large.label} fixes '{name}', and {small.label} does not")
    for words in large.ties:
        if not any(words <= others for others in small.ties):
            shown = ", ".join(sorted(words))
            raise NotNestedError(f"{large.label} ties {shown}, and {small.label} does not")
    if small.bounds != large.bounds:
        raise NotNestedError("their parameters have different bounds")


def _released(small: Fitted, large: Fitted) -> Iterator[Freed]:
    """Parameters that only the smaller model holds or ties; they are inside their bounds."""
    if not small.estimated:
        yield Freed(words="estimates in place of given variances")
    loose = sorted(name for name in small.held if name not in large.held)
    if loose:
        yield Freed(words=f"{', '.join(loose)} not fixed")
    for words in small.ties:
        if words not in large.ties:
            yield Freed(words=f"{', '.join(sorted(words))} not tied")


def _effects(small: Fitted, large: Fitted) -> Iterator[Freed]:
    """Every effect of the smaller in the larger; those of the larger that are left are new."""
    left = list(large.model.random)
    for effect in small.model.random:
        found, other = _find(effect, left, small, large)
        left.remove(other)
        if found.words:
            yield Freed(found.variances, found.certainty, f"{other.name}: {found.words}")
    for other in left:
        own = whole(other.covariance, _width(large.model, other))
        yield Freed(own.variances, own.certainty, f"the effect '{other.name}'")


def _find(
    effect: RandomEffect, others: list[RandomEffect], small: Fitted, large: Fitted
) -> tuple[Freed, RandomEffect]:
    """An effect of the larger model that can be this one; one of the same name first."""
    foundation = small.relationships[effect.name]
    reasons = []
    for other in sorted(others, key=lambda one: one.name != effect.name):
        if large.relationships[other.name] != foundation:
            continue
        try:
            return _effect_within(effect, other, small.model, large.model), other
        except NotNestedError as error:
            reasons.append(str(error))
    why = f": {reasons[0]}" if reasons else ""
    raise NotNestedError(
        f"'{effect.name}' of {small.label} is not a part of any effect of {large.label}{why}")


def _effect_within(
    small: RandomEffect, large: RandomEffect, one: Model, other: Model
) -> Freed:
    """A random effect as a special case of another on the same relationship."""
    classes = _classes_added(small, large)
    if classes and len(one.traits_of(small)) == len(other.traits_of(large)) == 1:
        return by_class(large.covariance, classes)
    cells, all_cells = _cells(large, small, one), _cells(large, large, other)
    if not set(cells) <= set(all_cells):
        raise NotNestedError(f"'{small.name}' acts on other traits")
    kept = [cell for cell in all_cells if cell in set(cells)]
    if kept != cells and (is_ordered(small.covariance) or is_ordered(large.covariance)):
        raise NotNestedError(f"the coefficients of '{small.name}' stand in another order")
    if len(cells) == len(all_cells):
        return within(small.covariance, large.covariance, len(cells))
    return widened(
        small.covariance, large.covariance, len(cells), len(all_cells) - len(cells))


def _cells(large: RandomEffect, effect: RandomEffect, model: Model) -> list[Cell]:
    """Rows of the matrix of ``effect``, its components numbered as in ``large``."""
    parts, cells = list(large.parts.values()), []
    for own in effect.parts.values():
        at = next((k for k, part in enumerate(parts) if _component_within(own, part)), None)
        if at is None:
            raise NotNestedError(f"'{large.name}' has no component with the columns "
                                 f"{', '.join(own.sources)} on the same basis")
        cells += [(at, function, trait) for function in range(own.width or 1)
                  for trait in model.traits_of(effect)]
    return cells


def _component_within(small: Component, large: Component) -> bool:
    """Whether its functions are the first of the other's."""
    if sorted(small.sources) != sorted(large.sources):
        return False
    one, other = small.basis, large.basis
    if one == other:
        return True
    if one is None:
        return isinstance(other, Legendre)
    return type(one) is type(other) and isinstance(one, (Legendre, Polynomial)) and isinstance(
        other, (Legendre, Polynomial)) and one.degree <= other.degree and (
            one.model_copy(update={"degree": other.degree}) == other)


def _classes_added(small: RandomEffect, large: RandomEffect) -> int:
    """Number of classes where one plain coefficient became one for each class; else 0."""
    if len(small.parts) != 1 or len(large.parts) != 1:
        return 0
    one, other = (next(iter(effect.parts.values())) for effect in (small, large))
    same = sorted(one.sources) == sorted(other.sources) and one.basis is None
    return len(other.basis.levels or ()) if same and isinstance(other.basis, Classes) else 0


def _width(model: Model, effect: RandomEffect) -> int:
    return len(effect.coefficients or ("",)) * len(model.traits_of(effect))


def _residual(small: Model, large: Model) -> Iterator[Freed]:
    """The residual: one or all classes, structures, covariates of its logarithm, weights."""
    one, other = small.residual, large.residual
    for trait in large.trait_names:
        if small.weights_of(trait) != large.weights_of(trait):
            raise NotNestedError(f"the records of '{trait}' have different weights")
    if not _factors(one) <= _factors(other):
        raise NotNestedError(f"the residual depends on the classes of '{one.by}' in one only")
    if not set(one.log_linear) <= set(other.log_linear):
        raise NotNestedError("the residual variance depends on different covariates")
    own = within(one.covariance, other.covariance, len(large.trait_names))
    if own.words:
        yield Freed(own.variances, own.certainty, f"residual: {own.words}")
    if _factors(one) != _factors(other):
        yield Freed(words=f"residual (co)variances by {other.by}")
    more = [name for name in other.log_linear if name not in one.log_linear]
    if more:
        yield Freed(words=f"residual variance depends on {', '.join(more)}")


def _factors(residual: ResidualModel) -> set[str]:
    return set(residual.by.split(":")) if residual.by else set()


def same_fixed(one: Model, other: Model) -> bool:
    """Whether every trait has the same fixed effects, in the same order."""
    return all(
        one.intercept_of(trait) == other.intercept_of(trait)
        and one.fixed_of(trait) == other.fixed_of(trait) for trait in one.trait_names)


def _more_fixed(small: Model, large: Model) -> Iterator[str]:
    """Fixed effects that only the larger has.

    Raises
    ------
    NotNestedError
        When the smaller has one that the larger has not.
    """
    for trait in large.trait_names:
        own, others = small.fixed_of(trait), large.fixed_of(trait)
        for effect in own:
            if not any(_spanned(effect, other) for other in others):
                raise NotNestedError(f"the fixed effect '{_fixed_name(effect)}' is only in the "
                                     "model with fewer parameters")
        if small.intercept_of(trait) and not (large.intercept_of(trait) or any(
                isinstance(other, ClassEffect) for other in others)):
            raise NotNestedError("the overall mean is only in the model with fewer parameters")
        yield from (_fixed_name(other) for other in others if other not in own)


def _spanned(small: FixedEffect, large: FixedEffect) -> bool:
    """Whether the columns of X of an effect are combinations of those of another."""
    if isinstance(small, ClassEffect) or isinstance(large, ClassEffect):
        return isinstance(small, ClassEffect) and isinstance(large, ClassEffect) and set(
            small.factors) <= set(large.factors)
    if small.within not in (None, large.within) or type(small) is not type(large):
        return False
    degree = small.degree if isinstance(small, BSpline) else max(small.degree, large.degree)
    return degree == large.degree and small.model_copy(
        update={"within": large.within, "degree": degree}) == large


def _fixed_name(effect: FixedEffect) -> str:
    if isinstance(effect, ClassEffect):
        return effect.name
    within_word = f" within {effect.within}" if effect.within else ""
    return f"{effect.column}{within_word}"
