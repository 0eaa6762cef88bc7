"""What every part of the run file has in common, and how a part says what does not fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

KeyPath = tuple[str | int, ...]
Name = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing that does not fit: where in the part (keys and list positions), and the words."""

    path: KeyPath
    found: str
    expected: str = ""
    remedy: str = ""

    def below(self, *prefix: str | int) -> Misfit:
        """The same, seen from further up."""
        return Misfit((*prefix, *self.path), self.found, self.expected, self.remedy)


def refuse(misfits: Iterable[Misfit]) -> None:
    """Raise one validation error that carries all the misfits, if there are any."""
    found = tuple(misfits)
    if found:
        words = "; ".join(". ".join(filter(None, (m.found, m.expected, m.remedy))) for m in found)
        raise PydanticCustomError("misfits", "{words}", {"words": words, "misfits": found})


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed, json_schema_input_type=Name | Annotated[
        tuple[Name, ...], Field(min_length=1)]),
]
"""Several names; one alone needs no list."""

OneName = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed, json_schema_input_type=Name | Annotated[
        tuple[Name, ...], Field(min_length=1, max_length=1)]),
]
"""One name, alone or in a list, where a later version will take several."""

Labels = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed, json_schema_input_type=str | tuple[str, ...]),
]
"""Several labels, kept as the user wrote them; one alone needs no list."""


class Part(BaseModel):
    """Base of every part of the run file: frozen, and unknown keys are errors.

    A class with ``SHORT`` may also be written as one text; :meth:`widen` gives its long form.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    SHORT: ClassVar[str] = ""
    """What the short form is, in words; empty when there is none."""

    EITHER: ClassVar[tuple[str, ...]] = ()
    """Keys of which exactly one is given."""

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """The long form of a short one."""
        raise NotImplementedError

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        return cls.widen(value) if cls.SHORT and isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if cls.EITHER:
            schema["oneOf"] = [{"required": [key], "properties": {key: {"not": {"type": "null"}}}}
                               for key in cls.EITHER]
        if not cls.SHORT:
            return schema
        short = {"type": "string", "minLength": 1, "description": cls.SHORT}
        return {"anyOf": [short, schema]}
