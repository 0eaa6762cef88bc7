"""Runs at the same time share the machine; what they find does not depend on it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest
import yaml

from breedeval.config.load import load
from breedeval.workflow import share as sharing
from breedeval.workflow.run import run_file, solve_options
from breedeval.workflow.share import Share, share_of
from tests.reference.running import CONFIGS

FILE = CONFIGS / "mrode_8_1_maternal.yaml"


def test_cores_and_free_memory_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(sharing, "free_memory", lambda: 10_000)
    assert share_of(1) == Share(8, None)
    assert share_of(3) == Share(2, 3_000)
    assert share_of(20).cores == 1


def test_a_share_counts_only_where_the_run_file_sets_no_limit() -> None:
    settings = load(FILE).settings
    options = solve_options(settings, Share(2, 1_000))
    assert (options.threads, options.memory_limit) == (2, 1_000)
    settings = load(FILE, ["solve.threads=3", "solve.memory_limit=2 MB"]).settings
    options = solve_options(settings, Share(2, 1_000))
    assert (options.threads, options.memory_limit) == (3, 2_000_000)


def test_a_share_is_no_override_and_does_not_change_the_result(tmp_path: Path) -> None:
    tables = []
    for cores in (1, 2):
        target = tmp_path / str(cores)
        outcome = run_file(FILE, overrides=[f"output.directory={target}"], share=Share(cores))
        assert outcome.exit_code == 0, outcome.message
        origin = json.loads((target / "provenance.json").read_text())
        assert origin["threads"] == cores
        assert origin["overrides"] == [f"output.directory={target}"]
        assert yaml.safe_load((target / "config.yaml").read_text())["solve"]["threads"] == 0
        tables.append(pd.read_csv(target / "breeding_values.csv"))
    pd.testing.assert_frame_equal(*tables, check_exact=True)
