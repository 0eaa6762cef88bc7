"""What every kind of relationship says of itself: its options, what it needs, how it is built."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.relationship.precision import Precision

MatrixLayout = Literal["auto", "square", "triplets", "grm", "npz"]


@dataclass(frozen=True, eq=False)
class LabelledMatrix:
    """A square matrix in a file: a supplied or saved relationship, or Γ of metafounders.

    Parameters
    ----------
    source : str
        Name of the file.
    levels : Levels, length q
    values : ndarray of float64, shape (q, q)
    history : tuple of str
        How it was made: a line for each step, beginning with its word (``blend: …``).
    """

    source: str
    levels: Levels
    values: NDArray[np.float64]
    history: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Sources:
    """What relationships are built from.

    Parameters
    ----------
    pedigree : Pedigree or None
    matrices : mapping of relationship name to LabelledMatrix
        The files that :attr:`RelationshipKind.matrix_file` and ``more_matrices`` name, read.
    genotypes : Genotypes or None
    tables : mapping of (relationship name, option) to Table
        The files that :attr:`RelationshipKind.table_files` names, read.
    """

    pedigree: Pedigree | None = None
    matrices: Mapping[str, LabelledMatrix] = field(default_factory=dict)
    genotypes: Genotypes | None = None
    tables: Mapping[tuple[str, str], Table] = field(default_factory=dict)

    def require_pedigree(self) -> Pedigree:
        """The pedigree.

        Raises
        ------
        InputError
            When there is none.
        """
        if self.pedigree is None:
            raise InputError(Problem(
                "relationships", "the relationship needs a pedigree",
                "Expected 'pedigree: file:' in the run file", "Add it"))
        return self.pedigree

    def require_genotypes(self) -> Genotypes:
        """The genotypes.

        Raises
        ------
        InputError
            When there are none.
        """
        if self.genotypes is None:
            raise InputError(Problem(
                "relationships", "the relationship needs genotypes",
                "Expected 'genotypes: file:' in the run file", "Add it"))
        return self.genotypes


@dataclass(frozen=True, eq=False)
class Members:
    """Levels that a relationship brings, and names by which some of them are also known.

    Parameters
    ----------
    levels : Levels
        Individuals of the relationship.
    aliases : mapping of str to str
        Clones and the individual each is a copy of.
    source : str
        Where they come from, for messages.
    remedy : str
        What to do about a record of somebody else.
    without : Levels
        Others who are known, and whose records carry no effect.
    """

    levels: Levels
    aliases: Mapping[str, str]
    source: str
    remedy: str = "Add a line for it (parents may be unknown), or remove the record"
    without: Levels = field(default_factory=lambda: Levels.of([]))


def genotyped(genotypes: Genotypes) -> Members:
    """Everybody with genotypes."""
    return Members(
        genotypes.individuals, {}, genotypes.source,
        "Add its genotypes or remove the record; or use a relationship of kind 'single_step', for "
        "which its pedigree is enough")


class RelationshipKind(BaseModel, ABC):
    """Options of one kind of relationship in the run file, and the way to its precision.

    A kind adds a ``kind`` of type ``Literal[…]``, its options as fields, and the methods below.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    UNSAID: ClassVar[frozenset[str]] = frozenset()
    """Options that are not written out where they have their default."""

    @property
    def needs_pedigree(self) -> bool:
        """Whether its individuals are those of the pedigree."""
        return False

    @property
    def needs_genotypes(self) -> bool:
        """Whether it is computed from genotypes."""
        return False

    @property
    def matrix_file(self) -> Path | None:
        """A matrix that must be read first."""
        return None

    @property
    def matrix_layout(self) -> MatrixLayout:
        """How that file is laid out."""
        return "square"

    @property
    def more_matrices(self) -> Mapping[str, Path]:
        """Further matrices, by the option that names them; among the sources as NAME.OPTION."""
        return {}

    @property
    def table_files(self) -> Mapping[str, Path]:
        """Tables that must be read first, by the option that names them."""
        return {}

    @property
    def save_file(self) -> Path | None:
        """Where the relationship is to be kept for another run."""
        return None

    @abstractmethod
    def members(self, name: str, sources: Sources) -> Members | None:
        """The levels it brings; None when they are those found in the records."""

    @abstractmethod
    def build(self, name: str, sources: Sources, levels: Levels, *, threads: int) -> Precision:
        """K⁻¹ among ``levels`` for the relationship called ``name``."""

    def remark(self, name: str, built: Precision, findings: Findings) -> None:
        """Warn of what its user should know of the one that was built; mostly nothing."""
