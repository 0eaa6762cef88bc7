"""The schema accepts what users write and refuses what load refuses for its form."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.config import json_schema
from breedeval.config.yaml_loader import Place, parse_tree, plain
from tests.unit.config.bad_models import BAD_MODELS
from tests.unit.config.bad_run_files import CASES, GOOD
from tests.unit.config.test_canonical import FORMS, ROOT

jsonschema = pytest.importorskip("jsonschema")


VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def _errors(text: str) -> list[str]:
    values = plain(parse_tree(text, Place("run.yaml", 1, 1)))
    return [error.json_path for error in VALIDATOR.iter_errors(values)]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@FORMS
def test_short_and_long_forms_are_accepted(text: str) -> None:
    assert _errors(text) == []


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")),
                         ids=lambda path: path.stem)
def test_every_example_is_accepted(path: Path) -> None:
    assert _errors(path.read_text()) == []


BY_FORM = (
    "a misspelled part", "a misspelled key", "a misspelled key in a list", "a missing part",
    "a misspelled key in a covariate", "a misspelled leading key", "a key in the wrong part",
    "a missing key", "an empty part", "a mapping for a list", "a list for a name", "yes for true",
    "text for a number", "a number in quotes", "a fraction for a count",
    "a number below its limit", "a number above its limit", "an unknown choice",
    "a size without unit", "a range of three", "a relationship without kind",
    "a misspelled kind", "a key of another kind", "a supplied matrix without file",
    "a variance of zero", "a row for a matrix", "column and components",
    "neither column nor components",
    "a wrong key of a trait", "a word for the model of a trait", "no traits",
    "an effect on no trait", "one knot", "a word for knots", "classes as a fixed basis",
    "no classes", "a misspelled covariance", "a misspelled kind of covariance",
    "factors without an order", "no factors", "an option of another covariance",
    "a word for the residual", "a misspelled key of the residual", "a misspelled method",
    "a list for variances", "a misspelled option", "an unknown algorithm", "no rounds",
    "a bound of one number", "a word for ties",
)


@pytest.mark.parametrize("name", BY_FORM)
def test_wrong_forms_are_refused(name: str) -> None:
    case = next(case for case in (*CASES, *BAD_MODELS) if case.name == name)
    assert _errors(case.text)


def test_every_key_is_described() -> None:
    schema = json_schema()
    parts = [schema, *schema["$defs"].values()]
    parts += [form for part in parts for form in part.get("anyOf", [])]
    for part in parts:
        for name, key in part.get("properties", {}).items():
            assert key.get("description") or "$ref" in key, name
            assert name == "kind" or key.get("examples"), name


@pytest.mark.parametrize("component", [
    "{columns: []}", "{column: sire, columns: [sire, dam]}", "{}", "{column: null}"])
def test_a_component_has_one_source(component: str) -> None:
    assert _errors(GOOD.replace("column: calf", f"components: {{a: {component}}}"))


def test_a_key_without_value_is_not_given() -> None:
    assert _errors(GOOD.replace("column: calf", "column: calf, components: null")) == []
    several = "components: {a: {column: null, columns: [b]}}"
    assert _errors(GOOD.replace("column: calf", several)) == []
