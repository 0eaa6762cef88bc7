"""Tests of fixed effects against Kenward & Roger's own formulae, exact F tests, and themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from numpy.typing import NDArray

from breedeval import ladder
from breedeval.equations.henderson import Equations
from breedeval.solve import direct_solver
from breedeval.variance import fixed_tests
from breedeval.variance.contrasts import contrasts
from breedeval.variance.fixed_tests import Denominator, FixedTest
from breedeval.variance.marginal import directions
from tests.oracles.dense_kenward_roger import DenseFixed
from tests.reference.running import CONFIGS
from tests.unit.evaluation.made import equations_of
from tests.unit.variance.dense_fixed import columns, dense_fixed, positions

Float64 = NDArray[np.float64]
Key = tuple[str, str, str]


def _tests(
    equations: Equations, w: Float64, denominator: Denominator = "kenward_roger"
) -> dict[Key, FixedTest]:
    found = fixed_tests.test_fixed_effects(
        equations, w, direct_solver().factorise(equations.lower()), denominator=denominator)
    return {(test.trait, test.effect, test.kind): test for test in found}


def _herd(seed: int = 1, n: int = 60, animals: int = 24) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two traits, not both of every record, and everything a model may ask for."""
    rng = np.random.default_rng(seed)
    names = [f"a{k}" for k in range(animals)]
    parents = [[names[2 * rng.integers(0, k // 2) + odd] if k > 5 and rng.random() < 0.8 else "0"
                for k in range(animals)] for odd in (0, 1)]
    pedigree = pd.DataFrame({"id": names, "sire": parents[0], "dam": parents[1]})
    value = dict(zip(names, rng.normal(size=animals), strict=True))
    own = rng.choice(names, n)
    records = pd.DataFrame({
        "id": own, "sex": rng.choice(["f", "m"], n), "pen": rng.choice(list("pqrs"), n),
        "region": "", "year": rng.integers(1990, 2020, n), "w": rng.uniform(0.5, 2, n).round(2),
        "heat": rng.normal(size=n).round(2)})
    records["region"] = np.where(records["pen"] < "r", "north", "south")
    for trait in ("t1", "t2"):
        y = np.array([value[name] for name in own]) + rng.normal(10, 1.5, n)
        y[rng.random(n) < 0.2] = np.nan
        records[trait] = y.round(3)
    return records, pedigree


ANIMAL = {"name": "animal", "column": "id", "relationship": "pedigree"}
PEN = {"name": "pen", "column": "pen"}
FIXED = ["sex", {"covariate": "year", "degree": 2}]
TWO = [[1.5, 0.5], [0.5, 1.2]]
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "animal and pen": (
        {"traits": ["t1"], "fixed": FIXED, "weights": "w", "random": [ANIMAL, PEN]},
        {"animal": 1.2, "pen": 0.4, "residual": 2.0}),
    "dependent columns": (
        {"traits": ["t1"], "fixed": ["region", "sex", "pen", "sex:region"], "random": [ANIMAL]},
        {"animal": 1.2, "residual": 2.0}),
    "random regression": (
        {"traits": ["t1"], "fixed": FIXED, "random": [{**ANIMAL, "column": None, "components": {
            "curve": {"column": "id", "basis": {"legendre": "year", "degree": 1,
                                                "range": [1990, 2020]}}}}]},
        {"animal": TWO, "residual": 2.0}),
    "two traits": (
        {"traits": {"t1": {"fixed": ["sex"]}, "t2": {"fixed": ["pen", "sex"]}},
         "random": [ANIMAL]}, {"animal": TWO, "residual": [[2.0, 0.7], [0.7, 1.8]]}),
    "residual by class": (
        {"traits": ["t1", "t2"], "fixed": ["pen"], "random": [
            {**ANIMAL, "covariance": "compound_symmetry"}], "residual": {"by": "sex"}},
        {"animal": [[1.0, 0.3], [0.3, 1.0]],
         "residual": {"f": [[2.0, 0.7], [0.7, 1.8]], "m": [[1.0, -0.2], [-0.2, 1.4]]}}),
    "log-linear": (
        {"traits": ["t1"], "fixed": ["sex", "pen"], "random": [ANIMAL],
         "residual": {"log_linear": ["heat"]}},
        {"animal": 1.2, "residual": 2.0, "log_linear": {"heat": 0.3}}),
    "no random effect": ({"traits": ["t1"], "fixed": ["sex", "pen"]}, {"residual": 2.0}),
}


def _made(name: str, **more: Any) -> Equations:
    model, variances = CASES[name]
    records, pedigree = _herd()
    model = {**model, "random": [
        {key: value for key, value in effect.items() if value is not None}
        for effect in model.get("random", ())]}
    return equations_of(records.assign(**more), model, variances, pedigree)


def _groups() -> Equations:
    run = ladder.read(CONFIGS / "mrode_4_4_groups.yaml")
    design = ladder.design(run)
    return ladder.equations(run, design, ladder.relationships(run, design))


@pytest.fixture(scope="module", params=[*CASES, "groups"])
def case(request: pytest.FixtureRequest) -> tuple[Equations, DenseFixed]:
    equations = _groups() if request.param == "groups" else _made(request.param)
    dense = dense_fixed(equations)
    if np.linalg.eigvalsh(dense.average_information)[0] <= 0:
        dense.w = np.linalg.inv(dense.expected_information)
    return equations, dense


def _kept(equations: Equations) -> list[int]:
    return [place for place in positions(equations) if equations.number[place] >= 0]


def _dense_contrast(equations: Equations, dense: DenseFixed, number: int) -> Float64:
    """L of a test over the columns of the dense model."""
    contrast = contrasts(equations)[number]
    own = [int(equations.number[place]) for place in _kept(equations)]
    order = np.argsort(own)
    result = np.empty((dense.b.size, contrast.size))
    result[order] = contrast.over(np.array(own)[order], dense.phi[np.ix_(order, order)])
    return result


def test_moments_are_those_of_the_dense_formulae(case: tuple[Equations, DenseFixed]) -> None:
    equations, dense = case
    for method in ("kenward_roger", "satterthwaite"):
        found = fixed_tests.test_fixed_effects(
            equations, dense.w, direct_solver().factorise(equations.lower()), denominator=method)
        tested = 0
        for number, test in enumerate(found):
            if not test.numerator_df:
                continue
            l = _dense_contrast(equations, dense, number)  # noqa: E741
            expected = dense.kenward_roger(l)
            assert test.f_unadjusted == pytest.approx(dense.wald(l), rel=1e-7)
            tested += 1
            if method == "satterthwaite":
                assert test.f == test.f_unadjusted
                assert test.denominator_df == pytest.approx(
                    2 * test.numerator_df / expected.second, rel=1e-6)
            elif not test.note:
                if test.numerator_df > 1:
                    assert test.f == pytest.approx(expected.f, rel=1e-6)
                    assert test.denominator_df == pytest.approx(expected.denominator_df, rel=1e-6)
                else:
                    assert test.f == pytest.approx(dense.wald(l, dense.adjusted()), rel=1e-6)
                    assert test.denominator_df == pytest.approx(
                        dense.satterthwaite(l[:, 0]), rel=1e-5)
            assert test.p_value == pytest.approx(scipy.stats.f.sf(
                test.f, test.numerator_df, test.denominator_df), rel=1e-9)
        assert tested


def _of_others(equations: Equations, place: int, kind: str) -> Float64:
    """Columns that a term is adjusted for, dependent ones too."""
    design, layout = equations.design, equations.layout
    x = columns(equations)
    keep = np.ones(x.shape[1], bool)
    mine = design.fixed[place]
    for other, (term, offset) in enumerate(
            zip(design.fixed, layout.fixed_offsets, strict=True)):
        later = term.trait == mine.trait and other > place
        if other == place or (kind == "incremental" and later):
            keep[offset:offset + term.size] = False
    return x[:, keep]


def test_statistics_are_gains_of_explained_sums_of_squares(
    case: tuple[Equations, DenseFixed]
) -> None:
    """With the columns of the term as written, whichever columns were set to zero."""
    equations, dense = case
    found = fixed_tests.test_fixed_effects(
        equations, dense.w, direct_solver().factorise(equations.lower()),
        denominator="residual")
    centred = equations.restoration.positions.size > 0
    for number, test in enumerate(found):
        place = number // 2
        term, offset = equations.design.fixed[place], equations.layout.fixed_offsets[place]
        if centred and term.name == "intercept" and test.kind == "conditional":
            continue  # at 0 of the covariate: see below
        own = columns(equations)[:, offset:offset + term.size]
        before = _of_others(equations, place, test.kind)
        after = np.hstack([before, own])
        ranks = [np.linalg.matrix_rank(part / np.maximum(np.linalg.norm(part, axis=0), 1e-300))
                 if part.size else 0 for part in (before, after)]
        assert test.numerator_df == ranks[1] - ranks[0]
        if test.numerator_df:
            assert test.f_unadjusted * test.numerator_df == pytest.approx(
                dense.gain(before, after), rel=1e-6)
        else:
            assert "Nothing to test" in test.note
            assert np.isnan(test.p_value)


def test_the_intercept_is_tested_where_the_covariate_is_0() -> None:
    records, pedigree = _herd()
    model = {"traits": ["t1"], "fixed": [{"covariate": "year"}], "random": [ANIMAL]}
    equations = equations_of(records, model, {"animal": 1.2, "residual": 2.0}, pedigree)
    dense = dense_fixed(equations)
    test = _tests(equations, dense.w)["t1", "intercept", "conditional"]
    x = np.column_stack([np.ones(dense.y.size), records["year"][records["t1"].notna()]])
    users = DenseFixed(dense.y, x, dense.v, dense.changes, dense.w)
    unit = np.array([1.0, 0.0])
    assert test.f_unadjusted == pytest.approx(users.wald(unit[:, None]), rel=1e-6)
    assert test.denominator_df == pytest.approx(users.satterthwaite(unit), rel=1e-4)


def _anova(response: Float64, blocks: int, treatments: int) -> tuple[float, float]:
    """F of treatments and its denominator degrees of freedom, blocks × treatments."""
    table = response.reshape(blocks, treatments)
    away = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    df = (blocks - 1) * (treatments - 1)
    own = blocks * np.sum((table.mean(axis=0) - table.mean())**2) / (treatments - 1)
    return float(own / (np.sum(away**2) / df)), df


@pytest.mark.parametrize(("blocks", "treatments"), [(2, 2), (2, 3), (2, 4), (3, 3), (4, 5)])
@pytest.mark.parametrize("denominator", ["kenward_roger", "satterthwaite"])
def test_randomised_blocks_are_the_analysis_of_variance(
    blocks: int, treatments: int, denominator: Denominator
) -> None:
    """Also where F has no mean: with one or two degrees of freedom."""
    rng = np.random.default_rng(3)
    effect = np.repeat(5.0 * np.arange(blocks), treatments)
    y = effect + rng.normal(size=blocks * treatments)
    records = {"y": y, "block": np.repeat([f"b{k}" for k in range(blocks)], treatments),
               "kind": np.tile([f"t{k}" for k in range(treatments)], blocks)}
    table = y.reshape(blocks, treatments)
    away = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    residual = np.sum(away**2) / ((blocks - 1) * (treatments - 1))
    between = table.mean(axis=1).var(ddof=1) - residual / treatments
    model = {"traits": ["y"], "fixed": ["kind"], "random": [{"name": "block", "column": "block"}]}
    equations = equations_of(records, model, {"block": between, "residual": residual})
    found = _tests(equations, dense_fixed(equations).w, denominator)["y", "kind", "conditional"]
    f, df = _anova(y, blocks, treatments)
    assert found.denominator_df == pytest.approx(df, rel=1e-8)
    assert found.f == pytest.approx(f, rel=1e-8)
    assert found.f_unadjusted == pytest.approx(f, rel=1e-8)


def test_without_random_effects_it_is_the_classical_test() -> None:
    equations = _made("no random effect")
    design = equations.design
    x = columns(equations)
    fitted = x @ np.linalg.lstsq(x, design.y)[0]
    left = design.size - np.linalg.matrix_rank(x)
    variance = np.sum((design.y - fitted)**2) / left
    equations = equations.at(equations.variances.at(np.array([variance])))
    w = np.array([[2 * variance**2 / left]])
    for denominator in ("kenward_roger", "satterthwaite", "residual"):
        for test in _tests(equations, w, denominator).values():
            if test.numerator_df:
                assert test.denominator_df == pytest.approx(left, rel=1e-9)
                assert test.f == pytest.approx(test.f_unadjusted, rel=1e-9)


def test_relabelling_levels_changes_nothing() -> None:
    """Another level is set to zero, and the equations have another order."""
    equations = _made("animal and pen")
    sexes = {"f": "z", "m": "a"}
    records, _ = _herd()
    other = _made("animal and pen", sex=[sexes[sex] for sex in records["sex"]])
    w = dense_fixed(equations).w
    for denominator in ("kenward_roger", "satterthwaite"):
        one, two = (_tests(each, w, denominator) for each in (equations, other))
        for key, test in one.items():
            _assert_same(test, two[key])


def test_scaling_a_trait_changes_nothing() -> None:
    equations = _made("two traits")
    w = dense_fixed(equations).w
    scale = np.array([1000.0, 0.01])
    variances = equations.variances
    bigger = replace(variances, effects=tuple(
        part.stretched(scale) for part in variances.effects), residual=tuple(
        part.stretched(scale) for part in variances.residual))
    design = replace(equations.design, y=equations.design.y * scale[equations.design.trait])
    stretch = bigger.values / variances.values
    one = _tests(equations, w)
    scaled = replace(equations, design=design, variances=bigger)
    two = _tests(scaled, w * np.outer(stretch, stretch))
    for key, test in one.items():
        _assert_same(test, two[key])


def _assert_same(one: FixedTest, other: FixedTest) -> None:
    assert (one.numerator_df, one.method, one.note) == (
        other.numerator_df, other.method, other.note)
    for field in ("f", "f_unadjusted", "denominator_df"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-7, nan_ok=True)


def test_another_parametrisation_of_the_variances_changes_nothing() -> None:
    """Compound symmetry of two traits: (v, ρ), or (v, ρv) in which V is linear."""
    equations = _made("residual by class")
    dense = dense_fixed(equations)
    v, rho = equations.variances.effects[0].values
    p = equations.variances.count
    jacobian = np.eye(p)
    jacobian[1, :2] = rho, v
    linear = np.linalg.inv(jacobian)
    changes = list(np.einsum("ij,ikl->jkl", linear, np.array(dense.changes)))
    other = DenseFixed(dense.y, dense.x, dense.v, changes, jacobian @ dense.w @ jacobian.T)
    for test, number in zip(_tests(equations, dense.w).values(), range(8), strict=False):
        if test.numerator_df > 1 and not test.note:
            expected = other.kenward_roger(_dense_contrast(equations, other, number))
            assert test.f == pytest.approx(expected.f, rel=1e-6)
            assert test.denominator_df == pytest.approx(expected.denominator_df, rel=1e-6)


def test_parameters_that_are_not_estimated_count_as_known() -> None:
    equations = _made("animal and pen")
    w = np.diag([0.0, 0.0, 0.3])
    dense = dense_fixed(equations, w)
    for number, test in enumerate(_tests(equations, w).values()):
        if test.numerator_df > 1:
            expected = dense.kenward_roger(_dense_contrast(equations, dense, number))
            assert test.denominator_df == pytest.approx(expected.denominator_df, rel=1e-6)
    for test in _tests(equations, np.zeros((3, 3))).values():
        if test.numerator_df:
            assert test.denominator_df == np.inf
            assert test.f == pytest.approx(test.f_unadjusted, rel=1e-12)
            assert test.p_value == pytest.approx(scipy.stats.chi2.sf(
                test.f * test.numerator_df, test.numerator_df), rel=1e-9)
            assert "chi-square" in test.note


def test_directions_give_the_covariance_back() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(4, 3)) * np.array([[1e4], [1.0], [0.0], [1e-3]])
    w = root @ root.T
    found = directions(w)
    assert found.shape == (4, 3)
    np.testing.assert_allclose(found @ found.T, w, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("solutions", "kept", "methods"), [
    (1e9, 1e9, {"sex": "kenward_roger", "pen": "kenward_roger"}),
    (2.5 * 3, 1e9, {"sex": "kenward_roger", "pen": "satterthwaite"}),
    (2.5 * 1, 1e9, {"sex": "satterthwaite", "pen": ""}),
    (1e9, 0.0, {"sex": "residual", "pen": "residual"}),
    (2.5 * 1, 0.0, {"sex": "residual", "pen": ""}),
])
def test_what_costs_too_much_is_done_in_another_way(
    monkeypatch: pytest.MonkeyPatch, solutions: float, kept: float, methods: Mapping[str, str]
) -> None:
    """Kenward & Roger need three solutions for each of the one or three effects."""
    records, pedigree = _herd()
    model = {"traits": ["t1"], "fixed": ["sex", "pen"], "random": [ANIMAL]}
    equations = equations_of(records, model, {"animal": 1.2, "residual": 2.0}, pedigree)
    factor = direct_solver().factorise(equations.lower())
    monkeypatch.setattr(fixed_tests, "OPERATIONS", 4.0 * factor.nnz * solutions)
    monkeypatch.setattr(fixed_tests, "KEPT", kept)
    found = _tests(equations, dense_fixed(equations).w, "auto")
    for effect, method in methods.items():
        test = found["t1", effect, "conditional"]
        if method:
            assert test.method == method
            assert ("Kenward" in test.note) == (method != "kenward_roger")
        else:
            assert "Not tested" in test.note
            assert test.method == "none"
            assert np.isnan(test.f)
