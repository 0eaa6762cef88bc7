"""A batch from the command line to its folder: what runs, fails, is stopped and goes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from breedeval.workflow.batch import Wishes, preview
from tests.reference.running import PEDIGREES, ROOT

PLAN = """\
output: out
jobs: 2
runs:
  variances: {run: reml.yaml}
  values: {run: reml.yaml, set: {solve.method: pcg}, variances_from: variances, \
start_from: previous}
  other: {run: other.yaml}
"""
REML = """\
records: {file: records.csv}
pedigree: {file: pedigree.csv}
model:
  traits: [bwt]
  fixed: [sex]
  random:
    - {name: animal, column: animal, relationship: pedigree}
    - {name: mother, column: mother}
variances: reml
"""
OTHER = REML.replace("records.csv", "others.csv").replace(
    "variances: reml", "variances: {animal: 2, mother: 1, residual: 3}")


class Folder:
    """A plan with its inputs, and what the program says of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("records.csv", "pedigree.csv"):
            shutil.copy(PEDIGREES / "gryphon" / name, path)
        shutil.copy(path / "records.csv", path / "others.csv")
        (path / "reml.yaml").write_text(REML)
        (path / "other.yaml").write_text(OTHER)
        self.plan(PLAN)

    def plan(self, text: str) -> None:
        (self.path / "plan.yaml").write_text(text)

    def command(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "breedeval", "batch", "plan.yaml", *words], cwd=self.path,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)

    def preview(self, *, force: bool = False) -> list[str]:
        """What --dry-run says."""
        return preview(self.path / "plan.yaml", Wishes(force)).splitlines()

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a whole call."""
        process = self.command("--quiet", *words)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    @property
    def summary(self) -> dict[str, Any]:
        found = json.loads((self.path / "out" / "summary.json").read_text())
        assert isinstance(found, dict)
        return found

    @property
    def runs(self) -> dict[str, dict[str, Any]]:
        return {run["name"]: run for run in self.summary["runs"]}

    @property
    def states(self) -> dict[str, str]:
        return {name: run["state"] for name, run in self.runs.items()}

    def table(self, run: str, name: str) -> pd.DataFrame:
        return pd.read_csv(self.path / "out" / run / f"{name}.csv")

    def shorten(self, name: str) -> None:
        """Take the last record away."""
        lines = (self.path / name).read_text().splitlines()
        (self.path / name).write_text("\n".join(lines[:-1]) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_runs_what_changed_and_what_depends_on_it(folder: Folder) -> None:
    code, out, err = folder("--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "variances  runs: it has no results yet",
        "values     runs: after 'variances', whose variances it takes",
        "other      runs: it has no results yet"]
    assert not (folder.path / "out").exists()

    code, out, err = folder()
    assert (code, err) == (0, "3 of 3 runs done or up to date\n")
    assert out == f"{folder.path / 'out' / 'summary.html'}\n"
    assert set(folder.states.values()) == {"done"}
    one, other = folder.table("variances", "variances"), folder.table("values", "variances")
    assert one["estimate"].tolist() == other["estimate"].tolist()
    assert set(other["status"]) == {"given"}
    assert folder.runs["values"]["figures"]["engine"] == "conjugate gradients"
    assert sorted(path.name for path in (folder.path / "out").iterdir()) == [
        ".lock", "other", "summary.html", "summary.json", "values", "variances"]

    assert folder.preview() == [
        "variances  up to date", "values     up to date", "other      up to date"]
    before = {path: path.stat().st_mtime_ns for path in (folder.path / "out").glob("*/*.csv")}
    assert folder()[0] == 0
    assert set(folder.states.values()) == {"up to date"}
    assert before == {path: path.stat().st_mtime_ns for path in before}

    folder.shorten("records.csv")
    assert folder.preview() == [
        "variances  runs: the records changed", "values     runs: the records changed",
        "other      up to date"]
    assert folder()[0] == 0
    assert folder.states == {"variances": "done", "values": "done", "other": "up to date"}
    runs = folder.runs
    (agreed,) = runs["values"]["changes"]["agreement"]
    assert 0.99 < agreed["correlation"] < 1
    assert agreed["common"] == 1309
    assert runs["values"]["changes"]["reasons"][0].startswith("The input 'records' changed")
    assert runs["values"]["figures"]["start"]["matched"] > 1300
    assert runs["other"]["changes"] is None
    page = (folder.path / "out" / "summary.html").read_text()
    assert 'href="values/report.html"' in page
    assert not re.search(r"""(src|href)=["']?(https?:|//)""", page)


def test_a_plan_that_changes_reruns_what_it_concerns(folder: Folder) -> None:
    folder.plan("output: out\njobs: 2\nruns:\n  values: {run: other.yaml, set: {"
                "variances.residual: 3}}\n  other: {run: other.yaml, set: {solve.method: lu}}\n")
    assert folder()[0] == 0
    folder.plan((folder.path / "plan.yaml").read_text().replace("residual: 3", "residual: 4")
                .replace("jobs: 2", "jobs: 1"))
    assert folder.preview() == [
        "values  runs: variances.residual: 3.0 → 4.0", "other   up to date"]
    (folder.path / "out" / "other" / "solutions.csv").unlink()
    assert folder.preview()[1] == (
        "other   runs: its results are not whole: solutions is missing")
    assert folder.preview(force=True) == [
        "values  runs: --force", "other   runs: --force"]


def test_a_run_that_moved_more_than_it_may_is_told_once(folder: Folder) -> None:
    folder.plan("output: out\nlimits: {min_correlation: 0.9999}\nruns:\n"
                "  values: {run: other.yaml}\n")
    assert folder()[0] == 0
    folder.plan((folder.path / "plan.yaml").read_text().replace(
        "other.yaml", "other.yaml, set: {variances.animal: 0.5}"))
    code, _, err = folder()
    assert code == 4
    assert folder.states == {"values": "limits not kept"}
    assert re.search(r"animal · bwt: correlation 0\.\d+, min_correlation is 0\.9999\n", err)
    assert folder()[0] == 0
    assert folder.states == {"values": "up to date"}


def test_a_run_that_fails_stops_only_those_that_need_it(folder: Folder) -> None:
    rows = (folder.path / "records.csv").read_text().splitlines()
    rows[3] = rows[3].replace(rows[3].split(",")[4], "heavy")
    (folder.path / "records.csv").write_text("\n".join(rows) + "\n")
    code, _, err = folder()
    assert code == 1
    assert folder.states == {"variances": "failed", "values": "skipped", "other": "done"}
    assert "records.csv:4" in folder.runs["variances"]["message"]
    assert "variances: failed\n" in err
    assert ("values: skipped\nbecause 'variances', which it needs, ended as 'failed'\n"
            "1 of 3 runs done or up to date\n") in err
    assert folder.summary["exit_code"] == 1


def test_variances_that_did_not_converge_are_not_used(folder: Folder) -> None:
    folder.plan(PLAN.replace("variances: {run: reml.yaml}",
                             "variances: {run: reml.yaml, set: {variances.max_rounds: 1}}"))
    code, _, _ = folder()
    assert code == 3
    assert folder.states == {"variances": "not converged", "values": "skipped", "other": "done"}
    assert folder.runs["values"]["message"] == (
        "because the variances of 'variances' are not converged")
    assert folder.preview()[0] == "variances  runs: it did not converge"


def test_a_run_beyond_the_limit_is_refused(folder: Folder) -> None:
    folder.plan(PLAN.replace("jobs: 2", "jobs: 2\nmemory_limit: 10 MB"))
    code, _, err = folder()
    assert code == 4
    assert folder.states == {"variances": "refused", "values": "skipped", "other": "refused"}
    assert "the limit is 10 MB" in err


def test_a_wrong_plan_runs_nothing(folder: Folder) -> None:
    folder.plan(PLAN.replace("other.yaml", "othr.yaml").replace("jobs", "job"))
    code, out, err = folder()
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 2
    assert not (folder.path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(folder: Folder) -> None:
    (folder.path / "out").mkdir()
    (folder.path / "out" / "summary.json").write_text("{}")
    code, _, err = folder()
    assert code == 1
    assert "holds a summary.json of something else" in err


def wait_for(happened: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def running(folder: Path) -> list[int]:
    """Processes whose working directory is the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").readlink() == folder:
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.mark.parametrize(("blow", "code", "state"), [
    (signal.SIGKILL, -9, "running"), (signal.SIGTERM, 130, "stopped")])
def test_a_batch_that_was_stopped_goes_on(
    blow: signal.Signals, code: int, state: str, folder: Folder
) -> None:
    """The first run is kept with what it changed; its workers end with it; nothing is half."""
    folder.plan(PLAN.replace("jobs: 2", "jobs: 1"))
    assert folder()[0] == 0
    folder.shorten("records.csv")
    folder.shorten("others.csv")
    process = folder.command()
    first = folder.path / "out" / "variances" / "provenance.json"
    before = first.stat().st_ino
    wait_for(lambda: folder.summary["state"] == "running"
             and folder.states["variances"] == "done")
    process.send_signal(blow)
    process.communicate(timeout=60)
    assert process.returncode == code
    assert first.stat().st_ino != before
    wait_for(lambda: running(folder.path) == [], 30)
    assert folder.summary["state"] == state
    done = [name for name, run in folder.states.items() if run == "done"]
    assert done[0] == "variances"
    assert len(done) < 3
    made = first.stat().st_mtime_ns
    assert folder()[0] == 0
    assert first.stat().st_mtime_ns == made
    assert set(folder.states.values()) == {"done"}
    assert all(run["changes"]["agreement"] for run in folder.runs.values())
    assert not list((folder.path / "out").glob(".inputs-*"))
    assert not list((folder.path / "out").glob(".*partial*"))


def test_two_batches_do_not_share_a_folder(folder: Folder) -> None:
    process = folder.command()
    wait_for(lambda: (folder.path / "out" / "summary.json").exists())
    code, _, err = folder()
    assert code == 4
    assert "another batch is running in this folder" in err
    process.communicate(timeout=300)
    assert process.returncode == 0
