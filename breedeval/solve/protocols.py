"""What the rest of the house asks of a solver, and what it gets back.

A direct solver analyses the pattern of a system once, factorises it for every set of values, and
returns a :class:`Factor`, which solves, and knows the log-determinant and the selected inverse.
Conjugate gradients return an :class:`IterativeSolution` and no factor: an exact likelihood cannot
be asked of them by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from breedeval.errors import BreedevalError
from breedeval.solve.selected_inverse import SelectedInverse
from breedeval.solve.symbolic import Structure

Float64 = NDArray[np.float64]


class SingularSystemError(BreedevalError):
    """The system is not positive definite to working precision.

    Attributes
    ----------
    unknown : int
        Index of the unknown at whose pivot it shows: it depends on others.
    relative_pivot : float
        Its pivot over its diagonal of the matrix; NaN where the factorisation broke off.
    """

    exit_code = 1

    def __init__(self, unknown: int, relative_pivot: float) -> None:
        self.unknown = unknown
        self.relative_pivot = relative_pivot
        super().__init__(
            f"the system is not positive definite: unknown {unknown} depends on others "
            f"(pivot/diagonal {relative_pivot:.1e})"
        )


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the pattern alone tells: the ordering chosen, and what a factorisation will need.

    Attributes
    ----------
    ordering : str
        Name of the ordering chosen.
    structure : Structure
        The order of elimination and the blocks of L.
    considered : dict of str to int
        Non-zeros of L under every ordering that was tried.
    """

    ordering: str
    structure: Structure
    considered: dict[str, int]

    @property
    def factor_nonzeros(self) -> int:
        """Non-zeros of L, diagonal included."""
        return self.structure.factor_nonzeros

    @property
    def flops(self) -> float:
        """Floating-point operations of the factorisation, Σ c² over the columns of L."""
        return self.structure.flops


@runtime_checkable
class Factor(Protocol):
    """A factorised symmetric positive-definite matrix C."""

    @property
    def engine(self) -> str:
        """Name of the solver that made it."""
        ...

    @property
    def nnz(self) -> int:
        """Non-zeros of L."""
        ...

    @property
    def log_determinant(self) -> float:
        """log |C|."""
        ...

    def solve(self, rhs: Float64) -> Float64:
        """C⁻¹ b, for b of shape (n,) or (n, k)."""
        ...

    def quadratic(self, rhs: Float64) -> Float64:
        """B′C⁻¹B for B of shape (n, k)."""
        ...

    @property
    def inverse(self) -> SelectedInverse:
        """C⁻¹ on the pattern of L; computed when first asked for, then kept."""
        ...

    def into_inverse(self) -> SelectedInverse:
        """The same in the memory of L, where it can be: nothing else may be asked afterwards."""
        ...


@runtime_checkable
class DirectSolver(Protocol):
    """Analyses a pattern once and factorises it as often as its values change."""

    @property
    def name(self) -> str:
        """Name for the log."""
        ...

    def analyse(self, lower: sparse.csc_array) -> Analysis:
        """Ordering, non-zeros and operations of the factor; kept for ``factorise``."""
        ...

    def factorise(self, lower: sparse.csc_array) -> Factor:
        """Factor of the matrix whose lower triangle is given.

        The analysis of the last pattern is used again when the pattern is the same.
        """
        ...


class Operator(Protocol):
    """A symmetric positive-definite matrix known by its products."""

    @property
    def size(self) -> int:
        """Number of unknowns."""
        ...

    def product(self, x: Float64) -> Float64:
        """C x, shape (n,)."""
        ...

    def diagonal(self) -> Float64:
        """Diagonal of C, shape (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class IterativeSolution:
    """What conjugate gradients found, and how far it is from solving the system.

    Attributes
    ----------
    values : ndarray
        Solution, of the shape of the right-hand side.
    iterations : int
        Rounds used (the most of any right-hand side).
    relative_residual : float
        ‖b − Cx‖ / ‖b‖ of the returned values, computed anew, not squared (the worst of all
        right-hand sides).
    converged : bool
        Whether it is within the tolerance.
    history : ndarray
        Relative residual before the first round and after each (of the slowest right-hand side).
    """

    values: Float64
    iterations: int
    relative_residual: float
    converged: bool
    history: Float64
