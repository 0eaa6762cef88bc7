"""Cells of a table of genotypes as copies of the counted allele."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.genotypes.calls import Float32
from breedeval.genotypes.gather import MISSING

WRONG = -2.0
"""A cell that is no genotype."""

_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_KNOWN = 100_000

Copies = NDArray[np.int8] | Float32


@dataclass(slots=True)
class CellReader:
    """Reads rows of cells.

    Parameters
    ----------
    ploidy : int
    missing : tuple of str
        Cells that mean a missing call; an empty cell always does.
    delimiter : bytes
    """

    ploidy: int
    missing: tuple[str, ...]
    delimiter: bytes
    _known: dict[bytes, float] = field(default_factory=dict)
    _single: NDArray[np.int8] = field(default_factory=lambda: np.full(256, WRONG, np.int8))

    def __post_init__(self) -> None:
        self._forget()
        for cell, copies in self._known.items():
            if len(cell) == 1:
                self._single[cell[0]] = int(copies)

    def split(self, line: bytes) -> list[bytes]:
        """Cells of a line, without quotes."""
        if self.delimiter == b" ":
            return line.split()
        if b'"' not in line:
            return line.split(self.delimiter)
        row = next(csv.reader([line.decode("utf-8", "surrogateescape")],
                              delimiter=self.delimiter.decode(), skipinitialspace=True))
        return [cell.encode("utf-8", "surrogateescape") for cell in row]

    def quick(self, cells: bytes, width: int) -> Copies | None:
        """Copies of ``width`` cells of one character each; None where they are not so."""
        raw = np.frombuffer(cells, np.uint8)
        if raw.size != 2 * width - 1 or (raw[1::2] != self.delimiter[0]).any():
            return None
        return np.asarray(self._single[raw[::2]])

    def copies(self, cells: list[bytes]) -> Float32:
        """Copies of each cell; −1 where missing, −2 where it is no genotype."""
        known = self._known
        try:
            found = [known[cell] for cell in cells]
        except KeyError:
            found = [known[cell] if cell in known else self._learnt(cell) for cell in cells]
        return np.array(found, np.float32)

    def _learnt(self, cell: bytes) -> float:
        if len(self._known) > _KNOWN:
            self._forget()
        text = cell.strip()
        value = self._known.get(text, WRONG)
        if value == WRONG and _NUMBER.fullmatch(text):
            number = float(text)
            value = number if 0 <= number <= self.ploidy else WRONG
            if number in _numbers(self.missing):
                value = MISSING
        self._known[cell] = value
        return value

    def _forget(self) -> None:
        self._known.clear()
        self._known.update({str(k).encode(): float(k) for k in range(self.ploidy + 1)})
        self._known.update({code.encode(): MISSING for code in (*self.missing, "")})


def _numbers(codes: tuple[str, ...]) -> list[float]:
    return [float(code) for code in codes if _NUMBER.fullmatch(code.encode())]


def wrong_cells(
    copies: Copies, cells: list[bytes], names: list[str], where: str, ploidy: int,
    findings: Findings,
) -> Copies:
    """Say which cells are no genotypes; the copies with these missing."""
    places = np.flatnonzero(copies == WRONG)
    if places.size == 0:
        return copies
    findings.fault("genotype", *(
        Problem(where, f"'{cells[at].decode('utf-8', 'replace').strip()}' is no genotype "
                f"({names[at]})", f"Expected copies of an allele, from 0 to {ploidy}",
                _remedy(cells[at].strip(), ploidy)) for at in places[:SHOWN_PER_KIND].tolist()),
        total=int(places.size))
    return np.where(copies == WRONG, np.asarray(MISSING, copies.dtype), copies)


def _remedy(cell: bytes, ploidy: int) -> str:
    text = cell.decode("utf-8", "replace")
    if re.fullmatch(r"[ACGTNacgtn+-]([/|]?[ACGTNacgtn+-])?", text) and text not in "+-Nn":
        return "Letters are read from HapMap, VCF or PLINK files: say so with 'format'"
    if text.isdecimal() and ploidy < int(text) <= 12:
        return (f"Add '{text}' to 'genotypes: missing' if it means missing; say 'ploidy' if there "
                f"are more than {ploidy} sets of chromosomes")
    return f"Correct it, or add '{text}' to 'genotypes: missing' if it means missing"
