"""Which models are special cases of which."""

import pytest

from breedeval.comparison.fitted import fitted
from breedeval.comparison.nesting import nest
from breedeval.comparison.structures import NotNestedError
from tests.unit.comparison.made import breeding_values, results

A = {"name": "animal", "column": "id", "relationship": "pedigree"}
PE = {"name": "pe", "column": "id"}
LITTER = {"name": "litter", "column": "litter"}
MATERNAL = {"name": "genetic", "relationship": "pedigree",
            "components": {"direct": "id", "maternal": "dam"}}
SOCIAL = {"name": "social", "relationship": "pedigree", "covariance": "diagonal",
          "components": {"direct": "id", "others": {"columns": ["m1", "m2"]}}}


def _model(*random, traits="y", fixed=("sex",), **rest):
    return {"traits": traits, "fixed": list(fixed), "random": list(random), **rest}


def _run(model, label="run", *, variances="reml", parameters=(), hashes=("a", "b"), **settings):
    made = results(breeding_values([1.0]), label=label, hashes=hashes, summary={
        "estimation": {"parameters": [
            {"parameter": name, "estimate": value, "status": status}
            for name, value, status in parameters]}})
    run = fitted(made, {"model": model, "variances": variances, **settings})
    assert run is not None
    return run


def _freed(small, large):
    nesting = nest(_run(small, "small"), _run(large, "large"))
    return [(part.variances, part.certainty) for part in nesting.freed], list(nesting.fixed)


def _curve(degree, **rest):
    return {"name": "curve", "relationship": "pedigree", "components": {"milk": {
        "column": "id", "basis": {"legendre": "dim", "degree": degree, "range": [5, 305]}}}, **rest}


def _by_sex(covariance):
    return {**A, "column": None, "covariance": covariance, "components": {"animal": {
        "column": "id", "basis": {"classes": "sex", "levels": ["F", "M"]}}}}


@pytest.mark.parametrize(("small", "large", "freed"), [
    (_model(A), _model(A), []),
    (_model(A), _model(A, PE), [(1, "exact")]),
    (_model(PE), _model(A, PE), [(1, "exact")]),
    (_model({**A, "name": "cow"}), _model(PE, A), [(1, "exact")]),
    (_model(), _model(A, PE, LITTER), [(1, "exact")] * 3),
    (_model(A), _model(MATERNAL), [(1, "exact")]),
    (_model(A), _model({**MATERNAL, "covariance": "diagonal"}), [(1, "exact")]),
    (_model({**MATERNAL, "covariance": "diagonal"}), _model(MATERNAL), [(0, "exact")]),
    (_model(A), _model(SOCIAL), [(1, "exact")]),
    (_model(_curve(1)), _model(_curve(2)), [(1, "exact")]),
    (_model(_curve(0)), _model(_curve(2)), [(1, "bound")]),
    (_model({**A, "name": "curve"}), _model(_curve(1)), [(1, "exact")]),
    (_model(A, traits=["y", "z"]), _model(A, PE, traits=["y", "z"]), [(1, "bound")]),
    (_model(A, traits=["y", "z"]), _model(A, {**PE, "traits": ["z"]}, traits=["y", "z"]),
     [(1, "exact")]),
    (_model({**A, "traits": ["y"]}, traits=["y", "z"]), _model(A, traits=["y", "z"]),
     [(1, "exact")]),
    (_model(A), _model(_by_sex("unstructured")), [(1, "exact")]),
    (_model(A), _model(A, residual={"by": "sex"}), [(0, "exact")]),
    (_model(A, residual={"by": "sex"}), _model(A, residual={"by": "year:sex"}), [(0, "exact")]),
    (_model(A), _model(A, residual={"log_linear": ["age"]}), [(0, "exact")]),
    (_model(A, traits=["y", "z"], residual={"covariance": "diagonal"}),
     _model(A, traits=["y", "z"]), [(0, "exact")]),
])
def test_special_cases(small, large, freed):
    assert _freed(small, large) == (freed, [])


@pytest.mark.parametrize(("small", "large", "why"), [
    (_model(A), _model(PE), "'animal' of small is not a part of any effect of large"),
    (_model(LITTER), _model(A, PE), "no component with the columns litter"),
    (_model(_curve(2)), _model(_curve(1)), "on the same basis"),
    (_model(A), _model(_by_sex("diagonal")), "no equal coefficients of all classes"),
    (_model(A, traits=["y", "z"]), _model({**A, "traits": ["y"]}, traits=["y", "z"]),
     "acts on other traits"),
    (_model(_curve(1, covariance="autoregressive")), _model(_curve(2, covariance={
        "kind": "scaled", "matrix": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]})), "one variance for all"),
    (_model(A, residual={"by": "sex"}), _model(A, residual={"by": "year"}), "classes of 'sex'"),
    (_model(A, residual={"log_linear": ["age"]}), _model(A), "different covariates"),
    (_model(A, weights="w"), _model(A, PE), "different weights"),
    (_model(A), _model(A, PE, fixed=["year"]), "fixed effect 'sex'"),
    (_model(A), _model(A, PE, fixed=[{"covariate": "age"}], intercept=False), "'sex'"),
])
def test_what_is_none(small, large, why):
    with pytest.raises(NotNestedError, match=why):
        nest(_run(small, "small"), _run(large, "large"))


def test_autoregressive_coefficients_in_another_order():
    sites = [{"name": "g", "covariance": "autoregressive", "components": {
        "line": {"column": "line", "basis": {"classes": "site", "levels": levels}}}}
        for levels in (["a", "b", "c"], ["b", "a", "c"])]
    with pytest.raises(NotNestedError):
        nest(_run(_model(sites[0])), _run(_model(sites[1])))


@pytest.mark.parametrize(("small", "large", "more"), [
    (["sex"], ["sex", "year"], ["year"]),
    (["sex"], ["sex:year"], ["sex:year"]),
    ([], ["sex"], ["sex"]),
    ([{"covariate": "age"}], [{"covariate": "age", "degree": 2}], ["age"]),
    ([{"covariate": "age"}], [{"covariate": "age", "within": "sex"}], ["age within sex"]),
    ([{"legendre": "age", "degree": 1, "range": [0, 9]}],
     [{"legendre": "age", "degree": 3, "range": [0, 9]}], ["age"]),
])
def test_fixed_effects(small, large, more):
    assert _freed(_model(A, fixed=small), _model(A, fixed=large)) == ([], more)


@pytest.mark.parametrize(("small", "large"), [
    ([{"covariate": "age", "degree": 2}], [{"covariate": "age"}]),
    ([{"bspline": "age", "knots": 4}], [{"bspline": "age", "knots": 5}]),
    ([{"legendre": "age", "degree": 1, "range": [0, 9]}],
     [{"legendre": "age", "degree": 1, "range": [0, 8]}]),
    (["age"], [{"covariate": "age"}]),
])
def test_fixed_effects_that_are_no_special_case(small, large):
    with pytest.raises(NotNestedError, match="only in the model with fewer parameters"):
        _freed(_model(A, fixed=small), _model(A, fixed=large))


def test_relationships_rest_on_files_not_on_names():
    one, other = _run(_model(A)), _run(_model(A, PE), hashes=("a", "another pedigree"))
    with pytest.raises(NotNestedError):
        nest(one, other)
    assert nest(_run(_model(PE)), other).freed[0].variances == 1
    renamed = _run(_model({**A, "relationship": "blood"}),
                   relationships={"blood": {"kind": "numerator"}})
    assert nest(one, renamed).freed == ()
    ignoring = _run(_model(A), relationships={"pedigree": {"kind": "numerator",
                                                           "inbreeding": False}})
    with pytest.raises(NotNestedError):
        nest(one, ignoring)


FIXED = [("animal", 3.0, "fixed"), ("pe", 1.0, "estimated"), ("residual", 4.0, "estimated")]
FREE = [(name, value, "estimated") for name, value, _ in FIXED]


def test_fixed_parameters():
    held = _run(_model(A, PE), variances={"method": "reml", "fix": ["animal"]}, parameters=FIXED)
    free = _run(_model(A, PE), parameters=FREE)
    assert [part.words for part in nest(held, free).freed] == ["animal not fixed"]
    with pytest.raises(NotNestedError, match="fixes 'animal'"):
        nest(free, held)
    assert nest(held, held).freed == ()


def test_tied_parameters():
    tied = _run(_model(A, PE), variances={"method": "reml", "tie": [["animal", "pe"]]})
    free = _run(_model(A, PE))
    assert [part.words for part in nest(tied, free).freed] == ["animal, pe not tied"]
    with pytest.raises(NotNestedError, match="ties animal, pe"):
        nest(free, tied)


def test_bounds_must_be_the_same():
    bounded = _run(_model(A), variances={"method": "reml", "bound": {"animal": [1, 2]}})
    with pytest.raises(NotNestedError, match="bounds"):
        nest(_run(_model(A)), bounded)
    assert nest(bounded, bounded).freed == ()


def test_given_variances_are_a_special_case_of_estimated_ones():
    given = _run(_model(A), variances={"animal": 1, "residual": 2})
    assert [part.variances for part in nest(given, _run(_model(A, PE))).freed] == [1, 0]
    with pytest.raises(NotNestedError, match="were given"):
        nest(_run(_model(A)), given)
