"""The user's words for a model, checked for form; :mod:`breedeval.model.design` gives them numbers.

These classes are the ``model:`` part of the run file. Short forms (``sex``, ``year:season``,
``column: animal``) are widened here to the one long form that the rest of the program reads.
What must hold across effects is in :mod:`breedeval.model.consistency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, model_validator

from breedeval.covariance.settings import UNSTRUCTURED, CovarianceSettings
from breedeval.model.consistency import model_misfits
from breedeval.model.form import Misfit, Name, Names, Part, refuse, repeated
from breedeval.model.terms import Basis, Classes, FixedEffect, FixedEffects


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
        None, description="Regression on a covariate, or classes; a coefficient per function.",
        examples=[{"legendre": "dim", "degree": 2, "range": [5, 305]}])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``dam`` is ``{column: dam}``."""
        return {"column": short}

    @model_validator(mode="after")
    def _one_source(self) -> Component:
        refuse(_either(self))
        names = list(self.sources)
        if twice := repeated(names):
            refuse([Misfit(("columns",), f"column '{twice[0]}' is listed twice", "",
                           "Remove one of the two")])
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of levels, one or several."""
        return self.columns if self.columns is not None else (self.column or "",)

    @property
    def width(self) -> int | None:
        """Coefficients per level: 1, or the functions of the basis; None while not known."""
        return 1 if self.basis is None else self.basis.width

    def coefficients(self, name: str) -> list[str]:
        """Names of the coefficients: ``name``, ``name[0]``, ``name[1]``, … or ``name[class]``."""
        if isinstance(self.basis, Classes):
            return [f"{name}[{level}]" for level in self.basis.levels or ()]
        width = self.width or 1
        return [name] if width == 1 else [f"{name}[{k}]" for k in range(width)]


class RandomEffect(Part):
    """A random effect: a relationship among its levels, and one or more components."""

    EITHER: ClassVar[tuple[str, ...]] = ("column", "components")
    UNSAID: ClassVar[frozenset[str]] = frozenset({"covariance"})

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
    covariance: CovarianceSettings = Field(
        UNSTRUCTURED, description="Structure of the covariance matrix of its components and "
        "traits.", examples=["diagonal"])
    traits: Names | None = Field(
        None, min_length=1, description="Traits that it acts on; all of them when absent.",
        examples=[["yearling"]])

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
    def coefficients(self) -> tuple[str, ...] | None:
        """Coefficients of a level in matrix order: ``direct``, …, or ``curve[0]``, ``curve[1]``.

        None while the classes of a basis are not known.
        """
        if any(part.width is None for part in self.parts.values()):
            return None
        return tuple(word for name, part in self.parts.items()
                     for word in part.coefficients(name))


class TraitModel(Part):
    """What one trait has of its own."""

    fixed: FixedEffects | None = Field(
        None, description="Fixed effects of this trait, instead of those of the model.",
        examples=[["sex", "pen"]])
    intercept: bool | None = Field(
        None, description="Whether this trait has an overall mean; as the model when absent.",
        examples=[False])
    weights: Name | None = Field(
        None, description="Column of weights of this trait, instead of that of the model.",
        examples=["w"])


class ResidualModel(Part):
    """The residual covariance among the traits of a record, where it is not one for all."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"covariance", "log_linear"})

    by: Name | None = Field(
        None, description="Class column (a:b for an interaction): one residual (co)variance for "
        "each class.", examples=["herd_class"])
    covariance: CovarianceSettings = Field(
        UNSTRUCTURED, description="Structure of the covariance matrix of the traits.",
        examples=["diagonal"])
    log_linear: Names = Field(
        (), description="Covariates x of the log of the residual variance: it is multiplied by "
        "exp(b₁x₁ + b₂x₂ + …).", examples=[["age"]])


def _traits(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return [value] if isinstance(value, str) else value
    return {name: own if own is not None else {} for name, own in value.items()}


class Model(Part):
    """Traits, fixed effects, weights, random effects and the residual."""

    UNSAID: ClassVar[frozenset[str]] = frozenset({"residual"})

    traits: Annotated[
        tuple[Name, ...] | dict[Name, TraitModel],
        BeforeValidator(_traits, json_schema_input_type=Name | Annotated[
            tuple[Name, ...], Field(min_length=1)] | dict[Name, TraitModel | None]),
    ] = Field(
        min_length=1, description="Columns of the traits, in the order of the covariance "
        "matrices; with keys below a trait where its model differs.", examples=[["milk"]])
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
    residual: ResidualModel = Field(
        ResidualModel(), description="Structure of the residual; one (co)variance for all records "
        "when absent.", examples=[{"by": "herd_class"}])

    @model_validator(mode="after")
    def _consistent(self) -> Model:
        refuse(model_misfits(self))
        return self

    @property
    def trait_names(self) -> tuple[str, ...]:
        """Traits in matrix order."""
        return tuple(self.traits)

    def cells_of(self, effect: str) -> tuple[str, ...] | None:
        """Names of the rows of an effect's covariance matrix, or of the residual's.

        None while the classes of a basis are not known.
        """
        if effect == "residual":
            return self.trait_names
        one = next(one for one in self.random if one.name == effect)
        traits, coefficients = self.traits_of(one), one.coefficients
        if coefficients is None or len(traits) == 1:
            return coefficients
        if len(coefficients) == 1:
            return traits
        return tuple(f"{name}:{trait}" for name in coefficients for trait in traits)

    def fixed_of(self, trait: str) -> tuple[FixedEffect, ...]:
        """Fixed effects of a trait."""
        own = self._own(trait).fixed
        return self.fixed if own is None else own

    def intercept_of(self, trait: str) -> bool:
        """Whether a trait has an overall mean."""
        own = self._own(trait).intercept
        return self.intercept if own is None else own

    def weights_of(self, trait: str) -> str | None:
        """Column of the weights of a trait."""
        own = self._own(trait).weights
        return self.weights if own is None else own

    def traits_of(self, effect: RandomEffect) -> tuple[str, ...]:
        """Traits that a random effect acts on, in matrix order."""
        return self.trait_names if effect.traits is None else tuple(
            trait for trait in self.trait_names if trait in effect.traits)

    def _own(self, trait: str) -> TraitModel:
        return self.traits[trait] if isinstance(self.traits, dict) else TraitModel()


def _either(part: Part) -> list[Misfit]:
    """What is wrong where exactly one of two keys is to be given."""
    given = [key for key in part.EITHER if getattr(part, key) is not None]
    one, other = part.EITHER
    if len(given) == 2:
        return [Misfit((), f"both '{one}' and '{other}' are given", "", "Keep one of them")]
    if not given:
        return [Misfit((), f"neither '{one}' nor '{other}' is given", "", "Give one of them")]
    return []
