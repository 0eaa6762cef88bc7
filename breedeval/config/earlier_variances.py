"""Variances that a run takes from another, as overrides of its run file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from breedeval.config.bind import Binder
from breedeval.config.canonical import write_yaml
from breedeval.config.overrides import Override
from breedeval.config.settings import RunSettings
from breedeval.config.yaml_loader import Entries, Items, Node, Place, Scalar, parse_tree
from breedeval.model.consistency import LOG_LINEAR
from breedeval.model.spec import Model


def stand_in(tree: Entries, place: Place) -> Iterator[Override]:
    """Variances of the right shape while those of the other run are not known.

    None where the model itself is wrong, which is then what there is to say.
    """
    model = _model_of(tree)
    if model is None:
        return
    values: dict[str, Any] = {}
    for name in (*(effect.name for effect in model.random), "residual"):
        size = len(model.cells_of(name) or "1")
        values[name] = [[float(i == j) for j in range(size)] for i in range(size)]
    if model.residual.log_linear:
        values[LOG_LINEAR] = dict.fromkeys(model.residual.log_linear, 0.0)
    yield given(values, ("variances",), place)


def given(values: Mapping[str, Any], steps: tuple[str, ...], place: Place) -> Override:
    """Plain values put into a run file, as if they stood at a place of the plan."""
    text = write_yaml(values, flow=True).strip()
    return Override(f"{'.'.join(steps)}={text}", steps, _at(parse_tree(text, Place("")), place),
                    at=place)


def _at(node: Node, place: Place) -> Node:
    """The same tree with everything at one place."""
    if isinstance(node, Scalar):
        return Scalar(node.text, node.quoted, place)
    if isinstance(node, Items):
        return Items(tuple(_at(item, place) for item in node.items), place)
    return Entries({key: _at(value, place) for key, value in node.values.items()},
                   dict.fromkeys(node.values, place), place)


def _model_of(tree: Entries) -> Model | None:
    values = Binder(RunSettings, Path.cwd()).read(tree)
    try:
        return Model.model_validate(values.get("model"))
    except ValidationError:
        return None
