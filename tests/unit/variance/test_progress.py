"""A maximisation that was stopped goes on as if it never had been."""

from __future__ import annotations

import json

import numpy as np
import pytest

from breedeval.covariance.variances import Variances
from breedeval.variance.maximise import Options, maximise
from breedeval.variance.progress import State, largest_change
from tests.oracles.dense_reml import DenseData, DenseObjective
from tests.unit.covariance.made import every_kind
from tests.unit.variance.made import components, simulated, unconstrained, unstructured

FACTOR = next(kind for kind in every_kind(3) if type(kind).__name__ == "FactorAnalyticSettings")
CASES = {
    "interior": (simulated([1.0, 0.5], 2.0), components(1.0, 1.0, 1.0)),
    "boundary": (simulated([0.0, 1.0], 2.0, seed=2), components(1.0, 1.0, 1.0)),
    "singular": (simulated([np.ones((2, 2))], np.eye(2), seed=3, missing=0.2),
                 components(np.eye(2), np.eye(2))),
    "bad start": (simulated([1.0], 1.0), components(1e5, 1e-3)),
    "factors": (simulated([np.ones((3, 3)) + np.eye(3)], np.eye(3)),
                Variances((FACTOR.make(np.eye(3) + 0.5),), unstructured(np.eye(3)))),
    "slopes": (simulated([1.0], [[[1.0]], [[2.0]]], slopes=[0.3]),
               Variances(unstructured(1.0), unstructured(1.0, 1.0), np.zeros(1))),
}
every_case = pytest.mark.parametrize(("data", "start"), CASES.values(), ids=CASES)


@every_case
def test_resuming_from_any_round_gives_the_same_to_the_last_bit(
    data: DenseData, start: Variances
) -> None:
    constraints = unconstrained([f"p{k}" for k in range(start.count)])
    states: list[State] = []
    whole = maximise(DenseObjective(data), start, constraints, on_round=states.append)
    assert [state.round for state in states] == list(range(whole.rounds + 1))
    for state in states:
        kept = json.loads(json.dumps(state.to_dict()))
        resumed = maximise(DenseObjective(data), start, constraints,
                           resume=State.from_dict(kept, start))
        assert resumed.history == whole.history
        assert resumed.log_likelihood == whole.log_likelihood
        np.testing.assert_array_equal(resumed.variances.values, whole.variances.values)
        np.testing.assert_array_equal(resumed.covariance, whole.covariance)


def test_the_last_state_is_where_it_ended() -> None:
    data, start = CASES["interior"]
    states: list[State] = []
    found = maximise(DenseObjective(data), start, unconstrained(["a", "b", "c"]),
                     Options(max_rounds=2), on_round=states.append)
    assert states[-1].history == found.history
    assert states[-1].history[-1].values == tuple(found.variances.values)


def test_change_is_relative_to_standard_deviations() -> None:
    before = components([[4.0, 0.0], [0.0, 1.0]], 1.0)
    after = components([[4.0, 0.4], [0.4, 1.0]], 1.1)
    assert largest_change(before, after) == pytest.approx(0.2)
    assert largest_change(components(1.0, 1.0), components(0.5, 1.0)) == pytest.approx(0.5)
