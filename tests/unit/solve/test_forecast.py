"""Forecasts: exact in size, in proportion in time and memory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from breedeval.solve import direct_solver, forecast
from breedeval.solve.forecast import product_rate, work
from breedeval.solve.symbolic import build_structure, count_columns
from tests.oracles.animal_system import animal_system


def test_sizes_are_exact_and_the_analysis_is_kept() -> None:
    lower = animal_system(2000)
    solver = direct_solver(threads=1)
    told = forecast(lower, solver=solver, threads=1)
    analysis = solver.analyse(lower)
    factor = solver.factorise(lower)
    assert factor.analysis is analysis  # type: ignore[attr-defined]
    assert told.equations == lower.shape[0]
    assert told.nonzeros == lower.nnz
    assert told.factor_nonzeros == factor.nnz
    assert told.flops == analysis.flops
    assert told.memory_bytes > 16 * factor.nnz
    assert 0.0 < told.factorise_seconds < told.total_seconds
    assert 0.0 < told.inverse_seconds < told.total_seconds


def test_the_work_of_a_dense_factor_is_a_third_of_the_cube() -> None:
    n = 1500
    dense = sparse.csc_array(np.tril(np.ones((n, n))))
    factor, inverse = work(build_structure(count_columns(dense, np.arange(n))))
    assert n**3 / 3 < factor < 2 * n**3
    assert 0.5 * factor < inverse < 4 * factor


def test_more_fill_is_more_work_and_memory() -> None:
    few, many = forecast(animal_system(500)), forecast(animal_system(4000))
    assert many.flops > few.flops
    assert many.memory_bytes > few.memory_bytes
    assert many.factorise_seconds > few.factorise_seconds


def test_the_machine_is_measured_once() -> None:
    assert product_rate(1) == product_rate(1)
    assert product_rate(1) > 0


@pytest.mark.parametrize("n", [1, 2])
def test_the_smallest_systems(n: int) -> None:
    told = forecast(sparse.csc_array(np.eye(n)))
    assert (told.equations, told.factor_nonzeros) == (n, n)
