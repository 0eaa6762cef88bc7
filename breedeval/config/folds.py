"""How the records of a validation are divided, in the words of the run file."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from breedeval.model.form import Misfit, Name, Part, refuse


def _one_number(value: Any) -> Any:
    return [value] if isinstance(value, (int, float)) else value


class ClassFolds(Part):
    """Classes of a column, left out one at a time."""

    by: Name = Field(description="Column whose classes are the folds: families, or folds made "
                     "beforehand; a:b for an interaction.", examples=["family"])


class ForwardFolds(Part):
    """The future predicted from the past."""

    forward: Name = Field(
        description="Column of numbers that says when, of the records or of the pedigree.",
        examples=["birth_year"])
    since: Annotated[
        tuple[float, ...],
        BeforeValidator(_one_number, json_schema_input_type=float | tuple[float, ...]),
    ] = Field(min_length=1, description="From here on phenotypes are hidden; several starts are "
              "several folds, each predicted until the next.", examples=[2020])

    @model_validator(mode="after")
    def _rising(self) -> ForwardFolds:
        if any(not one < other for one, other in pairwise(self.since)):
            refuse([Misfit(("since",), "the starts do not rise", "Expected rising values")])
        return self


def _fold_form(value: Any) -> str:
    if isinstance(value, ForwardFolds) or (isinstance(value, dict) and "forward" in value):
        return "forward"
    return "by" if isinstance(value, (ClassFolds, dict)) else "random"


Folds = Annotated[
    Annotated[int, Field(ge=2), Tag("random")] | Annotated[ClassFolds, Tag("by")]
    | Annotated[ForwardFolds, Tag("forward")],
    Discriminator(_fold_form),
]
"""A number of random folds, or where they come from."""
