"""The run as understood gives the same run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.config import load, understood
from tests.unit.config.bad_run_files import GOOD

ROOT = Path(__file__).parents[3]

LONG = """\
records: {file: records.csv, missing: [-9, "", NO]}
pedigree:
  file: pedigree.csv
  columns: {individual: 1, sire: 2, dam: '3'}
  unknown: [0, 00, "null"]
  groups: [G1, 1e5]
  selfing: true
model:
  traits: "y: 1"
  intercept: false
  fixed: [a:b, {factors: "c:d"}, {legendre: dim, degree: 4, range: [5, 305], within: lact}]
  weights: "1"
  random:
    - {name: pen, components: {own: pig, mates: {columns: [m1, m2]}}, relationship: mine}
    - name: curve
      components: {c: {column: a:b, basis: {covariate: x, degree: 2}}}
relationships:
  mine: {kind: supplied, file: kin.csv, inverse: true}
variances:
  pen: [[1, 1e-9], [1e-9, 2]]
  curve: [[1, 0], [0, 0.1]]
  residual: 1e3
solve: {method: pcg, reliability: none, memory_limit: 1500000001}
output: {format: parquet}
"""

SEVERAL = """\
records: {file: records.csv}
model:
  traits: {milk: {fixed: [herd], weights: w}, fat: , protein: {intercept: false}}
  fixed: [{bspline: age, knots: [1, 2, 5], degree: 2}]
  random:
    - {name: animal, column: id, covariance: {kind: factor_analytic, order: 1}}
    - {name: pen, column: pen, traits: [milk, fat], covariance: diagonal}
    - name: place
      components: {h: {column: farm, basis: {classes: year, levels: [1, 2]}}}
      traits: milk
      covariance: {kind: scaled, matrix: [[1, 0.5], [0.5, 1]]}
  residual: {by: parity, log_linear: [age]}
variances:
  method: reml
  start: {animal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], log_linear: {age: -0.1}}
  fix: ["animal(milk)"]
  tie: [["pen(milk)", "pen(fat)"]]
  bound: {place: [0.1, 10]}
"""
FORMS = pytest.mark.parametrize(
    "text", [GOOD, LONG, SEVERAL], ids=["good", "long", "several traits"])


@FORMS
def test_round_trip(folder: Path, text: str) -> None:
    Path("run.yaml").write_text(text)
    Path("kin.csv").write_text("")
    loaded = load("run.yaml")
    results = folder / "results" / "run"
    results.mkdir(parents=True)
    (results / "config.yaml").write_text(understood(loaded.settings, results))
    again = load(results / "config.yaml")
    assert again.settings == loaded.settings
    assert again.understood == loaded.understood
    assert understood(again.settings, results) == understood(loaded.settings, results)


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")),
                         ids=lambda path: path.stem)
def test_round_trip_of_every_example(path: Path, tmp_path: Path) -> None:
    loaded = load(path)
    (tmp_path / "config.yaml").write_text(understood(loaded.settings, tmp_path))
    assert load(tmp_path / "config.yaml").settings == loaded.settings


def test_text(folder: Path) -> None:
    Path("run.yaml").write_text(GOOD)
    results = folder / "results"
    assert understood(load("run.yaml").settings, results) == """\
title: Weaning weight
records:
  file: ../records.csv
  missing: ["", NA]
pedigree:
  file: ../pedigree.csv
  unknown: ["", "0", NA]
  groups: []
  selfing: false
  prune: false
model:
  traits: [weight]
  intercept: true
  fixed:
    - sex
    - year:season
    - {covariate: age, degree: 2}
  random:
    - {name: animal, column: calf, relationship: pedigree}
    - name: maternal
      relationship: pedigree
      components:
        dam: dam
        curve:
          column: cow
          basis: {legendre: dim, degree: 1}
relationships:
  pedigree: {kind: numerator, inbreeding: true}
variances:
  animal: 20.0
  maternal: [[3.0, 0.0, 0.0], [0.0, 2.0, 0.5], [0.0, 0.5, 1.0]]
  residual: 40.0
solve:
  method: auto
  tolerance: 1.0e-10
  max_iterations: 5000
  reliability: exact
  threads: 2
  memory_limit: 16 GB
output: {directory: ., format: csv}
"""


def test_what_goes_without_saying_is_not_written(folder: Path) -> None:
    """An unstructured covariance, an ordinary residual, estimation without constraints."""
    Path("run.yaml").write_text("""\
records: {file: records.csv}
model:
  traits: {milk: , fat: {fixed: herd}}
  random: [{name: animal, column: id}]
variances: reml
output: {directory: results}
""")
    text = understood(load("run.yaml").settings, folder)
    assert text == """\
title: ""
records:
  file: records.csv
  missing: ["", NA]
model:
  traits:
    milk: {}
    fat:
      fixed: [herd]
  intercept: true
  fixed: []
  random:
    - {name: animal, column: id, relationship: identity}
relationships:
  identity: {kind: identity}
variances: {method: reml, algorithm: auto, max_rounds: 200, tests: auto}
solve:
  method: auto
  tolerance: 1.0e-10
  max_iterations: 5000
  reliability: exact
  threads: 0
output: {directory: results, format: csv}
"""
