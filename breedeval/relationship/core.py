"""Which individuals are the core of an approximate inverse (APY)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from breedeval.errors import InputError, Problem
from breedeval.levels import Levels
from breedeval.records import Table
from breedeval.relationship.precision import Vector

Rows = NDArray[np.int64]


class Core(BaseModel):
    """A core, by one of four keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    random: int | None = Field(
        None, gt=0, description="Number of individuals taken at random.", examples=[3000])
    eigenvalues: float | None = Field(
        None, gt=0, lt=1, description="As many at random as eigenvalues of G hold this share of "
        "its variance.", examples=[0.98])
    lowest_diagonal: int | None = Field(
        None, gt=0, description="Number of individuals, those with the lowest diagonal of G.",
        examples=[3000])
    file: Path | None = Field(
        None, description="Table with the column individual.", examples=["core.csv"])
    individuals: tuple[str, ...] | None = Field(
        None, min_length=1, description="The individuals themselves.", examples=[["A1", "A2"]])
    seed: int = Field(1, ge=0, description="Of what is taken at random.", examples=[7])

    @model_validator(mode="after")
    def _one(self) -> Core:
        given = [key for key in _KEYS if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join(_KEYS)}")
        return self

    @classmethod
    def of(cls, given: CoreSettings) -> Core:
        """The long form of a number or of a list."""
        if isinstance(given, Core):
            return given
        return cls(random=given) if isinstance(given, int) else cls(individuals=given)

    def words(self) -> str:
        """What the history says."""
        key = next(key for key in _KEYS if getattr(self, key) is not None)
        value = getattr(self, key)
        if key == "individuals":
            return f"{len(value)} listed"
        if key == "file":
            return f"listed in {value.name}"
        said = f"{key} {value}"
        return said if key == "lowest_diagonal" else f"{said}, seed {self.seed}"

    @property
    def needs_matrix(self) -> bool:
        """Whether the whole of G must be there before it is known."""
        return self.eigenvalues is not None

    def rows(
        self, individuals: Levels, table: Table | None = None, *,
        diagonal: Callable[[], Vector] | None = None, matrix: Callable[[], Vector] | None = None,
    ) -> Rows:
        """Places of the core among the individuals, ascending.

        Parameters
        ----------
        individuals : Levels
        table : Table, optional
            That of ``file``.
        diagonal, matrix : callable, optional
            Give the diagonal of G and the whole of it, where they are needed.

        Raises
        ------
        InputError
            When one of the listed has no genotypes.
        """
        size = len(individuals)
        if self.file is not None or self.individuals is not None:
            return _listed(self.individuals, individuals, table)
        if self.lowest_diagonal is not None:
            assert diagonal is not None
            order = np.argsort(diagonal(), kind="stable")
            return np.sort(order[:min(self.lowest_diagonal, size)])
        count = self.random
        if self.eigenvalues is not None:
            assert matrix is not None
            count = count_of_eigenvalues(matrix(), self.eigenvalues)
        assert count is not None
        chosen = np.random.default_rng(self.seed).permutation(size)[:min(count, size)]
        return np.sort(chosen)


CoreSettings = (
    Annotated[int, Field(gt=0)] | Annotated[tuple[str, ...], Field(min_length=1)] | Core)
"""A number, a list of individuals, or keys."""

_KEYS = ("random", "eigenvalues", "lowest_diagonal", "file", "individuals")


def count_of_eigenvalues(matrix: Vector, share: float) -> int:
    """How many of the largest eigenvalues hold a share of their sum. Cost 4n³/3 flops."""
    values = scipy.linalg.eigvalsh(matrix)[::-1]
    return int(np.searchsorted(np.cumsum(values), share * values.sum()) + 1)


def _listed(
    names: tuple[str, ...] | None, individuals: Levels, table: Table | None
) -> Rows:
    source = "relationships: core"
    wanted = list(names or ())
    if table is not None:
        source = table.source
        wanted = [str(name) for name in table.text("individual").to_pylist() if name is not None]
    rows = individuals.codes(wanted)
    absent = [name for name, row in zip(wanted, rows, strict=True) if row < 0]
    if absent or not wanted:
        found = f"{len(absent):,} of {len(wanted):,} have no genotypes: " + ", ".join(
            absent[:5]) + (", …" if len(absent) > 5 else "") if wanted else "nobody is listed"
        raise InputError(Problem(source, found, "The core consists of genotyped individuals",
                                 "Correct the list"))
    return np.unique(rows).astype(np.int64)
