"""The run as understood: defaults filled in, in the shortest form that says everything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from breedeval.config.settings import RunSettings
from breedeval.config.yaml_loader import core_value
from breedeval.model.form import Part
from breedeval.model.spec import Component
from breedeval.model.terms import ClassEffect
from breedeval.relationship.kind import RelationshipKind

ONE_LINE = 80
"""Characters of a mapping that may stand on one line."""

_UNITS = (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("KB", 10**3))


def understood(settings: RunSettings, base: Path) -> str:
    """The run file that gives this run again: the text of ``config.yaml`` in the results folder.

    Parameters
    ----------
    settings : RunSettings
        As loaded: with absolute paths.
    base : Path
        The folder that the text will lie in; paths are written relative to it where they have a
        folder in common with it, and absolute otherwise.
    """
    return write_yaml(plain_settings(settings, base.resolve()))


def plain_settings(settings: RunSettings, base: Path | None) -> dict[str, Any]:
    """The same as plain values; absolute paths when ``base`` is None. Absent things are left out.
    """
    values: dict[str, Any] = _plain(settings, base)
    limit = settings.solve.memory_limit
    if limit is not None:
        values["solve"]["memory_limit"] = _size(limit)
    return values


def plain_values(value: Any) -> Any:
    """A part of the settings, or a single value of them, as plain values."""
    return _plain(value, None)


def write_yaml(values: Any, *, flow: bool = False) -> str:
    """Plain values as YAML that this and any other YAML reader understand alike.

    With ``flow``, on one line.
    """
    dumper = _FlowDumper if flow else _Dumper
    return yaml.dump(values, Dumper=dumper, sort_keys=False, allow_unicode=True, width=10**6,
                     default_flow_style=flow)


def _plain(value: Any, base: Path | None) -> Any:
    if isinstance(value, ClassEffect) and not any(":" in factor for factor in value.factors):
        return value.name
    if isinstance(value, Component) and value.basis is None and value.column is not None:
        return value.column
    if isinstance(value, BaseModel):
        said = {name: getattr(value, name) for name in type(value).model_fields
                if not _goes_unsaid(value, name)}
        return {name: _plain(item, base) for name, item in said.items() if item is not None}
    if isinstance(value, dict):
        return {key: _plain(item, base) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, base) for item in value]
    return written_path(value, base) if isinstance(value, Path) else value


def _goes_unsaid(part: BaseModel, name: str) -> bool:
    """Whether a key has a default that goes without saying, or leads to a part with nothing set.

    Such are an unstructured covariance, and the columns of a standard pedigree.
    """
    value, field = getattr(part, name), type(part).model_fields[name]
    unsaid = part.UNSAID if isinstance(part, (Part, RelationshipKind)) else ()
    if name in unsaid and value == field.get_default():
        return True
    return isinstance(value, BaseModel) and all(
        getattr(value, inner) is None for inner in type(value).model_fields)


def written_path(path: Path, base: Path | None) -> str:
    """A path as a run file in the folder ``base`` names it; as it is when ``base`` is None."""
    if base is None or not path.is_absolute():
        return path.as_posix()
    shared = Path(os.path.commonpath([path, base]))
    return (path if shared == Path(shared.anchor) else Path(os.path.relpath(path, base))).as_posix()


def _size(limit: int) -> int | str:
    return next((f"{limit // size} {unit}" for unit, size in _UNITS if limit % size == 0), limit)


class _FlowDumper(yaml.SafeDumper):
    """Quotes for text that a reader could mistake."""

    def ignore_aliases(self, data: object) -> bool:
        return True


class _Dumper(_FlowDumper):
    """Short lists and mappings on one line, the rest in blocks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: Any = None) -> SequenceNode:
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = all(_is_short(item) for item in node.value)
        return node

    def represent_mapping(self, tag: str, mapping: Any, flow_style: Any = None) -> MappingNode:
        node = super().represent_mapping(tag, mapping, flow_style)
        leaves = [part for pair in node.value for part in pair]
        node.flow_style = all(isinstance(leaf, ScalarNode) for leaf in leaves) and (
            sum(len(leaf.value) + 2 for leaf in leaves) <= ONE_LINE)
        return node


def _is_short(node: yaml.Node) -> bool:
    """Whether a list item can stand within brackets."""
    return isinstance(node, ScalarNode) or (
        isinstance(node, SequenceNode) and all(isinstance(n, ScalarNode) for n in node.value))


def _text(dumper: yaml.SafeDumper, text: str) -> ScalarNode:
    style = None if isinstance(core_value(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_FlowDumper.add_representer(str, _text)
_Dumper.add_representer(str, _text)
