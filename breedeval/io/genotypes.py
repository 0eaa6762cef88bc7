"""Genotypes from files, one reader a format.

=============  ===========================================  ======================================
format         endings                                      what is counted
=============  ===========================================  ======================================
``plink``      ``.bed``, with ``.bim`` and ``.fam`` beside  the first allele of ``.bim``
``vcf``        ``.vcf``                                     the alternative allele
``hapmap``     ``.hmp.txt``, ``.hmp``, ``.hapmap``          the second of the alleles
``blupf90``    ``.txt``, ``.snp``, ``.geno``, ``.dat``      as written (0, 1, 2; 5 is missing)
``table``      ``.csv``, ``.tsv``, ``.parquet``             as written, or dosages
=============  ===========================================  ======================================

Text may be compressed by gzip or bgzip (``.gz``, ``.bgz``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from breedeval.errors import Findings, InputError, Problem
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.blupf90_genotypes import read_blupf90
from breedeval.io.genotype_map import read_map, renamed, with_map
from breedeval.io.genotype_table import read_table_of_genotypes
from breedeval.io.hapmap import read_hapmap
from breedeval.io.plink import read_bed
from breedeval.io.tables import require_file
from breedeval.io.vcf import read_vcf

Reader = Callable[[Path, GenotypeReading, Findings], Genotypes]

READERS: dict[str, Reader] = {
    "plink": read_bed,
    "vcf": read_vcf,
    "hapmap": read_hapmap,
    "blupf90": read_blupf90,
    "table": read_table_of_genotypes,
}

ENDINGS = {
    ".bed": "plink", ".vcf": "vcf", ".hmp.txt": "hapmap", ".hmp": "hapmap", ".hapmap": "hapmap",
    ".txt": "blupf90", ".snp": "blupf90", ".geno": "blupf90", ".dat": "blupf90",
    ".csv": "table", ".tsv": "table", ".parquet": "table",
}
"""Formats by the ending of the name; the first that fits."""


def read_genotypes(
    path: Path, reading: GenotypeReading | None = None, *, map_file: Path | None = None,
    ids_file: Path | None = None, findings: Findings,
) -> Genotypes:
    """Read genotypes.

    Parameters
    ----------
    path : path
        The ending of its name says the format, unless ``reading`` does.
    reading : GenotypeReading, optional
    map_file : path, optional
        Names, chromosomes and positions of the markers.
    ids_file : path, optional
        Two columns: the name in pedigree and records, and the name in the file.
    findings : Findings
        Where faults and warnings go; the genotypes must not be used before
        ``findings.raise_faults()``.

    Raises
    ------
    InputError
        When there is nothing to read.
    """
    reading = reading or GenotypeReading()
    require_file(path)
    own = Findings()
    found = READERS[_format(path, reading)](path, reading, own)
    if not own.faults:
        found = with_files(found, map_file, ids_file, own)
    findings.take(own)
    return found


def with_files(
    genotypes: Genotypes, map_file: Path | None, ids_file: Path | None, findings: Findings
) -> Genotypes:
    """Genotypes with the places of a map and the names of another file, where these are given.

    Raises
    ------
    InputError
        When one of them is something else.
    """
    own = Findings()
    if map_file is not None:
        places = read_map(map_file, own)
        if not own.faults:
            genotypes = with_map(genotypes, places, own)
    if ids_file is not None and not own.faults:
        genotypes = renamed(genotypes, ids_file, own)
    findings.take(own)
    return genotypes


def files_of(path: Path) -> dict[str, Path]:
    """The file, and those that belong to it, by what they are."""
    files = {"genotypes": path}
    if path.suffix.lower() == ".bed":
        files |= {f"genotypes ({ending})": path.with_suffix(ending) for ending in (".bim", ".fam")}
    return files


def _format(path: Path, reading: GenotypeReading) -> str:
    if reading.file_format != "auto":
        return reading.file_format
    name = path.name.lower().removesuffix(".gz").removesuffix(".bgz")
    found = next((known for ending, known in ENDINGS.items() if name.endswith(ending)), None)
    if found is None:
        suffix = Path(name).suffix
        raise InputError(Problem(
            path.name, f"'{suffix}' is no format of genotypes" if suffix else
            "the name has no ending", f"Expected one of {', '.join(ENDINGS)}",
            "Say 'format' (plink, vcf, hapmap, blupf90 or table), or rename the file"))
    return found
