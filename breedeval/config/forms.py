"""What may be written at a place of the run file, read off the types of the settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from breedeval.model.form import Part

_WORDS = {int: "a whole number", float: "a number", bool: "true or false", Path: "a file name",
          str: "text"}


@dataclass(frozen=True)
class Forms:
    """The alternatives at one place.

    Parameters
    ----------
    scalars : tuple of type
        Of ``str``, ``int``, ``float``, ``bool``, ``Path`` and ``NoneType``.
    choices : tuple of str
        Words to choose from.
    lists : tuple of annotation
        Tuple types: ``tuple[X, ...]`` or of fixed length.
    mappings : tuple of annotation
        ``dict[str, X]`` types, whose keys are the user's.
    models : tuple of class
        Parts with keys of their own; several are told apart by their first or ``kind`` key.
    anything : bool
        Whether any value is taken as it is.
    """

    scalars: tuple[type, ...]
    choices: tuple[str, ...]
    lists: tuple[Any, ...]
    mappings: tuple[Any, ...]
    models: tuple[type[BaseModel], ...]
    anything: bool = False

    @property
    def takes_text(self) -> bool:
        """Whether any text is good here (a short form included)."""
        return str in self.scalars or any(short_form(model) for model in self.models)

    def words(self) -> str:
        """The alternatives in words, for messages and the reference."""
        if self.anything:
            return "any value"
        found = [_WORDS[kind] for kind in self.scalars if kind is not NoneType]
        found += [short_form(model)[0].lower() + short_form(model)[1:].rstrip(".")
                  for model in self.models if short_form(model)]
        if self.choices:
            several = "one of " if len(self.choices) > 1 else ""
            found.append(several + ", ".join(self.choices))
        found += [_list_words(form) for form in self.lists]
        if self.models:
            found.append("keys" + self._key_words())
        for mapping in self.mappings:
            each = forms_of(get_args(mapping)[1]).words()
            if each != " or ".join(found):  # else the same again for each of several classes
                found.append(f"keys of your own, each with {each}")
        return " or ".join(dict.fromkeys(found))

    def _key_words(self) -> str:
        if len(self.models) == 1:
            return f" ({', '.join(self.models[0].model_fields)})"
        kinds = [kind for model in self.models if (kind := kind_of(model))]
        if kinds:
            return f" with 'kind' ({', '.join(k for k in kinds if k not in self.choices)})"
        return f" with {' or '.join(f'{leading_key(model)!r}' for model in self.models)}"


def forms_of(annotation: Any) -> Forms:
    """The forms that an annotation allows; where a validator says what it takes in, those."""
    members = list(_members(annotation))
    literals = [word for m in members if get_origin(m) is Literal for word in get_args(m)]
    return Forms(
        scalars=tuple(m for m in members if m is NoneType or m in _WORDS),
        choices=tuple(str(word) for word in literals),
        lists=tuple(m for m in members if get_origin(m) is tuple),
        mappings=tuple(m for m in members if get_origin(m) is dict),
        models=tuple(m for m in members if isinstance(m, type) and issubclass(m, BaseModel)),
        anything=Any in members,
    )


def field_forms(field: FieldInfo) -> Forms:
    """The forms of one key."""
    return forms_of(field_annotation(field))


def field_annotation(field: FieldInfo) -> Any:
    """A field's type with everything that was annotated to it."""
    metadata = tuple(field.metadata)
    return Annotated[(field.annotation, *metadata)] if metadata else field.annotation


def short_form(model: type[BaseModel]) -> str:
    """Words for the short form of a part; empty when it has none."""
    return model.SHORT if issubclass(model, Part) else ""


def leading_key(model: type[BaseModel]) -> str:
    """The key by which a part is told from its siblings."""
    return next(iter(model.model_fields))


def kind_of(model: type[BaseModel]) -> str | None:
    """The value of ``kind`` that stands for a part; None when it has no such key."""
    field = model.model_fields.get("kind")
    return None if field is None else str(get_args(field.annotation)[0])


def _members(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        taken = [m.json_schema_input_type for m in metadata if isinstance(m, BeforeValidator)
                 and m.json_schema_input_type is not PydanticUndefined]
        yield from _members(taken[0] if taken else inner)
    elif origin in (Union, UnionType):
        for member in get_args(annotation):
            yield from _members(member)
    else:
        yield annotation


def _list_words(form: Any) -> str:
    items = [item for item in get_args(form) if item is not Ellipsis]
    if Ellipsis in get_args(form):
        inner = forms_of(items[0])
        if inner.lists:
            return "a list of rows" if "numbers" in inner.words() else "a list of lists"
        if inner.mappings:
            return "a list of keys and values"
        return "a list" if inner.models else f"a list of {_plural(inner)}"
    return f"a list of {len(items)} {_plural(forms_of(items[0]))}"


def _plural(forms: Forms) -> str:
    return "numbers" if float in forms.scalars else "text"
