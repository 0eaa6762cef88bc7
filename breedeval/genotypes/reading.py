"""How a file of genotypes is to be read, where it does not say so itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

GenotypeFormat = Literal["auto", "plink", "vcf", "blupf90", "table", "hapmap"]
Layout = Literal["individuals", "markers"]


@dataclass(frozen=True)
class GenotypeReading:
    """What the user says about a file of genotypes.

    Parameters
    ----------
    file_format : str
        ``auto`` goes by the ending of its name.
    ploidy : int
        Most copies of an allele that an individual can have.
    missing : tuple of str
        Cells of a table that mean a missing call; an empty cell always does.
    layout : str
        What stands in the rows of a table.
    excluded : tuple of str
        Chromosomes that are left out; their calls need not be right.
    """

    file_format: GenotypeFormat = "auto"
    ploidy: int = 2
    missing: tuple[str, ...] = ("", "NA")
    layout: Layout = "individuals"
    excluded: tuple[str, ...] = ()
