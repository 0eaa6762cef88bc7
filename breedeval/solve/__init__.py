"""Solvers behind one seam: sparse Cholesky, LU, conjugate gradients, the selected inverse."""

from __future__ import annotations

from breedeval.solve.backends import Backend, backends, direct_solver, direct_solvers
from breedeval.solve.conjugate_gradient import conjugate_gradient
from breedeval.solve.forecast import Forecast, forecast
from breedeval.solve.low_rank import LowRankInverse, low_rank_inverse
from breedeval.solve.lu import LuSolver
from breedeval.solve.protocols import (
    Analysis,
    DirectSolver,
    Factor,
    IterativeSolution,
    Operator,
    SingularSystemError,
)
from breedeval.solve.selected_inverse import SelectedInverse

__all__ = [
    "Analysis",
    "Backend",
    "DirectSolver",
    "Factor",
    "Forecast",
    "IterativeSolution",
    "LowRankInverse",
    "LuSolver",
    "Operator",
    "SelectedInverse",
    "SingularSystemError",
    "backends",
    "conjugate_gradient",
    "direct_solver",
    "direct_solvers",
    "forecast",
    "low_rank_inverse",
]
