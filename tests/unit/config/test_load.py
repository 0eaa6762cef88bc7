"""A right run file, its paths, its labels and its overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.config import load
from breedeval.errors import InputError
from breedeval.model.terms import ClassEffect, FixedPolynomial
from breedeval.relationship.settings import NumeratorSettings
from tests.unit.config.bad_run_files import GOOD


@pytest.fixture
def run_file(folder: Path) -> Path:
    path = folder / "run.yaml"
    path.write_text(GOOD)
    return path


def test_short_forms_are_widened(run_file: Path) -> None:
    model = load(run_file).settings.model
    assert model.traits == ("weight",)
    assert model.fixed == (
        ClassEffect(factors=("sex",)), ClassEffect(factors=("year", "season")),
        FixedPolynomial(covariate="age", degree=2))
    assert [effect.coefficients for effect in model.random] == [
        ("animal",), ("dam", "curve[0]", "curve[1]")]


def test_paths_are_relative_to_the_run_file(
    run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    settings = load(run_file).settings
    assert settings.records.file == run_file.parent.resolve() / "records.csv"
    assert settings.output.directory == run_file.parent.resolve() / "results"


def test_a_link_keeps_its_own_name(run_file: Path) -> None:
    (run_file.parent / "linked.csv").symlink_to("records.csv")
    run_file.write_text(GOOD.replace("records.csv", "kin/../linked.csv"))
    assert load(run_file).settings.records.file == run_file.parent.resolve() / "linked.csv"


def test_defaults_are_made_explicit(run_file: Path) -> None:
    run_file.write_text(GOOD.replace("output: {directory: results, format: csv}\n", ""))
    loaded = load(run_file)
    assert loaded.settings.relationships == {"pedigree": NumeratorSettings()}
    assert loaded.settings.output.directory == run_file.parent.resolve() / "results" / "run"
    assert loaded.understood["relationships"] == {
        "pedigree": {"kind": "numerator", "inbreeding": True}}
    assert loaded.understood["records"]["missing"] == ["", "NA"]
    assert loaded.understood["solve"]["memory_limit"] == "16 GB"


@pytest.mark.parametrize(("written", "labels"), [
    ("[0, NA]", ("0", "NA")),
    ("[0123, NO, 1e5, true, ~, null, 1.0, 0x1F, 12:30, '', 'NA ']",
     ("0123", "NO", "1e5", "true", "~", "null", "1.0", "0x1F", "12:30", "", "NA ")),
    ("-9", ("-9",)),
    ("[]", ()),
])
def test_labels_are_the_text_as_written(
    run_file: Path, written: str, labels: tuple[str, ...]
) -> None:
    run_file.write_text(GOOD.replace("  file: pedigree.csv",
                                     f"  file: pedigree.csv\n  unknown: {written}"))
    settings = load(run_file).settings
    assert settings.pedigree is not None
    assert settings.pedigree.unknown == labels


def test_names_may_look_like_numbers(run_file: Path) -> None:
    run_file.write_text(GOOD.replace("[sex,", "[1998, no,").replace("calf,", "007,")
                        .replace("title: Weaning weight", "title: 2026"))
    settings = load(run_file).settings
    assert settings.title == "2026"
    assert [effect.name for effect in settings.model.fixed
            if isinstance(effect, ClassEffect)] == ["1998", "no", "year:season"]
    assert settings.model.random[0].column == "007"


def test_columns_of_the_pedigree_by_name_or_position(run_file: Path) -> None:
    columns = "  columns: {individual: 1, sire: 2, dam: '3', birth: born}"
    run_file.write_text(GOOD.replace("  file: pedigree.csv", f"  file: pedigree.csv\n{columns}"))
    settings = load(run_file).settings
    assert settings.pedigree is not None
    found = settings.pedigree.columns
    assert (found.individual, found.sire, found.dam, found.birth) == (1, 2, "3", "born")


@pytest.mark.parametrize(("override", "check"), [
    ("solve.threads=7", lambda s: s.solve.threads == 7),
    ("solve.tolerance=1e-6", lambda s: s.solve.tolerance == 1e-6),
    ("variances.animal=0.3", lambda s: s.variances["animal"] == 0.3),
    ('variances."animal"=0.3', lambda s: s.variances["animal"] == 0.3),
    ("variances.maternal[0][0]=4", lambda s: s.variances["maternal"][0] == (4, 0, 0)),
    ("title=a = b", lambda s: s.title == "a = b"),
    ("model.fixed=[]", lambda s: s.model.fixed == ()),
    ("model.fixed[0]=herd", lambda s: s.model.fixed[0].name == "herd"),
    ("model.fixed.2.degree=3", lambda s: s.model.fixed[2].degree == 3),
    ("model.random[animal].column=cow", lambda s: s.model.random[0].column == "cow"),
    ("model.random[name=animal].column=cow", lambda s: s.model.random[0].column == "cow"),
    ("model.random.animal.relationship=identity",
     lambda s: s.model.random[0].relationship == "identity"),
    ("relationships.pedigree={kind: numerator, inbreeding: false}",
     lambda s: s.relationships["pedigree"].inbreeding is False),
    ("pedigree.unknown=[0, 00]", lambda s: s.pedigree.unknown == ("0", "00")),
    ("model.weights=", lambda s: s.model.weights is None),
])
def test_override(run_file: Path, override: str, check: object) -> None:
    assert check(load(run_file, [override]).settings)  # type: ignore[operator]


@pytest.mark.parametrize(("override", "message"), [
    ("solve.thread=7", "--set solve.thread: unknown key 'thread'. The keys here are: method, "
     "tolerance, max_iterations, reliability, threads, start, memory_limit."),
    ("solv.threads=7", "--set solv.threads: unknown key 'solv'. The keys here are: title, "
     "records, pedigree, genotypes, model, relationships, variances, solve, "
     "validation, marker_effects, selection, trend, output."),
    ("pedigree.prun=true", "--set pedigree.prun: unknown key 'prun'. Did you mean 'prune'?"),
    ("solve.threads=two", "--set solve.threads: 'threads' is 'two'. Expected a whole number."),
    ("solve.threads=", "--set solve.threads: 'threads' has no value. Expected a whole number. "
     "Give one, or remove the key."),
    ("variances.animal=-1", "--set variances.animal: the variance of 'animal' is -1. Expected a "
     "number above 0. Correct it."),
    ("solve.threads", "--set solve.threads: this is not an override. Expected key.path=value, "
     "such as solve.threads=4."),
    ("solve.=4", "--set solve.=4: this is not an override. Expected key.path=value, such as "
     "solve.threads=4."),
    ("=4", "--set =4: this is not an override. Expected key.path=value, such as solve.threads=4."),
    ("model.fixed[3]=x", "--set model.fixed[3]: the list has no item '3'. Expected a position "
     "from 0 to 2."),
    ("model.random.animl.column=x", "--set model.random.animl.column: the list has no item "
     "'animl'. Expected a position from 0 to 1, or a name (animal, maternal). Did you mean "
     "'animal'?"),
    ("records.file.name=x", "--set records.file.name: there is no key 'name' here: the run file "
     "has the value 'records.csv' in this place."),
    ("model.fixed=[a, b", "--set model.fixed: a list or mapping in brackets is not closed, or "
     "lacks a comma. Look at the brackets and commas from here upwards."),
    ("records.file=record.csv", "--set records.file: there is no file 'record.csv' (looked in "
     "FOLDER). Did you mean 'records.csv'?"),
])
def test_wrong_override(run_file: Path, override: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        load(run_file, [override])
    folder = str(run_file.parent.resolve())
    assert [p.replace(folder, "FOLDER") for p in raised.value.problems] == [message]


def test_paths_of_overrides_are_relative_to_the_working_directory(
    run_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(run_file.parent / "kin")
    loaded = load(run_file, ["records.file=../pedigree.csv", "output.directory=new"])
    assert loaded.settings.records.file == run_file.parent.resolve() / "pedigree.csv"
    assert loaded.settings.output.directory == run_file.parent.resolve() / "kin" / "new"
    with pytest.raises(InputError, match="Expected a path relative to the working directory"):
        load(run_file, ["records.file=nowhere/records.csv"])


def test_a_later_override_wins(run_file: Path) -> None:
    loaded = load(run_file, ["solve.threads=1", "solve.threads=3"])
    assert loaded.settings.solve.threads == 3
