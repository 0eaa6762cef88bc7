"""Names of parameters, and what the words of a run file fix, tie and bound."""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.covariance.compound_symmetry import CompoundSymmetrySettings
from breedeval.covariance.factor_analytic import FactorAnalyticSettings
from breedeval.covariance.variances import Variances
from breedeval.errors import InputError
from breedeval.model.form import MisfitError
from breedeval.variance.parameters import Parameters, constrain, name_parameters
from tests.unit.covariance.made import positive_definite
from tests.unit.variance.made import components, unstructured


def _model() -> tuple[Variances, Parameters]:
    variances = components([[3.0, 0.5], [0.5, 2.0]], 1.0, 4.0, 5.0)
    parameters = name_parameters(
        variances, {"genetic": ["direct", "maternal"], "byear": [""], "mother": [""]})
    return variances, parameters


def test_names() -> None:
    _, parameters = _model()
    assert parameters.names == (
        "genetic(direct)", "genetic(direct,maternal)", "genetic(maternal)", "byear", "mother",
        "residual")


def test_names_of_traits_classes_slopes_and_structures() -> None:
    three = positive_definite(3, 5)
    effects = (FactorAnalyticSettings(order=1).make(three),
               CompoundSymmetrySettings().make(three))
    variances = Variances(effects, unstructured(np.eye(2), np.eye(2)), np.zeros(1))
    parameters = name_parameters(
        variances, {"year": ["a", "b", "c"], "site": ["a", "b", "c"]}, classes=["1", "2"],
        traits=["bwt", "tarsus"], covariates=["age"])
    assert parameters.names == (
        "year.loading1(a)", "year.loading1(b)", "year.loading1(c)", "year.specific(a)",
        "year.specific(b)", "year.specific(c)", "site.variance", "site.correlation",
        "residual[1](bwt)", "residual[1](bwt,tarsus)", "residual[1](tarsus)", "residual[2](bwt)",
        "residual[2](bwt,tarsus)", "residual[2](tarsus)", "residual.log_linear(age)")
    assert parameters.positions("residual") == (8, 9, 10, 11, 12, 13)
    assert parameters.positions("residual[2]") == (11, 12, 13)
    assert parameters.positions("residual[1]( bwt, tarsus )") == (9,)
    assert parameters.positions("residual[1](tarsus,bwt)") == (9,)
    assert parameters.positions("residual.log_linear") == (14,)
    assert parameters.positions("nothing") is None


def test_nothing_said_leaves_all_free() -> None:
    variances, parameters = _model()
    found = constrain(parameters, variances.values)
    np.testing.assert_array_equal(found.map, np.eye(6))
    assert all(found.untouched)
    assert found.start(variances) is variances


def test_fixed_tied_and_bounded() -> None:
    variances, parameters = _model()
    found = constrain(
        parameters, variances.values, fix=["residual", "genetic(direct,maternal)"],
        tie=[["byear", "mother"]], bound={"genetic(direct)": (0.1, 2.0)})
    assert found.fixed == [False, True, False, False, False, True]
    assert found.untouched == [False, False, True, False, False, False]
    start = found.start(variances).values
    # genetic(direct) is moved to its bound, the tied ones to their mean
    np.testing.assert_allclose(start, [2.0, 0.5, 2.0, 2.5, 2.5, 5.0])
    moved = start + found.map @ np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(moved, [2.1, 0.5, 2.2, 2.8, 2.8, 5.0])


def test_an_effect_stands_for_all_its_parameters() -> None:
    variances, parameters = _model()
    found = constrain(parameters, variances.values, fix=["genetic"])
    assert found.fixed == [True, True, True, False, False, False]


def test_chains_of_ties_are_one() -> None:
    variances, parameters = _model()
    found = constrain(parameters, variances.values,
                      tie=[["byear", "mother"], ["mother", "residual"]])
    assert found.map[:, -1].tolist() == [0, 0, 0, 1, 1, 1]


def test_effects_are_tied_one_parameter_to_the_other() -> None:
    variances = components(np.eye(2), 2 * np.eye(2), 1.0)
    parameters = name_parameters(variances, {"a": ["x", "y"], "b": ["x", "y"]})
    found = constrain(parameters, variances.values, tie=[["a", "b"]])
    np.testing.assert_array_equal(
        found.map.sum(axis=0), [2, 2, 2, 1])
    np.testing.assert_allclose(found.start(variances).values[:3], [1.5, 0, 1.5])


@pytest.mark.parametrize(("wishes", "words"), [
    ({"fix": ["byaer"]}, ("variances: fix: there is no effect or parameter 'byaer'",
                          "Did you mean 'byear'?")),
    ({"bound": {"genetic": (0, 1)}}, (
        "variances: bound: genetic: 'genetic' has 3 parameters",
        "Choose from genetic(direct), genetic(direct,maternal), genetic(maternal)")),
    ({"tie": [["genetic", "byear"]]}, (
        "'genetic' and 'byear' have different numbers of parameters",)),
    ({"tie": [["mother", "byear"]], "fix": ["byear"]}, (
        "'mother' and 'byear' are tied, and one of them is fixed",)),
    ({"bound": {"byear": (0, 1)}, "fix": ["byear"]}, ("'byear' is bounded and fixed",)),
    ({"bound": {"byear": (2, 1)}}, ("the interval [2, 1] of 'byear' is empty",)),
])
def test_what_does_not_fit_is_said(wishes: dict[str, object], words: tuple[str, ...]) -> None:
    variances, parameters = _model()
    with pytest.raises(InputError) as raised:
        constrain(parameters, variances.values, **wishes)  # type: ignore[arg-type]
    for expected in words:
        assert expected in str(raised.value)


def test_all_is_said_at_once() -> None:
    variances, parameters = _model()
    with pytest.raises(InputError) as raised:
        constrain(parameters, variances.values, fix=["byaer", "mothre"], bound={"x": (0, 1)})
    assert len(raised.value.problems) == 3


def test_start_values_that_contradict_each_other() -> None:
    variances, parameters = _model()
    found = constrain(parameters, np.array([3, 9.0, 2, 1, 4, 5]), fix=["genetic(direct,maternal)"])
    with pytest.raises(InputError, match="no positive-definite matrix to start from"):
        found.start(variances)


def test_one_more_parameter_is_held_with_what_is_tied_to_it() -> None:
    variances, parameters = _model()
    found = constrain(parameters, variances.values, tie=[["byear", "mother"]],
                      fix=["residual"], bound={"byear": (0.1, 5.0), "genetic(direct)": (0.2, 4.0)})
    assert found.together(4) == [3, 4]
    held = found.held(4, 0.7)
    assert held.fixed == [False, False, False, True, True, True]
    assert held.lower.tolist() == [0.2, -np.inf, -np.inf]       # the bound on it is dropped
    np.testing.assert_allclose(held.start(variances).values, [3, 0.5, 2, 0.7, 0.7, 5])


def test_every_fault_has_its_place_in_the_run_file() -> None:
    variances, parameters = _model()
    with pytest.raises(MisfitError) as raised:
        constrain(parameters, variances.values, fix=["residual", "byaer"],
                  tie=[["byear", "mother"], ["mother", "x"]], bound={"genetic": (0, 1)})
    assert [misfit.path for misfit in raised.value.misfits] == [
        ("variances", "fix", 1), ("variances", "tie", 1, 1), ("variances", "bound", "genetic")]


def test_residual_covariances_of_two_traits() -> None:
    variances = components(1.0, np.eye(2), np.eye(2))
    parameters = name_parameters(
        Variances(variances.effects[:1], (*variances.effects[1:], *variances.residual)),
        {"a": [""]}, classes=["1", "2"], traits=["y", "z"])
    assert parameters.of_residual("z", "y") == [2, 5]
