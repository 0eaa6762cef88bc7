"""``--set key.path=value``: one value of a run file replaced, from the command line or a plan."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from breedeval.config.canonical import write_yaml
from breedeval.config.yaml_loader import (
    Entries,
    Items,
    Node,
    Place,
    Scalar,
    parse_tree,
    plain,
)
from breedeval.errors import InputError, Problem
from breedeval.model.form import did_you_mean

_STEP = re.compile(r'"(?P<quoted>[^"]*)"|\[(?P<item>[^\]]+)\]|(?P<key>[^.\[\]"=]+)')

SHORT_FOR = {"variances": "method", "covariance": "kind"}
"""Keys whose value may be one word, and the key that the word is short for."""


@dataclass(frozen=True)
class Override:
    """One replacement.

    Parameters
    ----------
    written : str
        As the user wrote it, ``key.path=value``.
    steps : tuple of str
        Keys, and positions (from 0) or names of list items.
    value : Node
        What to put there.
    option : str
        Of the command line, that it was given by.
    at : Place or None
        Where it stands in a file; None for one of the command line.
    """

    written: str
    steps: tuple[str, ...]
    value: Node
    option: str = "--set"
    at: Place | None = None

    def __str__(self) -> str:
        return self.written

    @property
    def place(self) -> Place:
        """Where it stands, for messages."""
        return self.at or Place(f"{self.option} {self.written.partition('=')[0]}")


def parse_override(written: str, option: str = "--set") -> Override:
    """Read ``key.path=value``; the value is YAML.

    Steps are joined by dots: ``solve.threads=4``, ``variances.animal=0.3``. An item of a list is
    its position from 0 or its name: ``model.fixed[1]=year``, ``model.random[animal].column=id`` or
    ``model.random[name=animal].column=id``. A key that contains a dot stands in double quotes.

    Raises
    ------
    InputError
        The text is not of this form, or the value is not YAML.
    """
    steps, at = _steps(written)
    if not steps or written[at:at + 1] != "=" or written[at - 1] == ".":
        raise InputError(Problem(f"{option} {written}", "this is not an override",
                                 "Expected key.path=value, such as solve.threads=4"))
    place = Place(f"{option} {written[:at]}")
    return Override(written, steps, parse_tree(written[at + 1:], place), option)


def placed_override(key: str, value: Node, place: Place) -> Override:
    """An override that a file writes as a key path and a value.

    Raises
    ------
    InputError
        The key is no such path.
    """
    steps, at = _steps(key)
    if not steps or at != len(key) or key.endswith("."):
        raise InputError(Problem(str(place), f"'{key}' is not the path of a key",
                                 "Expected key.path, such as solve.threads"))
    written = f"{key}={write_yaml(plain(value), flow=True).strip().removesuffix('...').strip()}"
    return Override(written, steps, value, at=place)


def _steps(written: str) -> tuple[tuple[str, ...], int]:
    """Steps of a key path, and where it ends."""
    steps: list[str] = []
    at = 0
    while match := _STEP.match(written, at):
        item = match["item"]
        steps.append(item.removeprefix("name=") if item else match["quoted"] or match["key"])
        at = match.end() + (written[match.end():match.end() + 1] == ".")
    return tuple(steps), at


def apply(tree: Entries, override: Override) -> Entries:
    """The tree with one value replaced; keys that are missing are added (and checked later).

    Raises
    ------
    InputError
        The path goes through a value that has no keys, or names no item of a list.
    """
    changed = _put(tree, override.steps, override)
    assert isinstance(changed, Entries)  # the root keeps its kind: there is a first step
    return changed


def _put(
    node: Node | None, steps: tuple[str, ...], override: Override, key: str = ""
) -> Node:
    """The node, which stands at ``key``, with the value put where the steps lead."""
    if not steps:
        return override.value
    if isinstance(node, Items):
        at = _position(node, steps[0], override)
        items = list(node.items)
        items[at] = _put(items[at], steps[1:], override)
        return replace(node, items=tuple(items))
    place = override.place
    if node is None or (isinstance(node, Scalar) and node.value is None):
        node = Entries({}, {}, place)
    if isinstance(node, Scalar) and key in SHORT_FOR:
        node = Entries({SHORT_FOR[key]: node}, {SHORT_FOR[key]: node.place}, node.place)
    if isinstance(node, Scalar):
        raise InputError(Problem(str(place), f"there is no key '{steps[0]}' here: the run file has "
                                 f"the value '{node.text}' in this place"))
    inner = _put(node.values.get(steps[0]), steps[1:], override, steps[0])
    keys = {**node.keys, steps[0]: node.keys.get(steps[0], place)}
    if len(steps) == 1:
        keys[steps[0]] = place
    return Entries({**node.values, steps[0]: inner}, keys, node.place)


def _position(node: Items, step: str, override: Override) -> int:
    names = [_name(item) for item in node.items]
    if step in names:
        return names.index(step)
    if step.isdecimal() and int(step) < len(names):
        return int(step)
    known = [name for name in names if name]
    positions = f"a position from 0 to {len(names) - 1}" if names else "nothing: the list is empty"
    raise InputError(Problem(str(override.place), f"the list has no item '{step}'",
                             f"Expected {positions}" + (f", or a name ({', '.join(known)})"
                                                        if known else ""),
                             did_you_mean(step, known)))


def _name(item: Node) -> str:
    name = item.values.get("name") if isinstance(item, Entries) else None
    return name.text if isinstance(name, Scalar) else ""
