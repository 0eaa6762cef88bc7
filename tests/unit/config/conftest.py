"""A folder with the files that the run files of these tests name."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the test: records, a pedigree, and another folder."""
    (tmp_path / "records.csv").write_text("calf,weight\n1,2\n")
    (tmp_path / "pedigree.csv").write_text("id,sire,dam\n")
    (tmp_path / "kin").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path
