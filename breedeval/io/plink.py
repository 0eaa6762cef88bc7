"""PLINK's binary genotypes: ``.bed`` beside ``.bim`` and ``.fam``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.packed import Packed
from breedeval.io.delimited import Cells, Text, read_cells
from breedeval.levels import Levels, null_where

MAGIC = b"\x6c\x1b\x01"
"""First bytes of a file whose calls stand marker after marker."""


def read_bed(path: Path, findings: Findings) -> Genotypes:
    """Genotypes of a ``.bed`` file, which is mapped, not read; the first allele is counted.

    Raises
    ------
    InputError
        When one of the three files is missing, cut off, or of another kind.
    """
    people = _columns(_beside(path, ".fam"), 6, findings)
    sites = _columns(_beside(path, ".bim"), 6, findings)
    individuals, names = Levels(people.columns[1]), Levels(sites.columns[1])
    position = _positions(sites, path.with_suffix(".bim").name, findings)
    zero = pa.scalar("0", pa.large_string())
    chromosome, counted, other = (
        null_where(sites.columns[k], pa.compute.equal(sites.columns[k], zero)) for k in (0, 4, 5))
    markers = Markers(names, chromosome, position, counted, other)
    calls = Packed(_mapped(path, len(markers), len(individuals)), len(individuals))
    return Genotypes(individuals, markers, calls, path.name)


def _beside(path: Path, suffix: str) -> Path:
    other = path.with_suffix(suffix)
    if not other.is_file():
        raise InputError(Problem(
            path.name, f"there is no file '{other.name}' beside it",
            "Expected .bed, .bim and .fam with one name in one folder", "Copy all three files"))
    return other


def _columns(path: Path, count: int, findings: Findings) -> Cells:
    cells = read_cells(Text(path.name, path.read_bytes().replace(b"\r\n", b"\n"), " ", False),
                       findings)
    if len(cells.columns) != count:
        raise InputError(Problem(
            path.name, f"there are {len(cells.columns)} columns", f"Expected {count}",
            "Write it again with PLINK"))
    return cells


def _positions(sites: Cells, source: str, findings: Findings) -> NDArray[np.int64]:
    try:
        return np.asarray(sites.columns[3].cast(pa.int64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        for row, text in enumerate(sites.columns[3].to_pylist()):
            if not str(text).lstrip("-").isdigit():
                findings.fault("position", Problem(
                    f"{source}:{int(sites.lines[row])}", f"the position '{text}' is no number",
                    "Expected base pairs"))
        return np.zeros(len(sites.columns[3]), np.int64)


def _mapped(path: Path, markers: int, individuals: int) -> NDArray[np.uint8]:
    with path.open("rb") as file:
        magic = file.read(3)
    if magic != MAGIC:
        raise InputError(Problem(
            path.name, "it does not begin as a .bed file whose calls stand marker after marker",
            "Expected the bytes 6c 1b 01", "Write it again with PLINK 1.9 or 2 (--make-bed)"))
    width = -(-individuals // 4)
    expected, found = 3 + markers * width, path.stat().st_size
    if found != expected:
        raise InputError(Problem(
            path.name, f"it holds {found:,} bytes",
            f"Expected {expected:,} for {individuals:,} individuals (.fam) and {markers:,} "
            "markers (.bim)", "Copy the three files again: they do not belong together, or one is "
            "cut off"))
    return np.memmap(path, np.uint8, "r", 3, (markers, width))
