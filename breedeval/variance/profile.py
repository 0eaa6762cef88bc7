"""The likelihood profile of one parameter, and the confidence interval that it gives.

L_p(θ) is the highest likelihood with the parameter held at θ. The signed root

    ζ(θ) = sign(θ − θ̂) √(2 (L(θ̂) − L_p(θ)))

is nearly a straight line, and the 95 % interval is where |ζ| ≤ 1.96, the root of the upper 5 %
point of χ² with one degree of freedom (Bates & Watts 1988; as lme4 profiles).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from breedeval.errors import InputError
from breedeval.variance.maximum import Maximum
from breedeval.variance.objective import REFUSED

LEVEL = 0.95
FARTHEST = 2.6
"""|ζ| at which a profile has been followed far enough."""
MOST = 16
"""Most points on either side."""
APPROACH = 0.2
"""Share of the distance to a bound that the next point leaves."""
CLOSE = 1e-3
"""Distance of ζ from its limit at which an end of the interval is taken as found."""

Bounds = tuple[float, float]
Refit = Callable[[Maximum, float], Maximum]


@dataclass(frozen=True)
class Profile:
    """A profile, from its lowest value to its highest.

    Parameters
    ----------
    parameter : str
    values, log_likelihoods : tuple of float
    lower, upper : float
        Ends of the 95 % confidence interval; of the parameter space where the likelihood does not
        fall so far, and NaN where it cannot be followed so far.
    """

    parameter: str
    values: tuple[float, ...]
    log_likelihoods: tuple[float, ...]
    lower: float
    upper: float


@dataclass
class _Side:
    """The points of one side of a profile, from the maximum outwards."""

    values: list[float]
    zetas: list[float]
    fits: list[Maximum]


def profile_parameter(maximum: Maximum, at: int, refit: Refit, bounds: Bounds) -> Profile:
    """Follow the likelihood to both sides of its maximum.

    Parameters
    ----------
    maximum : Maximum
        Of the model.
    at : int
        Number of the parameter.
    refit : callable
        ``refit(near, value)`` is the maximum with the parameter held at ``value``, sought from
        ``near``; raises what a likelihood raises where there is none.
    bounds : tuple of float
        Between which the parameter may be.

    Notes
    -----
    Some six maximisations on either side, each from the one before.
    """
    limit = float(ndtri(0.5 + LEVEL / 2))
    sides = [_follow(maximum, at, refit, sign, bound, limit=limit)
             for sign, bound in zip((-1.0, 1.0), bounds, strict=True)]
    lower, upper = (_end(side, limit, bound) for side, bound in zip(sides, bounds, strict=True))
    points = {value: fit.log_likelihood
              for side in sides for value, fit in zip(side.values, side.fits, strict=True)}
    values = sorted(points)
    return Profile(maximum.names[at], tuple(values), tuple(points[v] for v in values), lower, upper)


def _follow(
    maximum: Maximum, at: int, refit: Refit, sign: float, bound: float, *, limit: float
) -> _Side:
    """Steps of about half a unit of ζ, and then to the limit itself."""
    best = float(maximum.variances.values[at])
    side = _Side([best], [0.0], [maximum])
    step = _first_step(maximum, at)
    while len(side.values) < MOST and side.zetas[-1] < FARTHEST:
        value = side.values[-1] + sign * step
        if sign * (value - bound) >= 0:
            if _is_there(side, bound):
                break
            value = bound + APPROACH * (side.values[-1] - bound)
        if not _add(side, maximum, refit, value):
            step /= 4
            if step < 1e-4 * _first_step(maximum, at):
                break
            continue
        gained = side.zetas[-1] - side.zetas[-2]
        step *= min(max(0.6 / max(gained, 1e-3), 0.3), 3.0)
    _to_the_limit(side, maximum, refit, limit)
    return side


def _first_step(maximum: Maximum, at: int) -> float:
    error = float(maximum.standard_errors[at])
    typical = max(float(np.abs(maximum.variances.values).max()), 1e-12)
    return 0.6 * error if error > 0 else 0.01 * typical


def _add(side: _Side, maximum: Maximum, refit: Refit, value: float) -> bool:
    """Put one more point on a side, in its place; False where there is none."""
    near = min(range(len(side.values)), key=lambda k: abs(side.values[k] - value))
    try:
        fit = refit(side.fits[near], value)
    except (*REFUSED, InputError):
        return False
    zeta = float(np.sqrt(max(2.0 * (maximum.log_likelihood - fit.log_likelihood), 0.0)))
    place = sum(abs(other - side.values[0]) < abs(value - side.values[0])
                for other in side.values)
    side.values.insert(place, value)
    side.zetas.insert(place, zeta)
    side.fits.insert(place, fit)
    return True


def _to_the_limit(side: _Side, maximum: Maximum, refit: Refit, limit: float) -> None:
    """Fit where the interpolated ζ reaches the limit, until it does."""
    for _ in range(4):
        if side.zetas[-1] < limit or min(abs(zeta - limit) for zeta in side.zetas) < CLOSE:
            return
        value = _where(side, limit)
        if not _add(side, maximum, refit, value):
            return


def _where(side: _Side, limit: float) -> float:
    from scipy.interpolate import PchipInterpolator  # slow to load, and seldom needed

    rising = np.maximum.accumulate(side.zetas)
    kept = np.append(True, np.diff(rising) > 1e-12)
    zetas, values = rising[kept], np.array(side.values)[kept]
    return float(PchipInterpolator(zetas, values)(limit))


def _end(side: _Side, limit: float, bound: float) -> float:
    if side.zetas[-1] >= limit:
        return _where(side, limit)
    return float(bound) if _is_there(side, bound) else float("nan")


def _is_there(side: _Side, bound: float) -> bool:
    """Whether a side has come as near to a bound as makes no difference."""
    largest = float(np.abs(side.fits[0].variances.values).max())
    return bool(np.isfinite(bound)) and abs(side.values[-1] - bound) <= max(
        0.01 * abs(side.values[0] - bound), 1e-6 * largest)
