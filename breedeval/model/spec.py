"""The user's words for a model, checked for form; :mod:`breedeval.model.design` gives them numbers.

These classes are the ``model:`` part of the run file. Short forms (``sex``, ``year:season``,
``column: animal``) are widened here to the one long form that the rest of the program reads.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Name = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    """Base of every part of the run file: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Legendre(Part):
    """Normalised Legendre polynomials of a covariate: φ₀ … φ_degree."""

    legendre: Name = Field(description="Column of the covariate.")
    degree: int = Field(ge=0, le=20, description="Highest degree; degree + 1 functions.")
    range: tuple[float, float] | None = Field(
        None, description="Ends of the covariate mapped to −1 and 1; the data's own when absent.")

    @property
    def column(self) -> str:
        """Column of the covariate."""
        return self.legendre


class Polynomial(Part):
    """Powers of a covariate: x, x², …, x^degree."""

    covariate: Name = Field(description="Column of the covariate.")
    degree: int = Field(1, ge=1, le=12, description="Highest power.")

    @property
    def column(self) -> str:
        """Column of the covariate."""
        return self.covariate


class FixedLegendre(Legendre):
    """A fixed Legendre regression, optionally with its own coefficients per class."""

    within: Name | None = Field(None, description="Class column; one curve per level.")


class FixedPolynomial(Polynomial):
    """A fixed (polynomial) regression, optionally with its own coefficients per class."""

    within: Name | None = Field(None, description="Class column; one slope per level.")


class ClassEffect(Part):
    """A fixed class effect: one column, or several joined by ``:`` for their interaction."""

    factors: tuple[Name, ...] = Field(min_length=1, description="Columns whose levels combine.")

    @property
    def name(self) -> str:
        """The effect as the user wrote it."""
        return ":".join(self.factors)


FixedEffect = ClassEffect | FixedPolynomial | FixedLegendre


class Component(Part):
    """One component of a random effect: which levels a record has, and with what coefficients."""

    column: Name | None = Field(None, description="Column of the levels; a:b for an interaction.")
    columns: tuple[Name, ...] | None = Field(
        None, min_length=1, description="Several columns: the sum over their levels.")
    basis: Legendre | Polynomial | None = Field(
        None, description="Regression on a covariate; one coefficient per basis function.")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_source(self) -> Component:
        if (self.column is None) == (self.columns is None):
            raise ValueError("give either 'column' or 'columns'")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns of levels, one or several."""
        return self.columns if self.columns is not None else (self.column or "",)


class RandomEffect(Part):
    """A random effect: a relationship among its levels, and one or more components."""

    name: Name = Field(description="Name of the effect; its key under 'variances'.")
    column: Name | None = Field(None, description="Short for one component of the effect's name.")
    relationship: Name = Field("identity", description=(
        "identity, pedigree, or a name from 'relationships'."))
    components: dict[Name, Component] | None = Field(
        None, description="Several components, e.g. direct: calf, maternal: dam.")

    @model_validator(mode="after")
    def _one_form(self) -> RandomEffect:
        if (self.column is None) == (self.components is None):
            raise ValueError("give either 'column' or 'components'")
        if self.components is not None and not self.components:
            raise ValueError("'components' is empty")
        return self

    @property
    def parts(self) -> dict[str, Component]:
        """Components by name; an effect given by ``column`` has one with the effect's name."""
        if self.components is not None:
            return self.components
        return {self.name: Component(column=self.column)}


class Model(Part):
    """Trait, fixed effects, weights and random effects."""

    traits: tuple[Name, ...] = Field(min_length=1, description="Columns of the traits.")
    intercept: bool = Field(True, description="Whether there is an overall mean.")
    fixed: tuple[FixedEffect, ...] = Field((), description=(
        "Class effects (sex), interactions (year:season), regressions ({covariate: age})."))
    weights: Name | None = Field(None, description="Column w; residual variance σ²/w.")
    random: tuple[RandomEffect, ...] = Field((), description="Random effects.")

    @field_validator("traits", mode="before")
    @classmethod
    def _trait_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("fixed", mode="before")
    @classmethod
    def _fixed_forms(cls, value: Any) -> Any:
        if not isinstance(value, (list, tuple)):
            return value
        return [{"factors": item.split(":")} if isinstance(item, str) else item for item in value]

    @model_validator(mode="after")
    def _distinct_names(self) -> Model:
        if len(self.traits) > 1:
            raise ValueError("more than one trait is not supported yet; give one trait")
        names = [effect.name for effect in self.random] + ["residual"]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"random effects need distinct names, other than 'residual': "
                             f"{', '.join(repeated)}")
        return self
