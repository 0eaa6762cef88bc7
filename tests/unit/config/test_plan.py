"""Plans: what a person reads when one is wrong, and the runs that one stands for."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from breedeval.config import Plan, load_plan, plan_schema
from breedeval.errors import InputError
from tests.reference.running import CONFIGS
from tests.unit.config.bad_plans import CASES, GOOD, RUN, Case


@pytest.fixture
def run_file(folder: Path) -> Path:
    (folder / "run.yaml").write_text(RUN)
    return folder


def planned(text: str) -> Plan:
    """The plan of a text, in a folder with a run file."""
    Path("plan.yaml").write_text(text)
    return load_plan("plan.yaml")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message(case: Case, run_file: Path) -> None:
    with pytest.raises(InputError) as raised:
        planned(case.text)
    assert tuple(problem.replace(str(run_file), "FOLDER")
                 for problem in raised.value.problems) == case.messages


@pytest.mark.parametrize(("data", "message"), [
    ("", "plan.yaml:1:1: the file is empty. Expected keys such as 'output:' and 'runs:'."),
    ("- a\n", "plan.yaml:1:1: the file holds a list. Expected keys such as 'output:' and 'runs:'."),
])
def test_file_that_is_no_plan(data: str, message: str, run_file: Path) -> None:
    with pytest.raises(InputError) as raised:
        planned(data)
    assert raised.value.problems == (message,)


def test_no_file_at_that_place(run_file: Path) -> None:
    Path("monthly.yaml").write_text("")
    with pytest.raises(InputError) as raised:
        load_plan("montly.yaml")
    assert raised.value.problems == (
        "montly.yaml: there is no such file. Expected a plan. Did you mean 'monthly.yaml'?",)


def test_faults_of_run_files_are_told_once_and_with_their_own_lines(run_file: Path) -> None:
    (run_file / "run.yaml").write_text(RUN.replace("variances: reml", "variances: rem"))
    with pytest.raises(InputError) as raised:
        planned(GOOD.replace("model.traits: <trait>, solve", "model.trait: <trait>, solve"))
    assert raised.value.problems == (
        f"{run_file}/run.yaml:7:12: 'variances' is 'rem'. Expected one of: reml, ml. Did you mean "
        "'reml'?",
        "plan.yaml:13:11: unknown key 'trait'. The keys here are: traits, intercept, fixed, "
        "weights, random, residual.")


@pytest.mark.parametrize("path", sorted((CONFIGS / "batch").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_plans_of_the_repository_are_right(path: Path) -> None:
    plan = load_plan(path)
    jsonschema.validate(yaml.safe_load(path.read_text("utf-8")), plan_schema())
    assert all(run.settings is not None for run in plan.runs)


def test_an_entry_stands_for_a_run_of_every_combination(run_file: Path) -> None:
    plan = planned(GOOD)
    assert [run.name for run in plan.runs] == [
        "variances_weight", "variances_gain", "values_weight", "values_gain", "check"]
    assert (plan.title, plan.jobs, plan.memory_limit) == ("Monthly", 2, 16 * 10**9)
    assert plan.directory == run_file / "results"
    gain = plan.runs[3]
    assert gain.directory == run_file / "results" / "values_gain"
    assert gain.variances_from == "variances_gain"
    assert gain.needs == ("variances_gain",)
    assert gain.settings is not None
    assert gain.settings.model.trait_names == ("gain",)
    assert gain.settings.output.directory == gain.directory
    assert plan.runs[4].needs == ("values_weight", "values_gain")


def test_the_last_placeholder_changes_fastest(run_file: Path) -> None:
    plan = planned("output: o\nruns:\n  <a>_<b>:\n    each: {a: [x, y], b: [1, 2]}\n"
                   "    run: run.yaml\n")
    assert [run.name for run in plan.runs] == ["x_1", "x_2", "y_1", "y_2"]


def test_a_list_gives_a_run_for_each_item(run_file: Path) -> None:
    plan = planned(
        "output: o\nruns:\n  <breed>:\n    each: [{breed: HOL, t: weight}, {breed: JER, t: gain}]\n"
        "    run: run.yaml\n    set: {model.traits: <t>, title: Values of <breed>}\n")
    assert [run.settings and (run.settings.title, *run.settings.model.trait_names)
            for run in plan.runs] == [("Values of HOL", "weight"), ("Values of JER", "gain")]


def test_a_placeholder_may_stand_in_keys_and_file_names(run_file: Path) -> None:
    (run_file / "calf.yaml").write_text(RUN)
    plan = planned("output: o\nruns:\n  <x>_<k>:\n    each: {x: calf, k: animal}\n"
                   "    run: <x>.yaml\n    set: {'model.random[<k>].column': <x>}\n")
    assert plan.runs[0].file == run_file / "calf.yaml"
    assert plan.runs[0].overrides[0].written == "model.random[animal].column=calf"


@pytest.mark.parametrize(("value", "threads"), [("2", 2), ("'2'", None)])
def test_a_value_keeps_its_kind(value: str, threads: int | None, run_file: Path) -> None:
    """A number that a placeholder stands for is a number; in quotes it is text, as elsewhere."""
    text = (f"output: o\nruns:\n  r_<n>:\n    each: {{n: [{value}]}}\n    run: run.yaml\n"
            "    set: {solve.threads: <n>}\n")
    if threads is None:
        with pytest.raises(InputError, match="Remove the quotes"):
            planned(text)
    else:
        settings = planned(text).runs[0].settings
        assert settings is not None
        assert settings.solve.threads == threads


def test_paths_of_a_plan_start_in_its_folder(run_file: Path, monkeypatch: pytest.MonkeyPatch
                                             ) -> None:
    (run_file / "plans").mkdir()
    (run_file / "plans" / "gain.csv").write_text("calf,weight\n")
    (run_file / "plans" / "plan.yaml").write_text(
        "output: out\nruns:\n  a: {run: ../run.yaml, set: {records.file: gain.csv}}\n")
    monkeypatch.chdir(run_file.parent)
    plan = load_plan(run_file / "plans" / "plan.yaml")
    settings = plan.runs[0].settings
    assert settings is not None
    assert settings.records.file == run_file / "plans" / "gain.csv"
    assert settings.pedigree is not None
    assert settings.pedigree.file == run_file / "pedigree.csv"
    assert plan.directory == run_file / "plans" / "out"


def test_variances_that_are_not_known_yet_have_the_shape_of_the_model(run_file: Path) -> None:
    plan = planned(GOOD.replace("model.traits: <trait>, solve.method: pcg",
                                "model.traits: [<trait>, other], solve.method: pcg"))
    settings = plan.runs[2].settings
    assert settings is not None
    assert settings.variances == {"animal": ((1.0, 0.0), (0.0, 1.0)),
                                  "residual": ((1.0, 0.0), (0.0, 1.0))}


def test_the_schema_takes_what_the_program_takes(run_file: Path) -> None:
    schema = json.loads(json.dumps(plan_schema()))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(GOOD), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(GOOD.replace("each:", "foreach:")), schema)
