"""Levels: text labels and their codes."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from breedeval import levels as module
from breedeval.levels import Levels, classify, natural_order, null_where, text_array


def test_codes_and_labels() -> None:
    levels = Levels.of(["b", "a", "0123"])
    assert levels.codes(["a", "x", "0123", "123", "b"]).tolist() == [1, -1, 2, -1, 0]
    assert levels.codes(pa.array(["a", None])).tolist() == [1, -1]
    assert levels.codes(["a"]).dtype == np.int32
    assert levels.take(np.array([2, -1, 0], np.int32)).to_pylist() == ["0123", None, "b"]
    assert (len(levels), levels[2], levels.to_list()) == (3, "0123", ["b", "a", "0123"])
    assert levels.to_series().tolist() == ["b", "a", "0123"]


def test_no_levels() -> None:
    levels = Levels.of([])
    assert len(levels) == 0
    assert levels.codes(["a"]).tolist() == [-1]
    assert classify(pa.array([None, None], pa.string()))[1].tolist() == [-1, -1]


def test_classify_is_natural() -> None:
    levels, codes = classify(pa.array(["10", "9", None, "1e5", "10", "NO", "9a"]))
    assert levels.to_list() == ["1e5", "9", "9a", "10", "NO"]
    assert codes.tolist() == [3, 1, -1, 0, 3, 4, 2]


def test_classify_several_chunks() -> None:
    levels, codes = classify(pa.chunked_array([["b", "a"], ["c", None, "a"]]))
    assert levels.to_list() == ["a", "b", "c"]
    assert codes.tolist() == [1, 0, 2, -1, 0]


@pytest.mark.parametrize("labels", [
    ["herd9", "herd10", "herd1", "Herd2", "7", "07", "x7", "x"], ["2", "10", "1"], ["b", "a"], []])
def test_natural_order(labels: list[str]) -> None:
    found = [labels[k] for k in natural_order(labels)]
    assert found == {8: ["7", "07", "Herd2", "herd1", "herd9", "herd10", "x", "x7"],
                     3: ["1", "2", "10"], 2: ["a", "b"], 0: []}[len(labels)]


@given(st.lists(st.from_regex(r"[a-cÄ-]{0,2}[0-9]{1,4}", fullmatch=True), max_size=30))
def test_many_labels_are_ordered_like_few(labels: list[str]) -> None:
    few = natural_order(labels)
    before = module._FEW
    module._FEW = -1
    try:
        assert natural_order(labels) == few
    finally:
        module._FEW = before


def test_natural_order_of_many() -> None:
    numbers = list(range(5000))
    random.Random(1).shuffle(numbers)
    assert [numbers[k] for k in natural_order([f"herd{n}" for n in numbers])] == list(range(5000))


def test_numbers_as_text() -> None:
    assert text_array(pa.array([1, None, 30])).to_pylist() == ["1", None, "30"]
    assert text_array(pa.array([1.0, None, 123456789012.0, float("nan")])).to_pylist() == [
        "1", None, "123456789012", None]
    assert text_array(pa.array([1.5, 2.0])).to_pylist() == ["1.5", "2"]
    assert text_array(pa.array([], pa.float64())).to_pylist() == []
    assert text_array(pa.chunked_array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize("start", [0, 1])
def test_null_where(start: int) -> None:
    cells = pa.array(["x", "a", None, "b", "c"], pa.large_string())[start:]
    absent = pa.array([False, True, None, None, True])[start:]
    assert null_where(cells, absent).to_pylist() == ["x", None, None, "b", None][start:]
    assert null_where(cells, pa.array([None] * len(cells), pa.bool_())) is cells
    taken = null_where(cells, absent).take(pa.array([2, 0]))
    assert taken.to_pylist() == (["b", None] if start else [None, "x"])
