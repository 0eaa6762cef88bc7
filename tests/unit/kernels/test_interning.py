"""Names to codes, compiled and not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from breedeval.kernels.interning import intern_names

KERNELS = {"compiled": intern_names, "python": getattr(intern_names, "py_func", intern_names)}


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
@pytest.mark.parametrize("expected", [0, 40, 500])
def test_codes_are_in_order_of_first_appearance(kernel: Callable, expected: int) -> None:
    rng = np.random.default_rng(expected)
    names = [None if k == 0 else ("é" * (k % 3) + str(k)).encode()
             for k in rng.integers(0, 150, 700).tolist()]
    edges = np.cumsum([0, *(len(name or b"??") for name in names)], dtype=np.int64)
    data = np.frombuffer(b"".join(name or b"??" for name in names), np.uint8)
    valid = np.array([name is not None for name in names])
    with np.errstate(over="ignore"):
        codes, first = kernel(data, edges, valid, expected)
    distinct = list(dict.fromkeys(name for name in names if name is not None))
    assert [names[k] for k in first] == distinct
    assert codes.tolist() == [-1 if name is None else distinct.index(name) for name in names]


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_nothing_and_empty_names(kernel: Callable) -> None:
    nothing = np.empty(0, np.uint8)
    codes, first = kernel(nothing, np.zeros(1, np.int64), np.empty(0, np.bool_), 0)
    assert (codes.size, first.size) == (0, 0)
    with np.errstate(over="ignore"):
        codes, first = kernel(nothing, np.zeros(4, np.int64), np.array([True, False, True]), 3)
    assert (codes.tolist(), first.tolist()) == ([0, -1, 0], [0])
