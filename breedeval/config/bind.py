"""From the tree of a run file to plain values, by what each place of the settings takes.

Every scalar is read by the type of its place: a label is the text as written, a number is a
number. What does not fit is collected with its place and the nearest right key; what does fit
goes on to pydantic, which checks limits.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from breedeval.config.canonical import write_yaml
from breedeval.config.forms import (
    Forms,
    field_annotation,
    field_forms,
    forms_of,
    kind_of,
    leading_key,
    short_form,
)
from breedeval.config.yaml_loader import Entries, Items, Node, Place, Scalar, plain
from breedeval.errors import Problem
from breedeval.model.form import KeyPath, Misfit, did_you_mean


@dataclass(frozen=True)
class Fault:
    """A misfit and the place where it stands."""

    place: Place
    misfit: Misfit

    @property
    def problem(self) -> Problem:
        """The words for the user."""
        return Problem(str(self.place), self.misfit.found, self.misfit.expected,
                       self.misfit.remedy)

    def touches(self, path: KeyPath) -> bool:
        """Whether the path leads to this, through this, or to something that holds this."""
        size = min(len(path), len(self.misfit.path))
        return path[:size] == self.misfit.path[:size]


@dataclass(frozen=True)
class NamedFile:
    """A file or folder that the run file names."""

    written: str
    path: Path
    place: Place
    keys: KeyPath


def label(path: KeyPath) -> str:
    """What a person calls the place: ``'degree'``, ``item 2 of 'fixed'``."""
    if not path:
        return "the run file"
    if isinstance(path[-1], int):
        return f"item {path[-1] + 1} of {label(path[:-1])}"
    return f"'{path[-1]}'"


def quoted(words: Iterable[str]) -> str:
    """``'a', 'b'``."""
    return ", ".join(f"'{word}'" for word in words)


@dataclass
class Binder:
    """Reads one tree against one class; faults and files gather here.

    Parameters
    ----------
    root : class
        What the whole tree is read as.
    folder : Path
        Folder of the run file, absolute; relative paths start there, those of an override in
        the working directory, or in the folder of the file that it stands in.
    source : str
        The file of the tree, once it is read.
    whole : str
        What a person calls it.
    """

    root: type[BaseModel]
    folder: Path
    faults: list[Fault] = field(default_factory=list)
    files: list[NamedFile] = field(default_factory=list)
    source: str = ""
    whole: str = "the run file"

    def read(self, tree: Entries) -> dict[str, Any]:
        """The values of a whole run file, without what does not fit."""
        self.source = tree.place.source
        return self._model(tree, self.root, (), tree.place)

    def _fault(
        self, place: Place, path: KeyPath, found: str, expected: str = "", remedy: str = ""
    ) -> None:
        self.faults.append(Fault(place, Misfit(path, found, expected, remedy)))

    def _value(self, node: Node, forms: Forms, path: KeyPath, key: Place) -> Any:
        if forms.anything:
            return plain(node)
        if isinstance(node, Scalar):
            return self._scalar(node, forms, path)
        if isinstance(node, Items) and forms.lists:
            return self._list(node, forms.lists[0], path)
        if isinstance(node, Entries) and forms.models and (
                not forms.mappings or _is_meant_for(node, forms.models[0])):
            chosen = self._choose(node, forms.models, path, key)
            return None if chosen is None else self._model(node, chosen, path, key)
        if isinstance(node, Entries) and forms.mappings:
            each = forms_of(get_args(forms.mappings[0])[1])
            return {name: self._value(value, each, (*path, name), node.keys[name])
                    for name, value in node.values.items()}
        given = "a list" if isinstance(node, Items) else "keys and values"
        self._fault(key, path, f"{label(path)} is {given}", f"Expected {forms.words()}",
                    "Begin each item with '- '" if isinstance(node, Entries) and forms.lists
                    else "")
        return None

    def _scalar(self, node: Scalar, forms: Forms, path: KeyPath) -> Any:
        value = node.value
        if value is None and NoneType in forms.scalars:
            return None
        if node.text == "" and not (node.quoted and str in forms.scalars):
            self._fault(node.place, path, f"{label(path)} has no value",
                        f"Expected {forms.words()}", "Give one, or remove the key")
            return None
        number = _number(value, forms)
        if number is not None:
            return number
        if isinstance(value, bool) and bool in forms.scalars:
            return value
        if forms.takes_text or node.text in forms.choices:
            return node.text
        if Path in forms.scalars:
            return self._path(node, path)
        self._fault(node.place, path, f"{label(path)} is {_shown(node)}",
                    f"Expected {forms.words()}", _scalar_remedy(node, forms))
        return None

    def _path(self, node: Scalar, path: KeyPath) -> Path:
        full = resolved(self._start(node.place), node.text)
        self.files.append(NamedFile(node.text, full, node.place, path))
        return full

    def _start(self, place: Place) -> Path:
        """Where the relative paths of a file, or of the command line, start."""
        if not place.line:
            return Path.cwd()
        return self.folder if place.source == self.source else Path(place.source).parent.resolve()

    def _list(self, node: Items, annotation: Any, path: KeyPath) -> list[Any] | None:
        items = get_args(annotation)
        if Ellipsis not in items and len(items) != len(node.items):
            self._fault(node.place, path, f"{label(path)} has {len(node.items)} items",
                        f"Expected {len(items)}")
            return None
        each = forms_of(items[0])
        return [self._value(item, each, (*path, at), item.place)
                for at, item in enumerate(node.items)]

    def _choose(
        self, node: Entries, models: tuple[type[BaseModel], ...], path: KeyPath, key: Place
    ) -> type[BaseModel] | None:
        """The part that the keys are meant for; None, with a fault, when that is not clear."""
        if len(models) == 1:
            return models[0]
        kinds = {kind_of(model): model for model in models}
        if None not in kinds:
            return self._by_kind(node, {str(k): m for k, m in kinds.items()}, path, key)
        for model in models:
            if leading_key(model) in node.values:
                return model
        known = [leading_key(model) for model in models if not short_form(model)]
        near = next(filter(None, (did_you_mean(name, known) for name in node.values)), "")
        self._fault(key, path, f"the keys of {label(path)} are {quoted(node.values) or 'none'}",
                    f"Expected one of {quoted(known)} among them", near)
        return None

    def _by_kind(
        self, node: Entries, kinds: dict[str, type[BaseModel]], path: KeyPath, key: Place
    ) -> type[BaseModel] | None:
        written = node.values.get("kind")
        if written is None:
            self._fault(key, path, f"{label(path)} has no key 'kind'",
                        f"Expected 'kind:' with one of: {', '.join(kinds)}")
            return None
        if not isinstance(written, Scalar) or written.text not in kinds:
            shown = _shown(written) if isinstance(written, Scalar) else "not one word"
            near = did_you_mean(written.text, list(kinds)) if isinstance(written, Scalar) else ""
            self._fault(written.place, path, f"'kind' is {shown}",
                        f"Expected one of: {', '.join(kinds)}", near)
            return None
        return kinds[written.text]

    def _model(
        self, node: Entries, model: type[BaseModel], path: KeyPath, key: Place
    ) -> dict[str, Any]:
        fields = model.model_fields
        values: dict[str, Any] = {}
        meant: set[str] = set()
        for name, value in node.values.items():
            inner, at = (*path, name), node.keys[name]
            if name in fields:
                values[name] = self._value(value, field_forms(fields[name]), inner, at)
            else:
                absent = [known for known in fields if known not in node.values]
                misplaced = not path and bool(_homes(self.root, name))
                near = "" if misplaced else did_you_mean(name, absent)
                meant.update(known for known in absent if f"'{known}'" in near)
                self._unknown(name, at, inner, near or self._advice(name, path, list(fields)))
        for name, info in fields.items():
            if info.is_required() and name not in node.values and name not in meant:
                self._fault(key, (*path, name), f"{self._label(path)} has no key '{name}'",
                            info.description or "", _example(name, info.examples))
        return values

    def _label(self, path: KeyPath) -> str:
        return label(path) if path else self.whole

    def _unknown(self, name: str, place: Place, path: KeyPath, remedy: str) -> None:
        self._fault(place, path, f"unknown key '{name}'", "", remedy)

    def _advice(self, name: str, path: KeyPath, known: list[str]) -> str:
        """What to do about an unknown key that resembles none of the known."""
        if ":" in name:
            return "Write a space after the colon"
        homes = [home for home in _homes(self.root, name) if home != path]
        if homes:
            return f"It belongs under {' or '.join(self._label(home) for home in homes)}"
        return f"The keys here are: {', '.join(known)}"


def resolved(folder: Path, written: str) -> Path:
    """An absolute path; its folder without links and dots, its name as written."""
    full = folder / Path(written).expanduser()
    return full.parent.resolve() / full.name if full.name not in ("", "..") else full.resolve()


def _homes(model: type[BaseModel], name: str) -> list[KeyPath]:
    """Parts of the run file that have a key of this name."""
    found: list[KeyPath] = [()] if name in model.model_fields else []
    for key, info in model.model_fields.items():
        inner = forms_of(field_annotation(info)).models
        found += [(key,) for part in inner if name in part.model_fields]
    return found


def _number(value: object, forms: Forms) -> int | float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if int in forms.scalars and (isinstance(value, int) or value.is_integer()):
        return int(value)
    return float(value) if float in forms.scalars else None


def _shown(node: Scalar) -> str:
    return f'"{node.text}" in quotes' if node.quoted and node.text else f"'{node.text}'"


def _is_meant_for(node: Entries, model: type[BaseModel]) -> bool:
    """Whether keys are those of a part, where keys of the user's own may stand as well."""
    leading = leading_key(model)
    misspelt = any(isinstance(value, Scalar) and isinstance(value.value, str)
                   and did_you_mean(name, [leading]) for name, value in node.values.items())
    return leading in node.values or misspelt or node.values.keys() <= model.model_fields.keys()


def _scalar_remedy(node: Scalar, forms: Forms) -> str:
    if forms.choices:
        return did_you_mean(node.text, list(forms.choices)) or _long_form(node.text, forms)
    if forms.models and ":" in node.text:
        return "Write a space after the colon"
    if forms.models and "file" in forms.models[0].model_fields:
        return f"Write 'file: {node.text}' below it"
    numeric = int in forms.scalars or float in forms.scalars
    if node.quoted and numeric:
        return "Remove the quotes" if _number(Scalar(node.text, False, node.place).value,
                                              forms) is not None else ""
    if numeric and _number(Scalar(node.text.replace(",", "."), False, node.place).value,
                           forms) is not None:
        return "Write decimals with a point"
    return ""


def _long_form(word: str, forms: Forms) -> str:
    """How a kind that needs options is written, where only its word stands."""
    kinds = {kind: model for model in forms.models if (kind := kind_of(model))}
    near = get_close_matches(word, list(kinds), 1)
    if not near:
        return ""
    options = {name: (info.examples or ["…"])[0]
               for name, info in kinds[near[0]].model_fields.items() if info.is_required()}
    return f"Write {write_yaml({'kind': near[0], **options}, flow=True).strip()}"


def _example(name: str, examples: list[Any] | None) -> str:
    if not examples:
        return f"Add '{name}:'"
    return f"Add a line such as '{write_yaml({name: examples[0]}, flow=True).strip()[1:-1]}'"
