"""BLUPF90's text of genotypes: an identifier, blanks, and one digit (0, 1, 2, or 5) a marker."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from breedeval.errors import SHOWN_PER_KIND, Findings, InputError, Problem
from breedeval.genotypes.gather import MISSING, Gatherer
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.markers import unplaced
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotype_cells import WRONG, Copies
from breedeval.io.genotype_names import decoded, distinct
from breedeval.io.genotype_text import lines_of, no_lines
from breedeval.levels import Levels

_POINT = ord(".")
_FRACTION = 4
"""Characters of a gene content with decimals, such as ``1.05``."""

_COPIES = np.full(256, int(WRONG), np.int8)
_COPIES[list(b"0125")] = (0, 1, 2, int(MISSING))


def read_blupf90(path: Path, reading: GenotypeReading, findings: Findings) -> Genotypes:
    """Read SNP text; markers are called by their number.

    Gene contents with decimals take four characters each.

    Raises
    ------
    InputError
        When there are no genotypes, or the lines are something else.

    Notes
    -----
    Cost: linear; held is one line and what was read before in 2 bits a call.
    """
    if reading.ploidy != 2:
        raise InputError(Problem(path.name, f"'ploidy' is {reading.ploidy}",
                                 "Expected 2: the format has no other", "Use a table (CSV)"))
    names, places, width = [], [], 0
    ragged: list[Problem] = []
    gatherer = Gatherer("individuals")
    for number, line in lines_of(path):
        place = f"{path.name}:{number}"
        name, _, rest = line.strip().partition(b" ") if b"\t" not in line else (
            line.strip().replace(b"\t", b" ").partition(b" "))
        text = rest.strip()
        copies = _copies(text)
        width = width or copies.size
        if not text or b" " in text or copies.size != width:
            ragged.append(_ragged(place, text, copies.size, width))
            continue
        if copies.min(initial=0) < MISSING:
            copies = _wrong(place, copies, text, findings)
        names.append(decoded(name, place, findings))
        places.append(place)
        gatherer.add(copies)
    if ragged:
        findings.fault("ragged", *ragged[:SHOWN_PER_KIND], total=len(ragged))
    if not names and not ragged:
        raise no_lines(path.name, "one line an individual: its name and its genotypes")
    people = distinct(names, places, "individual", findings)
    markers = unplaced(Levels.of([str(at + 1) for at in range(width)]))
    return Genotypes(people, markers, gatherer.calls(), path.name)


def _copies(text: bytes) -> Copies:
    raw = np.frombuffer(text, np.uint8)
    if _POINT not in raw[:2]:
        return np.asarray(_COPIES[raw])
    if raw.size % _FRACTION:
        return np.zeros(0, np.int8)
    cells = raw.reshape(-1, _FRACTION).astype(np.float32)
    digits = cells[:, [0, 2, 3]] - ord("0")
    values = (digits @ np.array([1, 0.1, 0.01], np.float32)).round(2).astype(np.float32)
    wrong = (cells[:, 1] != _POINT) | ((digits < 0) | (digits > 9)).any(axis=1)
    values[values == 5] = MISSING
    values[wrong | (values > 2)] = WRONG
    return values


def _ragged(place: str, text: bytes, found: int, expected: int) -> Problem:
    if b" " in text:
        return Problem(place, "the genotypes are parted by blanks",
                       "Expected a name, blanks, and all genotypes in one piece",
                       "Say 'format: table' for a table parted by blanks")
    if not text:
        return Problem(place, "there is one word only", "Expected a name and its genotypes")
    return Problem(place, f"the line has {found:,} genotypes",
                   f"Expected {expected:,}, as in the first line",
                   "It may be cut off: write it again")


def _wrong(place: str, copies: Copies, text: bytes, findings: Findings) -> Copies:
    places = np.flatnonzero(copies == WRONG)
    size = 1 if copies.dtype == np.int8 else _FRACTION
    findings.fault("genotype", *(
        Problem(place, f"'{text[at * size:(at + 1) * size].decode('utf-8', 'replace')}' is no "
                f"genotype (marker {at + 1})", "Expected 0, 1 or 2, or 5 where it is missing",
                "Correct it") for at in places[:SHOWN_PER_KIND].tolist()), total=int(places.size))
    return np.where(copies == WRONG, np.asarray(MISSING, copies.dtype), copies)
