"""What is wrong with a validation, or with marker effects, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.config import load
from breedeval.config.canonical import understood
from breedeval.errors import InputError

RUN = """\
records: {file: records.csv}
pedigree: {file: pedigree.csv}
genotypes: {file: chip.bed}
model:
  traits: [weight]
  random:
    - {name: animal, column: calf, relationship: genomic}
    - {name: herd, column: herd}
variances: reml
"""

VALIDATION = """\
validation:
  folds: 5
  models:
    pedigree: [{name: animal, column: calf, relationship: pedigree}]
    both:
      random:
        - {name: animal, column: calf, relationship: genomic}
        - {name: rest, column: calf, relationship: pedigree}
      variances: {animal: 2, rest: 1, residual: 3}
"""


@pytest.fixture
def chip(folder: Path) -> Path:
    (folder / "chip.bed").write_bytes(b"")
    return folder


def problems(text: str) -> list[str]:
    Path("run.yaml").write_text(text)
    with pytest.raises(InputError) as raised:
        load("run.yaml")
    return list(raised.value.problems)


def test_a_run_with_both_reads_as_it_was_understood(chip: Path) -> None:
    Path("run.yaml").write_text(RUN + VALIDATION + "marker_effects: animal\n")
    one = load("run.yaml")
    assert set(one.settings.relationships) == {"genomic", "identity", "pedigree"}
    Path("again.yaml").write_text(understood(one.settings, chip))
    assert load("again.yaml").settings == one.settings
    assert [effect.name for effect in one.settings.effects] == [
        "animal", "herd", "animal", "animal", "rest"]


@pytest.mark.parametrize(("old", "new", "message"), [
    ("folds: 5", "folds: 1", "run.yaml:11:10: 'folds' is 1. Expected a number of at least 2."),
    ("folds: 5", "folds: {of: herd}", "run.yaml:11:3: the keys of 'folds' are 'of'. Expected one "
     "of 'by', 'forward' among them."),
    ("folds: 5", "folds: {forward: born, since: [3, 2]}",
     "run.yaml:11:11: the starts do not rise. Expected rising values."),
    ("folds: 5", "folds: {by: herd}\n  repeats: 3", "run.yaml:12:12: folds that are given are the "
     "same every time. Expected 'repeats' only where 'folds' is a number. Remove it."),
    ("folds: 5", "folds: 5\n  effects: [animl]", "run.yaml:12:13: 'animl' is an effect of no "
     "model. Expected one of: animal, herd, rest. Did you mean 'animal'?"),
    ("folds: 5", "folds: 5\n  effects: [rest]", "run.yaml:6:3: none of the effects that are "
     "validated is in the model. Expected one of: rest. Name one of its effects under "
     "'validation: effects'."),
    ("folds: 5", "folds: 5\n  traits: weigt", "run.yaml:12:3: there is no trait 'weigt'. "
     "Expected one of: weight. Did you mean 'weight'?"),
    ("relationship: pedigree}]", "relationship: pedigre}]", "run.yaml:13:5: there is no "
     "relationship 'pedigre'. Expected one of: identity, pedigree, dominance, genomic, "
     "genomic_dominance, single_step. Did you mean 'pedigree'?"),
    ("rest: 1, ", "", "run.yaml:18:7: there is no variance for 'rest'. Add 'rest:' with its "
     "variance under 'variances'."),
    ("name: rest", "name: animal", "run.yaml:17:18: two random effects have the name 'animal'. "
     "Expected a name of its own for each. Rename one of the two."),
], ids=lambda value: value if isinstance(value, str) and len(value) < 50 else "")
def test_message_of_a_validation(chip: Path, old: str, new: str, message: str) -> None:
    assert VALIDATION.count(old) == 1
    found = problems(RUN + VALIDATION.replace(old, new))
    assert message in found


@pytest.mark.parametrize(("asked", "message"), [
    ("animl", "run.yaml:10:1: 'animl' is no random effect of the model. Expected one of: animal, "
     "herd. Did you mean 'animal'?"),
    ("herd", "run.yaml:10:1: the relationship 'identity' of 'herd' is not made from markers. "
     "Expected an effect with a genomic relationship. Name another effect, or remove "
     "'marker_effects'."),
    ("{effect: animal, windows: {kb: 10}}", "run.yaml:10:34: the keys of 'windows' are 'kb'. "
     "Expected one of 'markers', 'base_pairs' among them."),
    ("{effect: animal, windows: {base_pairs: 0}}", "run.yaml:10:56: 'base_pairs' is 0. Expected a "
     "number of at least 1."),
])
def test_message_of_marker_effects(chip: Path, asked: str, message: str) -> None:
    assert message in problems(f"{RUN}marker_effects: {asked}\n")
