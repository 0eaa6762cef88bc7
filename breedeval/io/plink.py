"""PLINK's binary genotypes: ``.bed`` beside ``.bim`` and ``.fam``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.packed import Packed, pack
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.delimited import Cells, Text, read_cells
from breedeval.io.genotype_map import whole_positions
from breedeval.io.genotype_names import distinct
from breedeval.levels import Levels, null_where
from breedeval.records import Table

MAGIC = b"\x6c\x1b\x01"
"""First bytes of a file whose calls stand marker after marker."""

WRITTEN = 4096
"""Markers that are written at a time."""

SIDEWAYS = b"\x6c\x1b\x00"
"""First bytes of one whose calls stand individual after individual."""

LOOKED_AT = 1000
"""Markers behind whose last individual it is looked for calls of others."""


def read_bed(path: Path, reading: GenotypeReading, findings: Findings) -> Genotypes:
    """Genotypes of a ``.bed`` file, which is mapped, not read; the first allele is counted.

    Individuals are known by the second column of ``.fam``, the identifier within the family.

    Raises
    ------
    InputError
        When one of the three files is missing, cut off, or of another kind.
    """
    if reading.ploidy != 2:
        raise InputError(Problem(path.name, f"'ploidy' is {reading.ploidy}",
                                 "Expected 2: the format has no other", "Use a table (CSV)"))
    if path.suffix.lower() == ".gz":
        raise InputError(Problem(
            path.name, "it is compressed, and a .bed file is used where it lies on disk",
            "Expected .bed, .bim and .fam as they are", "Unpack all three (gunzip)"))
    people = _columns(_beside(path, ".fam"), 6, findings)
    sites = _columns(_beside(path, ".bim"), 6, findings)
    data = _mapped(path, sites.lines.size, people.lines.size)
    _check_end(data, path.name, people.lines.size, findings)
    individuals = _names(people, path.with_suffix(".fam").name, "individual", findings)
    names = _names(sites, path.with_suffix(".bim").name, "marker", findings)
    position = _positions(sites, path.with_suffix(".bim").name, findings)
    zero = pa.scalar("0", pa.large_string())
    chromosome, counted, other = (
        null_where(sites.columns[k], pc.equal(sites.columns[k], zero)) for k in (0, 4, 5))
    markers = Markers(names, chromosome, position, counted, other)
    return Genotypes(individuals, markers, Packed(data, people.lines.size), path.name)


def _names(cells: Cells, source: str, what: str, findings: Findings) -> Levels:
    """Levels of the second column, whose names must be distinct."""
    labels = cells.columns[1]
    if pc.count_distinct(labels).as_py() == len(labels):
        return Levels(labels)
    places = [f"{source}:{line}" for line in cells.lines.tolist()]
    return distinct([str(name) for name in labels.to_pylist()], places, what, findings)


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
            path.name, f"the number of columns is {len(cells.columns)}", f"Expected {count}",
            "Write it again with PLINK"))
    return cells


def _positions(sites: Cells, source: str, findings: Findings) -> NDArray[np.int64]:
    return whole_positions(Table(source, {"position": sites.columns[3]}, sites.lines), "position",
                           findings)


def _mapped(path: Path, markers: int, individuals: int) -> NDArray[np.uint8]:
    with path.open("rb") as file:
        magic = file.read(3)
    if magic == SIDEWAYS:
        raise InputError(Problem(
            path.name, "its calls stand individual after individual, as very old files have them",
            "Expected marker after marker", "Write it again with PLINK 1.9 or 2 (--make-bed)"))
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


def _check_end(calls: NDArray[np.uint8], source: str, individuals: int,
               findings: Findings) -> None:
    """Warn of calls behind those of the last individual, where PLINK writes zeros."""
    if individuals % 4 and (calls[:LOOKED_AT, -1] >> 2 * (individuals % 4)).any():
        findings.warn("more calls than individuals", Problem(
            source, f"there are calls behind those of the {individuals:,} individuals of .fam",
            "Expected zeros", "Lines of .fam may be missing, and calls then be those of others: "
            "copy the three files again"))


def write_bed(genotypes: Genotypes, path: Path) -> None:
    """Write ``.bed``, ``.bim`` and ``.fam``; sexes, families and phenotypes are unknown (0, −9).

    Raises
    ------
    InputError
        When the calls are not copies 0, 1 and 2.
    """
    calls = genotypes.calls
    if calls.ploidy != 2:
        raise InputError(Problem(genotypes.source, f"the genotypes have ploidy {calls.ploidy}",
                                 "Expected 2: PLINK's form has no other"))
    markers, people = genotypes.markers, genotypes.individuals
    with path.with_suffix(".bed").open("wb") as file:
        file.write(MAGIC)
        for start in range(0, calls.markers, WRITTEN):
            file.write(_bytes_of(genotypes, start, min(start + WRITTEN, calls.markers)))
    table = zip(markers.chromosome.to_pylist(), markers.names.to_list(), markers.position.tolist(),
                markers.counted.to_pylist(), markers.other.to_pylist(), strict=True)
    path.with_suffix(".bim").write_text("".join(
        f"{place or 0}\t{name}\t0\t{position}\t{one or 0}\t{two or 0}\n"
        for place, name, position, one, two in table), encoding="utf-8")
    path.with_suffix(".fam").write_text("".join(
        f"{name}\t{name}\t0\t0\t0\t-9\n" for name in people.to_list()), encoding="utf-8")


def _bytes_of(genotypes: Genotypes, start: int, stop: int) -> bytes:
    calls = genotypes.calls
    if isinstance(calls, Packed):
        return _whole_bytes(calls, start, stop)
    copies = np.nan_to_num(calls.block(start, stop), nan=-1.0)
    if not np.array_equal(copies, np.rint(copies)):
        raise InputError(Problem(
            genotypes.source, "the genotypes are dosages with decimals",
            "Expected copies 0, 1 and 2: PLINK's form has no other", "Leave out --output"))
    return pack(copies.astype(np.int8)).data.tobytes()


def _whole_bytes(calls: Packed, start: int, stop: int) -> bytes:
    """Bytes of some markers, with 0 in the bits that belong to nobody."""
    data = np.array(calls.data[start:stop])
    spare = -calls.individuals % 4
    if spare and data.size:
        data[:, -1] &= 0xFF >> 2 * spare
    return data.tobytes()
