"""The Python shown in the documentation runs as it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


def test_the_python_of_the_page_on_genotypes_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/howto/genotypes.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(block, names)
    found = names["evaluation"].genotype_quality
    assert found["name"].tolist() == ["snp7", "snp8"]  # 0.071 and 0.964 in the book


def test_the_python_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All blocks, one after the other, from the root of the repository."""
    page = (ROOT / "docs/howto/python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    assert len(blocks) == 5
    assert names["evaluation"].summary["status"] == "done"
    assert names["evaluation"].variances["status"].eq("estimated").all()
    assert names["fitted"].genetic_parameters["se"].notna().all()
    assert names["best"]["individual"].iloc[0] == "8"  # the book's highest, 0.183
