"""Selection indices of a textbook."""

from __future__ import annotations

import numpy as np

from breedeval.selection.index import Information, economic_index

# Mrode (2014) Linear Models for the Prediction of Animal Breeding Values, 3rd ed., examples 1.6
# and 1.7: daily gain (ADG) and lean percentage (LP) of calves, economic weights 1.5 and 0.5
P = np.array([[6400.0, -57.6], [-57.6, 51.84]])
G = np.array([[2752.0, 62.064], [62.064, 15.552]])
INFORMATION = Information(P, G, G)


def test_index_for_the_aggregate_genotype() -> None:
    b = economic_index(INFORMATION, np.array([1.5, 0.5]))
    np.testing.assert_allclose(b, [0.674, 2.695], rtol=0, atol=5e-4)


def test_indices_for_one_trait_each() -> None:
    gain, lean = (economic_index(INFORMATION, a) for a in np.eye(2))
    np.testing.assert_allclose(gain, [0.445, 1.692], rtol=0, atol=5e-4)
    np.testing.assert_allclose(lean, [0.0125, 0.314], rtol=0, atol=5e-4)
    np.testing.assert_allclose(lean[0], 0.0125, rtol=0, atol=5e-5)
    # the index of the aggregate is the weighted sum of the two
    np.testing.assert_allclose(1.5 * gain + 0.5 * lean,
                               economic_index(INFORMATION, np.array([1.5, 0.5])), rtol=1e-12)
