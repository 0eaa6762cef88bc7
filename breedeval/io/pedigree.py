"""Pedigree files."""

from __future__ import annotations

from pathlib import Path

from breedeval.errors import Findings
from breedeval.io.tables import read_table
from breedeval.pedigree.build import PedigreeReading, build_pedigree
from breedeval.pedigree.headers import by_position
from breedeval.pedigree.pedigree import Pedigree


def read_pedigree(
    path: Path | str, reading: PedigreeReading | None = None, *, findings: Findings | None = None
) -> Pedigree:
    """Read a pedigree: one line an individual, in any order, in any format of a table.

    Parameters
    ----------
    path : path
        See :func:`breedeval.io.tables.read_table`. The file has no header line when the columns
        are given by position.
    reading : PedigreeReading, optional
        How its columns and codes are meant; needed only where they are not standard.
    findings : Findings, optional
        Where faults and warnings go; then the pedigree is completed as well as can be, and must
        not be used before ``findings.raise_faults()``. Without it any fault is raised here.

    Raises
    ------
    InputError
        When there is no pedigree to read, or, without ``findings``, for any fault.
    """
    reading = reading or PedigreeReading()
    gathered = Findings() if findings is None else findings
    table = read_table(path, missing=("",), header=not by_position(reading.columns),
                       findings=gathered)
    pedigree = build_pedigree(table, reading, findings=gathered)
    if findings is None:
        gathered.raise_faults()
    return pedigree
