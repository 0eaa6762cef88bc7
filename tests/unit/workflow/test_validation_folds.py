"""Folds side by side: the same results as one after the other, and within the memory."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import breedeval
from breedeval.errors import LimitError
from breedeval.evaluation.planning import SolveOptions, resident_memory
from breedeval.workflow import validation_folds
from breedeval.workflow.validation_folds import processes
from tests.unit.workflow.test_validation import population


def validated(threads: int) -> Any:
    records, k, _ = population()
    return breedeval.evaluate(
        records, matrices={"k": k}, variances="reml", solve={"threads": threads},
        model={"traits": ["gain"], "fixed": ["sex"], "random": [
            {"name": "animal", "column": "id", "relationship": "k"}]},
        validation={"folds": 4, "repeats": 2, "bootstrap": 10, "models": {
            "related": [{"name": "animal", "column": "id", "relationship": "k"}],
            "twice": {"random": [{"name": "animal", "column": "id", "relationship": "k"}],
                      "variances": {"animal": 2.0, "residual": 1.0}}}})


def test_the_same_in_one_process_and_in_three() -> None:
    alone, beside = validated(1), validated(3)
    pd.testing.assert_frame_equal(beside.validation, alone.validation, check_exact=True)
    pd.testing.assert_frame_equal(
        beside.validation_predictions, alone.validation_predictions, check_exact=True)
    assert beside.summary["validation"] == alone.summary["validation"]


def task(threads: int, folds: int, memory: int | None, method: str = "auto") -> Any:
    options = SolveOptions(method=method, threads=threads, memory_limit=memory)  # type: ignore[arg-type]
    return SimpleNamespace(options=options, division=SimpleNamespace(folds=(None,) * folds))


def test_how_many_at_a_time() -> None:
    most = resident_memory()
    assert processes(task(4, 10, 100 * most)) == 4
    assert processes(task(4, 3, 100 * most)) == 3
    assert processes(task(4, 10, int(2.5 * most))) == 2
    assert processes(task(4, 10, most // 2)) == 1
    assert processes(task(1, 10, None)) == 1
    assert processes(task(4, 10, None, "cholmod")) == 1


def test_a_process_that_is_stopped_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_folds, "_try", lambda *_: os._exit(9))
    with pytest.raises(LimitError, match="a process that evaluated a fold was stopped"):
        validated(2)
