"""YAML 1.2 scalars and their places."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breedeval.config.canonical import write_yaml
from breedeval.config.yaml_loader import Entries, Items, Place, Scalar, parse_tree, plain

START = Place("run.yaml", 1, 1)


@pytest.mark.parametrize(("text", "value"), [
    ("no", "no"), ("NO", "NO"), ("yes", "yes"), ("on", "on"), ("y", "y"),
    ("true", True), ("False", False), ("TRUE", True), ("tRue", "tRue"),
    ("null", None), ("~", None), ("", None), ("Null", None), ("none", "none"),
    ("0", 0), ("-3", -3), ("+7", 7), ("0123", "0123"), ("00", "00"), ("1_000", "1_000"),
    ("0x1F", "0x1F"), ("0o17", "0o17"), ("0b1", "0b1"),
    ("1e-8", 1e-8), ("1e-10", 1e-10), ("1E5", 1e5), (".5", 0.5), ("5.", 5.0), ("-0.25", -0.25),
    ("01.5", "01.5"), ("1.2.3", "1.2.3"), ("e5", "e5"), (".", "."), ("-", "-"),
    (".inf", math.inf), ("-.Inf", -math.inf), ("inf", "inf"), ("nan", "nan"),
    ("12:30", "12:30"), ("12:30:45", "12:30:45"), ("2026-11-21", "2026-11-21"), ("=", "="),
    ("'1'", "1"), ('"true"', "true"), ("''", ""), ("NA", "NA"),
])
def test_scalar(text: str, value: object) -> None:
    if text == "-":
        text, value = "[-1, 'x']", [-1, "x"]  # a lone dash begins a list item
    found = plain(parse_tree(f"key: {text}\n", START))
    assert found == {"key": value}
    assert type(found["key"]) is type(value)  # type: ignore[index]


def test_not_a_number_is_read() -> None:
    found = plain(parse_tree("key: .nan", START))
    assert math.isnan(found["key"])  # type: ignore[index]


def test_every_key_and_value_has_a_place() -> None:
    tree = parse_tree("a: 1\nb:\n  - x\n  - {c: 'y'}\n", START)
    assert isinstance(tree, Entries)
    assert str(tree.keys["b"]) == "run.yaml:2:1"
    items = tree.values["b"]
    assert isinstance(items, Items)
    assert [str(item.place) for item in items.items] == ["run.yaml:3:5", "run.yaml:4:5"]
    inner = items.items[1]
    assert isinstance(inner, Entries)
    assert inner.values["c"] == Scalar("y", True, Place("run.yaml", 4, 9))


def test_text_outside_a_file_has_one_place() -> None:
    tree = parse_tree("[1, x]", Place("--set a.b"))
    assert isinstance(tree, Items)
    assert {str(item.place) for item in tree.items} == {"--set a.b"}


def test_byte_order_mark_and_windows_lines_are_nothing_special() -> None:
    assert plain(parse_tree("a: 1\r\nb: x\r\n", START)) == {"a": 1, "b": "x"}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)))
def test_written_text_is_read_as_the_same_text(labels: list[str]) -> None:
    for flow in (False, True):
        assert plain(parse_tree(write_yaml({"x": labels}, flow=flow), START)) == {"x": labels}


@given(st.floats(allow_nan=False), st.integers(-10**12, 10**12), st.booleans())
def test_written_values_are_read_as_the_same_values(real: float, whole: int, yes: bool) -> None:
    values = {"real": real, "whole": whole, "yes": yes, "nothing": None}
    assert plain(parse_tree(write_yaml(values), START)) == values
