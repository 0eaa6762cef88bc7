"""Where a maximisation stands, as plain numbers: enough to go on from it as if never stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np

from breedeval.covariance.variances import Variances
from breedeval.variance.room import Pressed

Kind = Literal["start", "scale", "EM", "PX-EM", "AI", "slope"]


@dataclass(frozen=True)
class Round:
    """One round of the history.

    Parameters
    ----------
    number : int
        From 1; 0 is the start.
    kind : str
        How the step was made.
    log_likelihood : float
        Reached with it.
    change : float
        Largest change of a matrix element, relative to the standard deviations of its row and
        column; of a slope, the change itself.
    fraction : float
        Length of the step, relative to the whole Newton step.
    decrement : float
        What the whole Newton step promised to add to the log-likelihood before it was made.
    tries : int
        Likelihoods evaluated.
    values : tuple of float
        θ reached.
    """

    number: int
    kind: Kind
    log_likelihood: float
    change: float
    fraction: float
    decrement: float
    tries: int
    values: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class State:
    """After a round.

    Parameters
    ----------
    variances : Variances
    log_likelihood : float
    damping : float
        λ for the next AI step to begin with.
    pressed : Pressed
    history : tuple of Round
    """

    variances: Variances
    log_likelihood: float
    damping: float
    pressed: Pressed
    history: tuple[Round, ...]

    @property
    def round(self) -> int:
        """Number of the last round."""
        return self.history[-1].number

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, texts, lists and dictionaries; floats keep every bit in JSON."""
        return {
            "values": self.variances.values.tolist(), "log_likelihood": self.log_likelihood,
            "damping": self.damping,
            "pressed": {key: list(value) for key, value in asdict(self.pressed).items()},
            "history": [{**asdict(row), "values": list(row.values)} for row in self.history]}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any], like: Variances) -> State:
        """From :meth:`to_dict`; ``like`` has the structures, whatever its values."""
        names = [field.name for field in fields(Round) if field.name != "values"]
        history = tuple(Round(**{name: row[name] for name in names}, values=tuple(row["values"]))
                        for row in plain["history"])
        pressed = Pressed(**{key: tuple(value) for key, value in plain["pressed"].items()})
        return cls(like.at(np.array(plain["values"], np.float64)), plain["log_likelihood"],
                   plain["damping"], pressed, history)


def first_state(variances: Variances, log_likelihood: float) -> State:
    """At the start."""
    row = Round(0, "start", log_likelihood, 0.0, 0.0, 0.0, 1, tuple(variances.values.tolist()))
    return State(variances, log_likelihood, 0.0, Pressed(), (row,))


def largest_change(before: Variances, after: Variances) -> float:
    """Largest |ΔΣᵢⱼ|/√(ΣᵢᵢΣⱼⱼ), with the larger of both Σ below; of a slope, |Δb|."""
    found = [0.0, *np.abs(after.slopes - before.slopes)]
    for one, other in zip(before.covariances, after.covariances, strict=True):
        size = np.sqrt(np.maximum(np.diagonal(one.matrix), np.diagonal(other.matrix)))
        found.append(np.max(np.abs(other.matrix - one.matrix) / np.outer(size, size)))
    return float(max(found))
