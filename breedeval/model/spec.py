"""The user's words for a model, checked for form; :mod:`breedeval.model.design` gives them numbers.

These classes are the ``model:`` part of the run file. Short forms (``sex``, ``year:season``,
``column: animal``) are widened here to the one long form that the rest of the program reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from breedeval.model.form import Labels, Misfit, Name, Names, OneName, Part, refuse

__all__ = [
    "ClassEffect", "Component", "FixedEffect", "FixedLegendre", "FixedPolynomial", "Legendre",
    "Model", "Name", "Part", "Polynomial", "RandomEffect",
]


class Legendre(Part):
    """Normalised Legendre polynomials of a covariate: φ₀ … φ_degree."""

    legendre: Name = Field(description="Column of the covariate.", examples=["dim"])
    degree: int = Field(
        ge=0, le=20, description="Highest degree; degree + 1 functions.", examples=[2])
    range: tuple[float, float] | None = Field(
        None, description="Ends of the covariate mapped to −1 and 1; the data's own when absent.",
        examples=[[5, 305]])

    @property
    def column(self) -> str:
        """Column of the covariate."""
        return self.legendre

    @property
    def width(self) -> int:
        """Number of functions."""
        return self.degree + 1

    @model_validator(mode="after")
    def _rising(self) -> Legendre:
        if self.range is not None and not self.range[0] < self.range[1]:
            refuse([Misfit(("range",), f"the range [{self.range[0]:g}, {self.range[1]:g}] is empty",
                           "Expected the smaller end first")])
        return self


class Polynomial(Part):
    """Powers of a covariate: x, x², …, x^degree."""

    covariate: Name = Field(description="Column of the covariate.", examples=["age"])
    degree: int = Field(1, ge=1, le=12, description="Highest power.", examples=[2])

    @property
    def column(self) -> str:
        """Column of the covariate."""
        return self.covariate

    @property
    def width(self) -> int:
        """Number of functions."""
        return self.degree


class FixedLegendre(Legendre):
    """A fixed Legendre regression, optionally with its own coefficients per class."""

    within: Name | None = Field(
        None, description="Class column; one curve per level.", examples=["lactation"])


class FixedPolynomial(Polynomial):
    """A fixed (polynomial) regression, optionally with its own coefficients per class."""

    within: Name | None = Field(
        None, description="Class column; one slope per level.", examples=["sex"])


class ClassEffect(Part):
    """A fixed class effect: one column, or several joined by ``:`` for their interaction."""

    SHORT: ClassVar[str] = "A class column, or several joined by ':' for their interaction."

    factors: Labels = Field(
        min_length=1, description="Columns whose levels combine; the long form of year:season.",
        examples=[["year", "season"]])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``year:season`` is ``{factors: [year, season]}``."""
        return {"factors": short.split(":")}

    @property
    def name(self) -> str:
        """The effect as the user wrote it."""
        return ":".join(self.factors)


def _class_name(value: Any) -> str | None:
    """Which class an effect or a basis is written for, by its leading key."""
    if isinstance(value, Part):
        return type(value).__name__
    if isinstance(value, str) or "factors" in value:
        return "ClassEffect"
    keys = {"covariate": "Polynomial", "legendre": "Legendre"}
    return next((name for key, name in keys.items() if key in value), None)


def _fixed_class_name(value: Any) -> str | None:
    if not isinstance(value, (str, Mapping, Part)):
        return None
    name = _class_name(value)
    return f"Fixed{name}" if name in ("Polynomial", "Legendre") else name


def _basis_class_name(value: Any) -> str | None:
    return _class_name(value) if isinstance(value, (Mapping, Part)) else None


FixedEffect = Annotated[
    Annotated[ClassEffect, Tag("ClassEffect")]
    | Annotated[FixedPolynomial, Tag("FixedPolynomial")]
    | Annotated[FixedLegendre, Tag("FixedLegendre")],
    Discriminator(_fixed_class_name),
]

Basis = Annotated[
    Annotated[Legendre, Tag("Legendre")] | Annotated[Polynomial, Tag("Polynomial")],
    Discriminator(_basis_class_name),
]


class Component(Part):
    """One component of a random effect: which levels a record has, and with what coefficients."""

    SHORT: ClassVar[str] = "The column of the levels."
    EITHER: ClassVar[tuple[str, ...]] = ("column", "columns")

    column: Name | None = Field(
        None, description="Column of the levels; a:b for an interaction.", examples=["dam"])
    columns: Names | None = Field(
        None, min_length=1, description="Several columns: the sum over their levels.",
        examples=[["mate1", "mate2"]])
    basis: Basis | None = Field(
        None, description="Regression on a covariate; one coefficient per basis function.",
        examples=[{"legendre": "dim", "degree": 2, "range": [5, 305]}])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``dam`` is ``{column: dam}``."""
        return {"column": short}

    @model_validator(mode="after")
    def _one_source(self) -> Component:
        refuse(_either(self))
        names = list(self.sources)
        if repeated := _repeated(names):
            refuse([Misfit(("columns",), f"column '{repeated[0]}' is listed twice", "",
                           "Remove one of the two")])
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of levels, one or several."""
        return self.columns if self.columns is not None else (self.column or "",)

    @property
    def width(self) -> int:
        """Coefficients per level: 1, or the functions of the basis."""
        return 1 if self.basis is None else self.basis.width


class RandomEffect(Part):
    """A random effect: a relationship among its levels, and one or more components."""

    EITHER: ClassVar[tuple[str, ...]] = ("column", "components")

    name: Name = Field(
        description="Name of the effect; its key under 'variances'.", examples=["animal"])
    column: Name | None = Field(
        None, description="Column of the levels (a:b for an interaction); short for one component "
        "with the effect's name.", examples=["animal"])
    relationship: Name = Field(
        "identity", description="identity, pedigree, or a name from 'relationships'.",
        examples=["pedigree"])
    components: dict[Name, Component] | None = Field(
        None, description="Several components by name, in the order of the covariance matrix.",
        examples=[{"direct": "calf", "maternal": "dam"}])

    @model_validator(mode="after")
    def _one_form(self) -> RandomEffect:
        refuse(_either(self))
        if self.components is not None and not self.components:
            refuse([Misfit(("components",), "'components' is empty", "",
                           "Give a component such as 'direct: animal'")])
        return self

    @property
    def parts(self) -> dict[str, Component]:
        """Components by name; an effect given by ``column`` has one with the effect's name."""
        if self.components is not None:
            return self.components
        return {self.name: Component(column=self.column)}

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Coefficients of a level in matrix order: ``direct``, …, or ``curve[0]``, ``curve[1]``."""
        return tuple(name if part.width == 1 else f"{name}[{k}]"
                     for name, part in self.parts.items() for k in range(part.width))


def _effects(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


FixedEffects = Annotated[
    tuple[FixedEffect, ...],
    BeforeValidator(_effects, json_schema_input_type=Name | tuple[FixedEffect, ...]),
]


class Model(Part):
    """Trait, fixed effects, weights and random effects."""

    traits: OneName = Field(
        min_length=1, description="Column of the trait (one trait in this version).",
        examples=["milk"])
    intercept: bool = Field(
        True, description="Whether there is an overall mean.", examples=[False])
    fixed: FixedEffects = Field(
        (), description="Class effects (sex), interactions (year:season) and regressions "
        "({covariate: age}).", examples=[["sex", "year:season", {"covariate": "age", "degree": 2}]])
    weights: Name | None = Field(
        None, description="Column of weights w; the residual variance of a record is σ²/w.",
        examples=["w"])
    random: tuple[RandomEffect, ...] = Field(
        (), description="Random effects.",
        examples=[[{"name": "animal", "column": "animal", "relationship": "pedigree"}]])

    @model_validator(mode="after")
    def _consistent(self) -> Model:
        refuse([*_trait_misfits(self), *_fixed_misfits(self), *_random_misfits(self)])
        return self


def _either(part: Part) -> list[Misfit]:
    """What is wrong where exactly one of two keys is to be given."""
    given = [key for key in part.EITHER if getattr(part, key) is not None]
    one, other = part.EITHER
    if len(given) == 2:
        return [Misfit((), f"both '{one}' and '{other}' are given", "", "Keep one of them")]
    if not given:
        return [Misfit((), f"neither '{one}' nor '{other}' is given", "", "Give one of them")]
    return []


def _repeated(names: list[Any]) -> list[Any]:
    return [name for at, name in enumerate(names) if name in names[:at]]


def _trait_misfits(model: Model) -> Iterator[Misfit]:
    for name in _repeated(list(model.traits)):
        yield Misfit(("traits",), f"trait '{name}' is listed twice", "", "Remove one of the two")
    if len(model.traits) > 1 and not _repeated(list(model.traits)):
        yield Misfit(("traits",), "an evaluation of several traits together is not supported yet",
                     "Expected one trait", "Write one run file for each trait")
    if model.weights is not None and model.weights in model.traits:
        yield Misfit(("weights",), f"'{model.weights}' is the trait and the weights at once",
                     "Expected a column of weights", "Name another column, or remove 'weights'")


def _fixed_columns(effect: ClassEffect | FixedPolynomial | FixedLegendre) -> tuple[str, ...]:
    if isinstance(effect, ClassEffect):
        return effect.factors
    return (effect.column, effect.within) if effect.within else (effect.column,)


def _same_columns(effect: ClassEffect | FixedPolynomial | FixedLegendre) -> object:
    """Equal for effects whose columns of X would repeat each other."""
    if isinstance(effect, ClassEffect):
        return frozenset(effect.factors)
    return (effect.column, effect.within)


def _fixed_misfits(model: Model) -> Iterator[Misfit]:
    seen: list[object] = []
    for at, effect in enumerate(model.fixed):
        columns = _fixed_columns(effect)
        words = "regression on" if not isinstance(effect, ClassEffect) else "effect"
        label = effect.name if isinstance(effect, ClassEffect) else effect.column
        if "" in columns:
            yield Misfit(("fixed", at), f"'{label}' has nothing on one side of ':'",
                         "Expected a column on both sides, such as year:season")
        for name in _repeated(list(columns)):
            yield Misfit(("fixed", at), f"the {words} '{label}' uses the column '{name}' twice",
                         "", "Remove one of the two")
        for name in dict.fromkeys(columns):
            if name in model.traits:
                yield Misfit(("fixed", at), f"'{name}' is the trait and a fixed effect at once",
                             "", "Remove it from 'fixed', or correct 'traits'")
        if _same_columns(effect) in seen:
            yield Misfit(("fixed", at), f"the {words} '{label}' is in the model twice", "",
                         "Remove one of the two")
        seen.append(_same_columns(effect))


def _random_misfits(model: Model) -> Iterator[Misfit]:
    fixed = {effect.name for effect in model.fixed if isinstance(effect, ClassEffect)}
    names = [effect.name for effect in model.random]
    for at, effect in enumerate(model.random):
        earlier = model.random[:at]
        if effect.name == "residual":
            yield Misfit(("random", at, "name"), "'residual' is the name of the residual",
                         "Expected another name for a random effect")
        elif effect.name in names[:at]:
            yield Misfit(("random", at, "name"),
                         f"two random effects have the name '{effect.name}'",
                         "Expected a name of its own for each", "Rename one of the two")
        elif effect.name in fixed:
            yield Misfit(("random", at, "name"),
                         f"a fixed and a random effect have the name '{effect.name}'",
                         "Expected a name of its own for each", "Rename the random effect")
        elif twin := next((e for e in earlier if _same_random(e, effect)), None):
            yield Misfit(("random", at), f"the random effects '{twin.name}' and '{effect.name}' "
                         "are the same: same columns, same relationship", "",
                         "Remove one of the two")
        for name in dict.fromkeys(c for part in effect.parts.values() for s in part.sources
                                  for c in s.split(":")):
            if name in model.traits:
                yield Misfit(("random", at), f"'{name}' is the trait and the column of the random "
                             f"effect '{effect.name}' at once", "", "Correct one of the two")
            if not name:
                yield Misfit(("random", at), f"a column of the random effect '{effect.name}' has "
                             "nothing on one side of ':'", "Expected a column on both sides")


def _same_random(one: RandomEffect, other: RandomEffect) -> bool:
    return (one.relationship == other.relationship
            and list(one.parts.values()) == list(other.parts.values()))
