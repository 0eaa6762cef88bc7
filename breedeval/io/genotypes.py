"""Genotypes from files, one reader a format.

===========  ==========================================================
``.bed``     PLINK 1 binary, with ``.bim`` and ``.fam`` beside it
===========  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.io.plink import read_bed

READERS: dict[str, Callable[[Path, Findings], Genotypes]] = {
    ".bed": read_bed,
}


def read_genotypes(path: Path, *, findings: Findings) -> Genotypes:
    """Read genotypes; the ending of the name says the format (see :data:`READERS`).

    Raises
    ------
    InputError
    """
    name = path.name.lower().removesuffix(".gz")
    for ending, reader in READERS.items():
        if name.endswith(ending):
            return reader(path, findings)
    raise InputError(Problem(
        path.name, f"'{Path(name).suffix}' is no format of genotypes",
        f"Expected one of {', '.join(READERS)}"))
