"""What predictions are worth.

Of predictions û_p of hidden phenotypes y* (corrected for fixed effects), one pair a record:

======================  =====================================================================
predictive_ability      cor(û_p, y*)
accuracy                cov(û_p, y*) / √(var(û_p) σ²_t): predictive ability over h, with
                        h² = σ²_t / var(y*)
dispersion              slope of y* on û_p; 1 where predictions spread as they should
bias                    mean(û_p) − mean(y*)
mean_squared_error      mean((y* − û_p)²)
======================  =====================================================================

Of û_p against û_w, predicted from all records, one pair an individual (method LR):

======================  =====================================================================
lr_bias                 mean(û_p) − mean(û_w)
lr_dispersion           cov(û_w, û_p) / var(û_p)
lr_correlation          cor(û_w, û_p): accuracy of p over that of w
lr_reliability_ratio    cov(û_w, û_p) / var(û_w): reliability of p over that of w
lr_accuracy             √(cov(û_w, û_p) / σ²_t)
======================  =====================================================================

σ²_t = (1 + F̄ − 2f̄)σ²_u is the genetic variance expected among the individuals tested: the mean of
the diagonal of K among them less that of its other elements, times the variance.

References
----------
Legarra & Reverter (2018), Genet. Sel. Evol. 50:53, equations 2 to 8.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from breedeval.validation.moments import Moments, ratio

Float64 = NDArray[np.float64]


def of_records(found: Moments, genetic_variance: float) -> Mapping[str, Float64]:
    """Statistics of predictions (x) against corrected phenotypes (y).

    Parameters
    ----------
    found : Moments
    genetic_variance : float
        σ²_t of the reference model, by which accuracy is measured; NaN where it is not known.
    """
    spread = np.sqrt(found.xx * found.freedom * genetic_variance)
    return {
        "predictive_ability": found.correlation,
        "accuracy": ratio(found.xy, spread),
        "dispersion": ratio(found.xy, found.xx),
        "bias": found.x - found.y,
        "mean_squared_error": ratio(found.apart, found.count)}


def of_individuals(found: Moments, genetic_variance: float) -> Mapping[str, Float64]:
    """Statistics of predictions from a part (x) against those from all records (y).

    Parameters
    ----------
    found : Moments
    genetic_variance : float
        σ²_t of the model itself.
    """
    shared = found.covariance / genetic_variance
    return {
        "lr_bias": found.x - found.y,
        "lr_dispersion": ratio(found.xy, found.xx),
        "lr_correlation": found.correlation,
        "lr_reliability_ratio": ratio(found.xy, found.yy),
        "lr_accuracy": np.sqrt(np.where(shared >= 0, shared, np.nan))}
