"""HapMap text: a line a marker, eleven columns about it, then the alleles of every individual."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.genotypes.gather import MISSING, Gatherer
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import Markers
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotype_cells import WRONG, Copies
from breedeval.io.genotype_names import decoded, distinct
from breedeval.io.genotype_text import lines_of, no_lines

FIXED = 11
"""Columns before the individuals: rs#, alleles, chrom, pos and seven that are not used."""

_BOTH = {"AG": "R", "CT": "Y", "CG": "S", "AT": "W", "GT": "K", "AC": "M", "+-": "0"}
"""One letter for a heterozygote."""
_BOTH |= {pair[::-1]: letter for pair, letter in list(_BOTH.items())}

_TAB = ord("\t")


@dataclass(slots=True)
class _Sites:
    """What is known of the markers so far."""

    names: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    chromosome: list[str | None] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    counted: list[str | None] = field(default_factory=list)
    other: list[str | None] = field(default_factory=list)
    several: int = 0


def read_hapmap(path: Path, reading: GenotypeReading, findings: Findings) -> Genotypes:
    """Read HapMap text of one letter (A, R, N) or two (AA, AG, NN) a call.

    Copies of the second of the two alleles are counted. A marker with more than two is left out,
    with a warning.

    Raises
    ------
    InputError
        When it is something else.

    Notes
    -----
    Cost: linear; held is one line and what was read before in 2 bits a call.
    """
    if reading.ploidy != 2:
        raise InputError(Problem(path.name, f"'ploidy' is {reading.ploidy}",
                                 "Expected 2: the format has no other", "Use a table (CSV)"))
    lines = lines_of(path)
    number, header = next(lines, (0, b""))
    head = header.split(b"\t")
    if len(head) <= FIXED or not head[0].lower().startswith(b"rs"):
        raise InputError(Problem(
            f"{path.name}:{max(number, 1)}", f"the header has {len(head)} columns and begins "
            f"with '{head[0].decode('utf-8', 'replace')[:20]}'",
            "Expected 'rs#', ten columns more and the individuals, parted by tabs",
            "Say with 'format' what the file is"))
    where = f"{path.name}:{number}"
    people = [decoded(cell, where, findings) for cell in head[FIXED:]]
    sites, gatherer = _Sites(), Gatherer("markers")
    for number, line in lines:
        copies = _site(f"{path.name}:{number}", line, people, sites, findings)
        if copies is not None:
            gatherer.add(copies)
    if not sites.names:
        raise no_lines(path.name, "one line a marker after the header")
    if sites.several:
        findings.warn("several alleles", Problem(
            path.name, f"{sites.several:,} markers have more than two alleles and were left out"))
    levels = distinct(people, [f"{where}, column {at + FIXED + 1}" for at in range(len(people))],
                      "individual", findings)
    names = distinct(sites.names, sites.places, "marker", findings)
    markers = Markers(names, *(pa.array(sites.chromosome, pa.large_string()),
                               np.array(sites.position, np.int64)),
                      pa.array(sites.counted, pa.large_string()),
                      pa.array(sites.other, pa.large_string()))
    return Genotypes(levels, markers, gatherer.calls(), path.name)


def _site(
    place: str, line: bytes, people: list[str], sites: _Sites, findings: Findings
) -> Copies | None:
    """Copies of one marker; None when it is left out."""
    found = line.count(b"\t") + 1
    if found != FIXED + len(people):
        findings.fault("ragged", Problem(
            place, f"the line has {found} columns", f"Expected {FIXED + len(people)}, as in the "
            "header", "Write it again; the file may be cut off"))
        return None
    cells = line.split(b"\t", FIXED)
    name, written, chromosome, position = (decoded(cell, place, findings) for cell in cells[:4])
    alleles = [allele for allele in written.upper().split("/") if allele not in ("N", "NA", "")]
    if len(alleles) > 2:
        sites.several += 1
        return None
    if not position.isdecimal():
        findings.fault("position", Problem(place, f"the position '{position}' is no number",
                                           "Expected base pairs, or 0 where unknown"))
    if any(len(allele) != 1 for allele in alleles):
        findings.fault("alleles", Problem(
            place, f"the alleles are '{written}'", "Expected two letters such as 'A/G'",
            "Write insertions and deletions as '+/-'"))
    sites.names.append(name)
    sites.places.append(place)
    sites.chromosome.append(chromosome or None)
    sites.position.append(int(position) if position.isdecimal() else 0)
    other, counted = [*alleles, None, None][:2]
    sites.other.append(other)
    sites.counted.append(counted)
    return _calls(place, cells[FIXED], other, counted, people, findings)


def _calls(
    place: str, samples: bytes, other: str | None, counted: str | None, people: list[str],
    findings: Findings,
) -> Copies:
    raw = np.frombuffer(samples.upper(), np.uint8)
    size = 2 if raw.size == 3 * len(people) - 1 else 1
    if raw.size != (size + 1) * len(people) - 1 or (raw[size::size + 1] != _TAB).any():
        cells = samples.upper().split(b"\t")
        uneven = [(at, cell) for at, cell in enumerate(cells) if len(cell) != len(cells[0])]
        at, cell = uneven[0] if uneven else (0, cells[0])
        findings.fault("letters", Problem(
            place, f"'{cell.decode('utf-8', 'replace')}' ({people[at]}) has another length than "
            "the calls before it" if uneven else f"the calls have {len(cells[0])} letters",
            "Expected one letter a call, or two, all through the line",
            "Write N (or NN) where a call is missing"))
        return np.full(len(people), MISSING, np.int8)
    table = _letters(other, counted, size)
    copies = table[raw[::size + 1]]
    if size == 2:
        second = table[raw[1::3]]
        both = copies + second
        both[(copies < 0) | (second < 0)] = int(MISSING)
        both[(copies == int(WRONG)) | (second == int(WRONG))] = int(WRONG)
        copies = both
    rows = np.flatnonzero(copies == int(WRONG))
    if rows.size:
        cells = samples.split(b"\t")
        findings.fault("genotype", *(
            Problem(place, f"'{cells[row].decode('utf-8', 'replace')}' of '{people[row]}' is not "
                    f"of the alleles {other or '?'}/{counted or '?'}",
                    "Expected these, or N where the call is missing",
                    "Correct the call, or the column 'alleles'")
            for row in rows[:SHOWN_PER_KIND].tolist()), total=int(rows.size))
        copies = np.where(copies == int(WRONG), np.int8(MISSING), copies)
    return np.asarray(copies)


def _letters(other: str | None, counted: str | None, size: int) -> NDArray[np.int8]:
    """Copies by letter: of an allele where a call has two letters, else of the call."""
    table = np.full(256, int(WRONG), np.int8)
    table[ord("N")] = int(MISSING)
    if other:
        table[ord(other[0])] = 0
    if counted:
        table[ord(counted[0])] = 1 if size == 2 else 2
    both = _BOTH.get(f"{other}{counted}")
    if both and size == 1:
        table[ord(both)] = 1
    return table
