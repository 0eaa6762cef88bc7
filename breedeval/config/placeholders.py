"""``<trait>`` in a plan: one entry with placeholders stands for several runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import product

from breedeval.config.yaml_loader import Entries, Items, Node, Scalar

PLACEHOLDER = re.compile(r"<([^\W\d]\w*)>")
"""Unlike braces, angle brackets need no quotes anywhere in YAML."""

Values = Mapping[str, Scalar]


def combinations(each: Node | None) -> Iterator[Values]:
    """What the placeholders stand for, run by run; once nothing where there are none.

    A mapping of lists gives every combination, the last placeholder changing fastest; a list of
    mappings gives its items.
    """
    if isinstance(each, Items):
        for item in each.items:
            if isinstance(item, Entries):
                yield {name: value for name, value in item.values.items()
                       if isinstance(value, Scalar)}
    elif isinstance(each, Entries):
        choices = [node.items if isinstance(node, Items) else (node,)
                   for node in each.values.values()]
        for chosen in product(*choices):
            yield {name: value for name, value in zip(each.values, chosen, strict=True)
                   if isinstance(value, Scalar)}
    else:
        yield {}


def placeholders_of(text: str) -> list[str]:
    """Names of the placeholders in a text."""
    return PLACEHOLDER.findall(text)


def filled(text: str, values: Values) -> str:
    """The text with what its placeholders stand for; unknown ones stay."""
    return PLACEHOLDER.sub(
        lambda match: values[match[1]].text if match[1] in values else match[0], text)


def filled_node(node: Node, values: Values) -> Node:
    """The same of a whole part; a value that is one placeholder becomes what it stands for.

    So a number remains a number, and text in quotes remains text.
    """
    if isinstance(node, Scalar):
        whole = PLACEHOLDER.fullmatch(node.text)
        quoted = node.quoted or bool(whole and whole[1] in values and values[whole[1]].quoted)
        return Scalar(filled(node.text, values), quoted, node.place)
    if isinstance(node, Items):
        return replace(node, items=tuple(filled_node(item, values) for item in node.items))
    return Entries({filled(key, values): filled_node(value, values)
                    for key, value in node.values.items()},
                   {filled(key, values): place for key, place in node.keys.items()}, node.place)


def scalars(node: Node) -> Iterator[Scalar]:
    """Every text of a part, those of keys included."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Items):
        for item in node.items:
            yield from scalars(item)
    else:
        for key, value in node.values.items():
            yield Scalar(key, False, node.keys[key])
            yield from scalars(value)
