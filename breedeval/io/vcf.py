"""Variant call format: GT, or dosages DS where given; plain, or compressed by gzip or bgzip.

Copies of the alternative allele are counted. Lines are read one after the other, each as bytes;
cells of the usual form ``0/1`` are looked up all at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.genotypes.gather import MISSING, Gatherer
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotype_cells import WRONG, Copies
from breedeval.io.genotype_names import decoded, distinct
from breedeval.io.genotype_text import lines_of, no_lines

FIXED = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO", b"FORMAT")
_TAB, _SLASH, _BAR, _COLON = b"\t/|:"
_MIXED = -3.0
"""A genotype of another number of alleles."""

_ALLELE = np.full(256, int(WRONG), np.int8)
_ALLELE[list(b"01.")] = (0, 1, int(MISSING))


@dataclass(slots=True)
class _Sites:
    """What is known of the markers so far."""

    names: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    chromosome: list[str] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    counted: list[str | None] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    several: int = 0
    last: int = 1


def read_vcf(path: Path, reading: GenotypeReading, findings: Findings) -> Genotypes:
    """Read a VCF file; sites with several alternative alleles are left out, with a warning.

    A call that is half missing (``./1``) is missing. Where a site has DS, this is used, and GT
    where it is missing.

    Raises
    ------
    InputError
        When it is no VCF file or has no samples.

    Notes
    -----
    Cost: linear; held is one line and what was read before in 2 bits a call.
    """
    lines = lines_of(path)
    number, head = _header(path.name, lines)
    where = f"{path.name}:{number}"
    people = [decoded(cell, where, findings) for cell in head[len(FIXED):]]
    sites, gatherer = _Sites(last=number), Gatherer("markers", reading.ploidy)
    for number, line in lines:
        copies = _site(f"{path.name}:{number}", line, people, sites, reading, findings)
        sites.last = number
        if copies is not None:
            gatherer.add(copies)
    if not sites.names:
        raise no_lines(path.name, "one line a marker after the line '#CHROM'")
    if sites.several:
        findings.warn("several alleles", Problem(
            path.name, f"{sites.several:,} sites have more than one alternative allele and were "
            "left out", "Expected two alleles", "Split them (bcftools norm -m-) to use them"))
    levels = distinct(people, [f"{where}, column {at + len(FIXED) + 1}"
                               for at in range(len(people))], "individual", findings)
    names = distinct(sites.names, sites.places, "marker", findings)
    markers = Markers(
        names, pa.array(sites.chromosome, pa.large_string()), np.array(sites.position, np.int64),
        pa.array(sites.counted, pa.large_string()), pa.array(sites.other, pa.large_string()))
    return Genotypes(levels, markers, gatherer.calls(), path.name)


def _header(source: str, lines: Iterator[tuple[int, bytes]]) -> tuple[int, list[bytes]]:
    """The line that names the samples."""
    for number, line in lines:
        if number == 1 and not line.startswith(b"##fileformat=VCF"):
            raise InputError(Problem(
                f"{source}:1", "the file does not begin as VCF", "Expected '##fileformat=VCFv4…'",
                "Say with 'format' what it is"))
        if line.startswith(b"##"):
            continue
        head = line.split(b"\t")
        if head[0] != b"#CHROM":
            raise InputError(Problem(
                f"{source}:{number}", "the line that names the columns is not there",
                "Expected '#CHROM' and the other names before the first marker"))
        if tuple(head[:len(FIXED)]) != FIXED or len(head) == len(FIXED):
            raise InputError(Problem(
                f"{source}:{number}", f"the header has {len(head)} columns and no individuals"
                if len(head) <= len(FIXED) else "the header has other columns than VCF",
                f"Expected {', '.join(name.decode() for name in FIXED)} and the individuals, "
                "parted by tabs"))
        return number, head
    raise no_lines(source, "the line '#CHROM' and one line a marker")


def _site(
    place: str, line: bytes, people: list[str], sites: _Sites, reading: GenotypeReading,
    findings: Findings,
) -> Copies | None:
    """Copies of one site; None when it is left out."""
    cells = line.split(b"\t", len(FIXED))
    found = line.count(b"\t") + 1
    if found != len(FIXED) + len(people):
        findings.fault("ragged", Problem(
            place, f"the line has {found} columns", f"Expected {len(FIXED) + len(people)}, as in "
            "the header", "Write it again; the file may be cut off"))
        return None
    chromosome, position, name, reference, alternative = (
        decoded(cell, place, findings) for cell in cells[:5])
    if "," in alternative:
        sites.several += 1
        return None
    if not position.isdecimal():
        findings.fault("position", Problem(place, f"the position '{position}' is no number",
                                           "Expected base pairs"))
    sites.names.append(f"{chromosome}:{position}:{reference}:{alternative}" if name in (".", "")
                       else name)
    sites.places.append(place)
    sites.chromosome.append(chromosome)
    sites.position.append(int(position) if position.isdecimal() else 0)
    sites.counted.append(None if alternative == "." else alternative)
    sites.other.append(reference)
    if chromosome in reading.excluded:
        return np.full(len(people), MISSING, np.int8)
    return _calls(place, cells[8].split(b":"), cells[9], people, reading.ploidy, findings)


def _calls(
    place: str, keys: list[bytes], samples: bytes, people: list[str], ploidy: int,
    findings: Findings,
) -> Copies:
    if b"DS" in keys:
        return _dosages(place, keys, samples, people, ploidy, findings)
    if keys[0] != b"GT":
        findings.fault("format", Problem(
            place, f"FORMAT is '{b':'.join(keys).decode('utf-8', 'replace')}'",
            "Expected GT first, or DS", "Export genotypes or dosages"))
        return np.full(len(people), MISSING, np.int8)
    copies = _quick(samples) if ploidy == 2 else None
    if copies is None:
        copies = _slow([cell.partition(b":")[0] for cell in samples.split(b"\t")], ploidy)
    if copies.min(initial=0) < MISSING:
        return _wrong(place, copies, samples.split(b"\t"), people, ploidy, findings)
    return copies


def _quick(samples: bytes) -> Copies | None:
    """Copies where every genotype is two alleles of one digit; None where some are not so."""
    raw = np.frombuffer(samples + b"\t\t\t\t", np.uint8)
    ends = np.flatnonzero(raw == _TAB)[:-3]
    starts = np.concatenate([[0], ends[:-1] + 1])
    mark, after = raw[starts + 1], raw[np.minimum(starts + 3, ends)]
    usual = ((mark == _SLASH) | (mark == _BAR)) & ((after == _COLON) | (after == _TAB))
    if not (usual & (ends - starts >= 3)).all():
        return None
    first, second = _ALLELE[raw[starts]], _ALLELE[raw[starts + 2]]
    copies = first + second
    copies[(first < 0) | (second < 0)] = int(MISSING)
    copies[(first == int(WRONG)) | (second == int(WRONG))] = int(WRONG)
    return np.asarray(copies)


def _slow(genotypes: list[bytes], ploidy: int) -> Copies:
    known: dict[bytes, float] = {}
    return np.array([known[text] if text in known else known.setdefault(text, _copies(text, ploidy))
                     for text in genotypes], np.int8)


def _copies(text: bytes, ploidy: int) -> float:
    if text == b".":
        return MISSING
    alleles = text.replace(b"|", b"/").split(b"/")
    if not all(allele in (b"0", b"1", b".") for allele in alleles):
        return WRONG
    if len(alleles) != ploidy:
        return _MIXED
    return MISSING if b"." in alleles else float(alleles.count(b"1"))


def _dosages(
    place: str, keys: list[bytes], samples: bytes, people: list[str], ploidy: int,
    findings: Findings,
) -> Copies:
    """DS of every sample, GT where DS is missing."""
    at, called = keys.index(b"DS"), keys[0] == b"GT"
    cells = samples.split(b"\t")
    copies = np.empty(len(cells), np.float32)
    for row, cell in enumerate(cells):
        parts = cell.split(b":")
        dosage = parts[at] if at < len(parts) else b"."
        if dosage in (b".", b""):
            copies[row] = _copies(parts[0], ploidy) if called else MISSING
            continue
        try:
            number = float(dosage)
        except ValueError:
            number = WRONG
        copies[row] = number if 0 <= number <= ploidy else WRONG
    if copies.min(initial=0) < MISSING:
        return _wrong(place, copies, cells, people, ploidy, findings)
    return copies


def _wrong(
    place: str, copies: Copies, cells: list[bytes], people: list[str], ploidy: int,
    findings: Findings,
) -> Copies:
    """Say which calls are none; the copies with these missing."""
    for code, kind in ((WRONG, "genotype"), (_MIXED, "ploidy")):
        rows = np.flatnonzero(copies == code)
        if rows.size:
            findings.fault(kind, *(
                _problem(place, kind, cells[row].decode("utf-8", "replace"), people[row], ploidy)
                for row in rows[:SHOWN_PER_KIND].tolist()), total=int(rows.size))
    return np.where(copies < MISSING, np.asarray(MISSING, copies.dtype), copies)


def _problem(place: str, kind: str, cell: str, person: str, ploidy: int) -> Problem:
    if kind == "ploidy":
        return Problem(
            place, f"'{cell}' of '{person}' has {cell.replace('|', '/').count('/') + 1} allele(s)",
            f"Expected {ploidy}, as 'ploidy' says, of everybody",
            "Leave the chromosome out with 'exclude_chromosomes', or correct 'ploidy'")
    return Problem(place, f"'{cell}' is no genotype ({person})",
                   f"Expected alleles 0 and 1 or '.', or a dosage from 0 to {ploidy}",
                   "Correct it, or write '.' where the call is missing")
