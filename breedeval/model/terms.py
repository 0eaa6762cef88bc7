"""The user's words for fixed effects and for the basis of a random regression.

All but a class effect have a leading key that names their column: ``covariate`` (powers),
``legendre``, ``bspline`` and, for random effects, ``classes`` (one coefficient per class).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from breedeval.model.form import Labels, Misfit, Name, Names, Part, refuse, repeated

Ends = tuple[float, float]


def _rising(values: tuple[float, ...], key: str) -> None:
    if any(not one < other for one, other in pairwise(values)):
        shown = ", ".join(f"{value:g}" for value in values)
        words = "the smaller end first" if key == "range" else "rising values"
        refuse([Misfit((key,), f"the {key} [{shown}] " + (
            "is empty" if key == "range" else "do not rise"), f"Expected {words}")])


class Legendre(Part):
    """Normalised Legendre polynomials of a covariate: φ₀ … φ_degree."""

    legendre: Name = Field(description="Column of the covariate.", examples=["dim"])
    degree: int = Field(
        ge=0, le=20, description="Highest degree; degree + 1 functions.", examples=[2])
    range: Ends | None = Field(
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
    def _range(self) -> Legendre:
        _rising(self.range or (), "range")
        return self


class BSpline(Part):
    """B-splines of a covariate: piecewise polynomials that add up to 1 everywhere."""

    bspline: Name = Field(description="Column of the covariate.", examples=["age"])
    knots: Annotated[int, Field(ge=2, le=100)] | tuple[float, ...] = Field(
        5, description="Number of equally spaced knots, both ends among them, or their places.",
        examples=[5])
    degree: int = Field(3, ge=0, le=5, description="Degree of the pieces.", examples=[3])
    range: Ends | None = Field(
        None, description="The outer knots where only their number is given; the data's own ends "
        "when absent.", examples=[[5, 305]])

    @property
    def column(self) -> str:
        """Column of the covariate."""
        return self.bspline

    @property
    def width(self) -> int:
        """Number of functions: pieces + degree."""
        count = self.knots if isinstance(self.knots, int) else len(self.knots)
        return count - 1 + self.degree

    @model_validator(mode="after")
    def _order(self) -> BSpline:
        _rising(self.range or (), "range")
        if isinstance(self.knots, tuple):
            _rising(self.knots, "knots")
            if len(self.knots) < 2:
                refuse([Misfit(("knots",), "there are fewer than two knots",
                               "Expected both ends at least")])
            if self.range is not None:
                refuse([Misfit(("range",), "both the places of 'knots' and a 'range' are given",
                               "Expected a range only where 'knots' is a number",
                               "Remove one of the two")])
        return self


class Classes(Part):
    """One coefficient for every class of a column: genotypes in environments, animals by sex."""

    classes: Name = Field(description="Class column.", examples=["environment"])
    levels: Names | None = Field(
        None, min_length=1, description="The classes, in the order of the covariance matrix; "
        "those of the data when absent.", examples=[["E1", "E2", "E3"]])

    @model_validator(mode="after")
    def _distinct(self) -> Classes:
        refuse(Misfit(("levels",), f"the class '{level}' is listed twice", "",
                      "Remove one of the two") for level in repeated(self.levels or ()))
        return self

    @property
    def column(self) -> str:
        """The class column."""
        return self.classes

    @property
    def width(self) -> int | None:
        """Number of classes; None while they are not known."""
        return None if self.levels is None else len(self.levels)


class FixedBSpline(BSpline):
    """A fixed B-spline regression, optionally with its own coefficients per class."""

    within: Name | None = Field(
        None, description="Class column; one curve per level.", examples=["lactation"])


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


_BY_KEY = {"covariate": "Polynomial", "legendre": "Legendre", "bspline": "BSpline",
           "classes": "Classes", "factors": "ClassEffect"}


def _class_name(value: Any) -> str | None:
    """Which class an effect or a basis is written for, by its leading key."""
    if isinstance(value, Part):
        return type(value).__name__
    if isinstance(value, str):
        return "ClassEffect"
    if not isinstance(value, Mapping):
        return None
    return next((name for key, name in _BY_KEY.items() if key in value), None)


def _fixed_class_name(value: Any) -> str | None:
    name = _class_name(value)
    return name if name is None or name.startswith(("Fixed", "Class")) else f"Fixed{name}"


FixedEffect = Annotated[
    Annotated[ClassEffect, Tag("ClassEffect")]
    | Annotated[FixedPolynomial, Tag("FixedPolynomial")]
    | Annotated[FixedLegendre, Tag("FixedLegendre")]
    | Annotated[FixedBSpline, Tag("FixedBSpline")],
    Discriminator(_fixed_class_name),
]

Basis = Annotated[
    Annotated[Legendre, Tag("Legendre")] | Annotated[Polynomial, Tag("Polynomial")]
    | Annotated[BSpline, Tag("BSpline")] | Annotated[Classes, Tag("Classes")],
    Discriminator(_class_name),
]

def _effects(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


FixedEffects = Annotated[
    tuple[FixedEffect, ...],
    BeforeValidator(_effects, json_schema_input_type=Name | tuple[FixedEffect, ...]),
]
