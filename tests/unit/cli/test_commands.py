"""What the commands print, write, and exit with."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

import breedeval.cli
from tests.reference.running import CONFIGS, PEDIGREES, ROOT


class Shell:
    """Runs commands in this process, from a folder of its own."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self._patch, self._capture = folder, monkeypatch, capsys
        monkeypatch.chdir(folder)
        self.out = self.err = ""

    def __call__(self, *words: str | Path) -> int:
        self._patch.setattr(sys, "argv", ["breedeval", *map(str, words)])
        self._capture.readouterr()
        with pytest.raises(SystemExit) as left:
            breedeval.cli.main()
        self.out, self.err = self._capture.readouterr()
        return int(left.value.code or 0)

    def config(self, name: str) -> Path:
        """A copy of a run file beside the pedigrees it reads."""
        (self.folder / "configs").mkdir(exist_ok=True)
        link = self.folder / "pedigrees"
        if not link.exists():
            link.symlink_to(PEDIGREES)
        return Path(shutil.copy(CONFIGS / f"{name}.yaml", self.folder / "configs"))


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def summary(folder: Path) -> dict[str, object]:
    found = json.loads((folder / "summary.json").read_text())
    assert isinstance(found, dict)
    return found


def test_run_prints_the_folder_and_nothing_else(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path) == 0
    folder = Path(shell.out.strip())
    assert shell.out.count("\n") == 1
    assert folder.resolve() == (shell.folder / "results/mrode_4_1_animal_model").resolve()
    assert "Reading records from records.csv" in shell.err
    assert shell("run", path, "--force", "--quiet") == 0
    assert shell.err == ""


def test_overrides_are_recorded_and_the_run_as_understood_gives_the_same(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    words = ["--set", "variances.animal=30", "--set", "output.directory=out"]
    assert shell("run", path, *words, "--quiet") == 0
    folder = shell.folder / "out"
    origin = json.loads((folder / "provenance.json").read_text())
    assert origin["overrides"] == ["variances.animal=30", "output.directory=out"]
    assert origin["command"][1:3] == ["run", str(path)]
    assert {entry["role"] for entry in origin["inputs"]} == {"run file", "records", "pedigree"}
    assert all(len(entry["sha256"]) == 64 for entry in origin["inputs"])
    assert yaml.safe_load((folder / "config.yaml").read_text())["variances"]["animal"] == 30
    first = pd.read_csv(folder / "solutions.csv")
    shutil.copy(folder / "config.yaml", folder.with_name("copy.yaml"))
    assert shell("run", folder / "config.yaml", "--force", "--quiet", "--set",
                 f"output.directory={shell.folder / 'again'}") == 0
    pd.testing.assert_frame_equal(pd.read_csv(shell.folder / "again" / "solutions.csv"), first)


def test_earlier_results_are_kept_unless_forced(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet") == 0
    kept = (shell.folder / "results/mrode_4_1_animal_model/solutions.csv").stat().st_mtime_ns
    assert shell("run", path, "--quiet") == 1
    assert "holds the results of an earlier run. Expected a new name. Use --force" in shell.err
    assert shell.out == ""
    table = shell.folder / "results/mrode_4_1_animal_model/solutions.csv"
    assert table.stat().st_mtime_ns == kept


def test_parquet_tables(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet", "--set", "output.format=parquet") == 0
    table = pd.read_parquet(
        shell.folder / "results/mrode_4_1_animal_model/breeding_values.parquet")
    assert list(table["individual"]) == [str(k) for k in range(1, 9)]


def test_pages_of_the_selected_sires(shell: Shell) -> None:
    run = shell.config("gryphon_decisions")
    assert shell("run", run, "--pages", "--quiet", "--set", "variances={animal: [[1, 0], [0, 5]], "
                 "birth_year: [[1, 0], [0, 1]], mother: [[1, 0], [0, 1]], "
                 "residual: [[3, 0], [0, 9]]}") == 0
    results = Path(shell.out.strip())
    pages = sorted(path.name for path in (results / "pages").iterdir())
    table = pd.read_csv(results / "selection.csv", dtype={"individual": str})
    sires = table[table["selected"] & (table["sex"] == "male")]
    assert pages == [f"{rank:04d}_{name}.html" for name, rank in zip(
        sires["individual"], sires["rank"], strict=True)]
    report = (results / "report.html").read_text(encoding="utf-8")
    assert all(f'href="pages/{page}"' in report for page in pages)
    assert (results / "selection.xlsx").is_file()
    assert (results / "matings.xlsx").is_file()
    assert "output.pages=true" in json.loads((results / "provenance.json").read_text())["overrides"]
    assert shell("run", run, "--quiet", "--force", "--set", "solve.reliability=none", "--set",
                 "variances={animal: [[1, 0], [0, 5]], birth_year: [[1, 0], [0, 1]], "
                 "mother: [[1, 0], [0, 1]], residual: [[3, 0], [0, 9]]}") == 0
    assert not (results / "pages").exists()


def test_wrong_input_ends_with_1_and_a_message(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--set", "model.traits=[gain]") == 1
    assert shell.out == ""
    assert shell.err.splitlines()[-1] == (
        "records.csv: there is no column 'gain' (named in the model). The columns are: id, sex, "
        "wwg.")
    assert "Traceback" not in shell.err
    assert not (shell.folder / "results").exists()


@pytest.mark.parametrize("words", [
    ("run",), ("run", "a.yaml", "--jobs", "0"), ("nothing",), ("run", "a.yaml", "--sett", "x=1")])
def test_wrong_usage_ends_with_2(shell: Shell, words: tuple[str, ...]) -> None:
    assert shell(*words) == 2


def test_not_converged_ends_with_3_and_marked_results(shell: Shell) -> None:
    path = shell.config("mrode_8_1_maternal")
    assert shell("run", path, "--quiet", "--set", "solve.method=pcg", "--set",
                 "solve.max_iterations=2") == 3
    folder = shell.folder / "results" / "mrode_8_1_maternal"
    assert Path(shell.out.strip()).resolve() == folder.resolve()
    assert f"{path}: not converged after 2 rounds (relative residual " in shell.err
    found = summary(folder)
    assert (found["status"], found["converged"], found["iterations"]) == (
        "not converged", False, 2)
    assert isinstance(found["relative_residual"], float)
    assert found["relative_residual"] > 1e-10


def test_what_the_data_do_not_determine_ends_with_3_and_marked_results(shell: Shell) -> None:
    """A permanent environment of cows with one record each."""
    path = shell.config("mrode_17_7_reml")
    random = ("[{name: animal, column: id, relationship: pedigree}, {name: pe, column: id}]")
    assert shell("run", path, "--quiet", "--set", f"model.random={random}", "--set",
                 "variances=reml") == 3
    assert "variances: the data do not determine all of them; results are marked so. " in shell.err
    assert "Every level of 'pe' has one record" in shell.err
    assert "Leave 'pe' out" in shell.err
    found = summary(shell.folder / "results" / "mrode_17_7_reml")
    assert (found["status"], found["converged"]) == ("not determined", True)


def test_a_run_that_goes_on_has_all_rounds_in_its_log_and_the_same_answer(shell: Shell) -> None:
    path = shell.config("mrode_17_7_reml")
    folders = {name: shell.folder / "results" / name for name in ("whole", "halted")}
    words = ("run", path, "--quiet", "--force", "--set")
    assert shell(*words, f"output.directory={folders['whole']}") == 0
    halted = (*words, f"output.directory={folders['halted']}")
    assert shell(*halted, "--set", "variances.max_rounds=2") == 3
    assert shell(*halted) == 0
    log = (folders["halted"] / "run.log").read_text(encoding="utf-8")
    assert "Going on from round 2" in log
    rounds = [line.split(" s  ")[1] for line in log.splitlines() if " Round " in line]
    whole = (folders["whole"] / "run.log").read_text(encoding="utf-8").splitlines()
    assert rounds == [line.split(" s  ")[1] for line in whole if " Round " in line]
    for table in ("variances.csv", "breeding_values.csv"):
        assert (folders["halted"] / table).read_bytes() == (folders["whole"] / table).read_bytes()


def test_a_memory_limit_ends_with_4_and_says_what_to_change(shell: Shell) -> None:
    path = shell.config("gryphon_birth_weight")
    assert shell("run", path, "--quiet", "--set", "solve.memory_limit=1 MB") == 4
    assert "the limit is 1 MB. The largest parts are 'animal' (1,309 equations)" in shell.err
    assert "Raise 'solve: memory_limit' above" in shell.err
    assert "set 'solve: reliability: none'" in shell.err
    assert not (shell.folder / "results").exists()


def test_too_little_memory_for_a_factor_is_enough_for_conjugate_gradients(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("breedeval.evaluation.planning.resident_memory", lambda: 0)
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet", "--set", "solve.memory_limit=1 KB", "--set",
                 "solve.reliability=none") == 0
    found = summary(shell.folder / "results" / "mrode_4_1_animal_model")
    assert found["engine"] == "conjugate gradients"
    assert str(found["engine_reason"]).startswith("a factorisation is forecast to need ")


def test_too_little_memory_for_conjugate_gradients_is_refused(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet", "--set", "solve.memory_limit=1 KB", "--set",
                 "solve.method=pcg") == 4
    assert "of memory for conjugate gradients, the limit is 1 KB. Raise" in shell.err


def test_a_bug_of_ours_ends_with_70_and_keeps_the_traceback(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken by a test")

    monkeypatch.setattr("breedeval.workflow.run.solve_equations", broken)
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet") == 70
    log = shell.folder / "results" / "mrode_4_1_animal_model.run.log"
    assert f"The traceback is in {log}; please report it" in shell.err.replace(
        str(log.resolve()), str(log))
    assert "RuntimeError: broken by a test" in log.read_text()
    assert "Traceback" not in shell.err


def test_the_traceback_lies_beside_a_folder_with_a_point_in_its_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken by a test")

    monkeypatch.setattr("breedeval.workflow.run.solve_equations", broken)
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--quiet", "--set", "output.directory=out.v1.2") == 70
    assert (shell.folder / "out.v1.2.run.log").exists()


def test_an_output_that_cannot_be_written_ends_before_anything_is_read(shell: Shell) -> None:
    path = shell.config("mrode_4_1_animal_model")
    assert shell("run", path, "--set", "output.directory=/proc/x/y") == 1
    assert shell.err == (
        "/proc/x/y: no folder can be made there (No such file or directory). Expected a place to "
        "write to. Give another with --set output.directory=….\n")


def test_several_files_at_a_time_one_of_which_fails(tmp_path: Path) -> None:
    """In processes of their own: the others are done, and the exit code tells."""
    (tmp_path / "pedigrees").symlink_to(PEDIGREES)
    (tmp_path / "configs").mkdir()
    names = ["mrode_4_4_groups", "mrode_5_1_repeatability"]
    paths = [Path(shutil.copy(CONFIGS / f"{name}.yaml", tmp_path / "configs")) for name in names]
    paths[0].write_text(paths[0].read_text().replace("wwg", "weight"))
    done = subprocess.run(
        [sys.executable, "-m", "breedeval", "run", *paths, "--jobs", "2"], capture_output=True,
        text=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 1
    assert [Path(line).name for line in done.stdout.splitlines()] == [names[1]]
    assert done.stderr.splitlines()[-1] == f"1 of 2 runs done; failed: {paths[0]}"
    assert "[mrode_5_1_repeatability]" in done.stderr
    assert "there is no column 'weight'" in done.stderr
    assert (tmp_path / "results" / names[1] / "report.html").exists()


def test_several_files_one_after_the_other(shell: Shell) -> None:
    first, last = (shell.config(name) for name in ("mrode_4_1_animal_model", "mrode_4_4_groups"))
    missing = shell.folder / "configs" / "none.yaml"
    assert shell("run", first, missing, last) == 1
    assert [Path(line).name for line in shell.out.splitlines()] == [first.stem, last.stem]
    assert shell.err.splitlines()[-1] == f"2 of 3 runs done; failed: {missing}"


def test_check_solves_nothing(shell: Shell) -> None:
    path = shell.config("mrode_5_1_repeatability")
    assert shell("check", path) == 0
    assert f"{path}: 10 of 10 rows are used for 'fat_yield'" in shell.out.replace("\n", "")
    assert "17 equations; rank of the fixed part 4" in shell.out
    assert "set to zero: parity 2 = hys 3 + hys 4" in shell.out
    assert "non-zeros of L" in shell.out
    assert not (shell.folder / "results").exists()


def test_check_refuses_what_run_would_refuse(shell: Shell) -> None:
    path = shell.config("gryphon_birth_weight")
    assert shell("check", path, "--set", "solve.memory_limit=1 MB") == 4
    assert "the limit is 1 MB" in shell.err
    assert shell("check", path, "--set", "model.traits=[weight]") == 1


def test_headings_are_whole_when_tables_are_piped(shell: Shell) -> None:
    path = shell.config("mrode_8_1_maternal")
    for folder, residual in (("old", 350), ("new", 300)):
        assert shell("run", path, "--quiet", "--set", f"output.directory={folder}", "--set",
                     f"variances.residual={residual}") == 0
    assert shell("compare", "old", "new") == 0
    assert " individuals with   number   records   mean change   moved (rms)" in shell.out
    assert shell("compare", "old", "new", "--json") == 0
    assert json.loads(shell.out)["likelihood"]["relation"] == "given"


def test_init_writes_a_run_file_that_can_be_read(shell: Shell) -> None:
    folder = PEDIGREES / "mrode_4_1"
    assert shell("init", folder / "records.csv", "--pedigree", folder / "pedigree.csv", "-o",
                 "new/run.yaml") == 0
    assert shell.out == "new/run.yaml\n"
    assert yaml.safe_load((shell.folder / "new/run.yaml").read_text())["records"]
    assert shell("init", folder / "records.csv", "-o", "new/run.yaml") == 1
    assert "new/run.yaml: exists already" in shell.err


def test_schema_is_json(shell: Shell) -> None:
    assert shell("schema") == 0
    assert "model" in json.loads(shell.out)["properties"]


def test_version_and_help(shell: Shell) -> None:
    assert shell("--version") == 0
    assert shell.out == f"breedeval {breedeval.__version__}\n"
    assert shell("--help") == 0
    assert all(name in shell.out for name in ("run", "check", "init", "pedigree", "compare"))


def loaded(code: str, *names: str) -> list[str]:
    """Which of these modules a program of its own has loaded in the end."""
    code = f"import sys\n{code}\nprint([name for name in {names} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                          check=True)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def command(*words: str) -> str:
    """A command as code that goes on when it is done."""
    return (f"sys.argv[1:] = {list(words)}\nfrom breedeval.cli import main\n"
            "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code")


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    assert loaded(command("--help"), "numba", "pandas", "scipy", "matplotlib") == []


def test_commands_load_what_they_use() -> None:
    run_file = "configs/mrode_4_1_animal_model.yaml"
    heavy = ("numba", "matplotlib", "scipy.stats", "pyarrow.parquet")
    assert loaded(command("schema"), *heavy) == []
    assert loaded(command("check", run_file), *heavy) == ["numba"]
    assert loaded("import breedeval.workflow.compare", *heavy) == []


def test_a_run_loads_the_kernels_that_it_calls(tmp_path: Path) -> None:
    run = command("run", "configs/mrode_4_1_animal_model.yaml", "--quiet", "--set",
                  f"output.directory={tmp_path / 'results'}")
    code = (f"{run}\nfrom breedeval.kernels import dominance, interning\n"
            "assert vars(interning.intern_names)['_made'] is not None\n"
            "assert vars(dominance.family_covariances)['_made'] is None")
    assert loaded(code, "numba", "matplotlib", "matplotlib.pyplot") == [
        "numba", "matplotlib"]
