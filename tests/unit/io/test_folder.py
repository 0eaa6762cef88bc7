"""A folder appears whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from breedeval.io.folder import whole_folder

FILLING = """
import sys, time
from pathlib import Path
from breedeval.io.folder import whole_folder
with whole_folder(Path(sys.argv[1])) as folder:
    (folder / "half.csv").write_text("1")
    print("half", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).resolve().parents[3]


def fill(directory: Path, text: str) -> None:
    with whole_folder(directory) as folder:
        assert not directory.exists() or (directory / "a.txt").exists()
        (folder / "a.txt").write_text(text)


def test_a_new_folder_and_one_replaced(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "results"
    fill(directory, "one")
    (directory / "old.txt").touch()
    fill(directory, "two")
    assert [path.name for path in directory.iterdir()] == ["a.txt"]
    assert (directory / "a.txt").read_text() == "two"
    assert [path.name for path in directory.parent.iterdir()] == ["results"]


def _fail(directory: Path) -> None:
    with whole_folder(directory) as folder:
        (folder / "a.txt").write_text("two")
        raise ValueError("half-way")


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    directory = tmp_path / "results"
    fill(directory, "one")
    with pytest.raises(ValueError, match="half-way"):
        _fail(directory)
    assert (directory / "a.txt").read_text() == "one"
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_killed_process_leaves_no_folder_and_the_next_clears_up(tmp_path: Path) -> None:
    directory = tmp_path / "results [2026]"
    with subprocess.Popen([sys.executable, "-c", FILLING, str(directory)], text=True,
                          stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert not directory.exists()
    left = [path.name for path in tmp_path.iterdir()]
    assert left == [f".results [2026].partial-{process.pid}"]
    fill(directory, "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["results [2026]"]


def test_a_killed_process_with_our_number_is_no_hindrance(tmp_path: Path) -> None:
    """In containers, processes have the same number every time."""
    (tmp_path / f".results.partial-{os.getpid()}").mkdir()
    fill(tmp_path / "results", "whole")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_a_folder_set_aside_by_a_killed_process_is_put_back(tmp_path: Path) -> None:
    """Killed between the two renames: the earlier results have the name of old ones."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old = tmp_path / f".results.old-{gone.pid}"
    old.mkdir()
    (old / "a.txt").write_text("earlier")
    with pytest.raises(ValueError, match="half-way"):
        _fail(tmp_path / "results")
    assert (tmp_path / "results" / "a.txt").read_text() == "earlier"


def test_the_half_folder_of_a_running_process_is_let_be(tmp_path: Path) -> None:
    other = tmp_path / f".results.partial-{os.getppid()}"
    other.mkdir()
    fill(tmp_path / "results", "whole")
    assert other.exists()
