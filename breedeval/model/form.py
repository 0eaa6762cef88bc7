"""What every part of the run file has in common, and how a part says what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
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

from breedeval.errors import InputError, Problem

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


def in_words(path: KeyPath) -> str:
    """``variances: bound: animal``, for readers who have no run file to look into."""
    return ": ".join(step for step in path if isinstance(step, str))


class MisfitError(InputError):
    """What of a run file does not fit the data that it names, known by its keys.

    Parameters
    ----------
    *misfits : Misfit
    where : callable
        What to call the place of a path: its keys, or the line of the run file.
    """

    def __init__(self, *misfits: Misfit, where: Callable[[KeyPath], str] = in_words) -> None:
        self.misfits = misfits
        super().__init__(*(Problem(where(misfit.path), misfit.found, misfit.expected,
                                   misfit.remedy) for misfit in misfits))


def refuse(misfits: Iterable[Misfit]) -> None:
    """Raise one validation error that carries all the misfits, if there are any."""
    found = tuple(misfits)
    if found:
        words = "; ".join(". ".join(filter(None, (m.found, m.expected, m.remedy))) for m in found)
        raise PydanticCustomError("misfits", "{words}", {"words": words, "misfits": found})


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """``Did you mean 'pedigree'?``, or nothing when no known word is near."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), list(folded), 1)
    return f"Did you mean '{folded[near[0]]}'?" if near else ""


def repeated(names: Sequence[Any]) -> list[Any]:
    """Items that stand in a list more than once."""
    return [name for at, name in enumerate(names) if name in names[:at]]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_listed, json_schema_input_type=Name | Annotated[
        tuple[Name, ...], Field(min_length=1)]),
]
"""Several names; one alone needs no list."""

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

    WORDS: ClassVar[tuple[str, ...]] = ()
    """What the short form may be, where it is not any text."""

    EITHER: ClassVar[tuple[str, ...]] = ()
    """Keys of which exactly one is given."""

    UNSAID: ClassVar[frozenset[str]] = frozenset()
    """Keys that are not written out where they have their default."""

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
        text = {"enum": list(cls.WORDS)} if cls.WORDS else {"type": "string", "minLength": 1}
        short = {**text, "description": cls.SHORT}
        return {"anyOf": [short, schema]}
