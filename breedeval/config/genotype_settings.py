"""The ``genotypes:`` part of a run file: where they are, how to read them, what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from breedeval.genotypes.quality import Thresholds
from breedeval.genotypes.reading import GenotypeFormat, GenotypeReading, Layout
from breedeval.model.form import Labels, Misfit, Part, did_you_mean, refuse


class ConflictSettings(Part):
    """Most opposing homozygotes (0 and 2 copies) between parents and progeny; 1 asks nothing."""

    individual: float = Field(
        0.01, ge=0, le=1, description="Of the markers called in both of a pair.", examples=[0.02])
    marker: float = Field(
        0.1, ge=0, le=1, description="Of the pairs at a marker, when those individuals are gone.",
        examples=[0.05])


class QualitySettings(Part):
    """What is asked of markers and individuals, in this order."""

    SHORT: ClassVar[str] = "The word default"
    WORDS: ClassVar[tuple[str, ...]] = ("default",)

    not_in_pedigree: Literal["keep", "remove"] = Field(
        "keep", description="Individuals that the pedigree, where there is one, does not have; "
        "they are listed.", examples=["remove"])
    sex_chromosomes: Literal["remove", "keep"] = Field(
        "remove", description="Markers of chromosomes that the map calls X, Y, XY, PAR1, PAR2, Z, "
        "W, M or MT, with or without chr before it.", examples=["keep"])
    marker_call_rate: float = Field(
        0.9, ge=0, le=1, description="Least part of the individuals with a call.",
        examples=[0.95])
    individual_call_rate: float = Field(
        0.9, ge=0, le=1, description="Least part of the markers (that are left) with a call.",
        examples=[0.95])
    duplicates: float | None = Field(
        None, gt=0.5, le=1, description="Of individuals that are the same at this part of the "
        "markers or more, the one with fewer calls is left out; when absent, nobody is.",
        examples=[0.99])
    conflicts: ConflictSettings = Field(
        ConflictSettings(), description="Opposing homozygotes, where there is a pedigree.",
        examples=[{"individual": 0.01, "marker": 0.1}])
    monomorphic: Literal["remove", "keep"] = Field(
        "remove", description="Markers at which all calls are the same.", examples=["keep"])
    maf: float = Field(
        0.05, ge=0, lt=0.5, description="Least frequency of the rarer allele.", examples=[0.01])
    hardy_weinberg: float | None = Field(
        None, ge=0, lt=1, description="Least P of the exact test; when absent, not tested, as "
        "inbred lines and selected animals depart from it rightly.", examples=[1e-6])

    @classmethod
    def widen(cls, short: str) -> dict[str, Any]:
        """``default`` is an empty mapping."""
        refuse([Misfit((), f"'quality' is '{short}'",
                       "Expected the word default, or thresholds such as {maf: 0.01}",
                       did_you_mean(short, cls.WORDS))] if short not in cls.WORDS else [])
        return {}

    @property
    def thresholds(self) -> Thresholds:
        """The same for the functions that work on genotypes."""
        return Thresholds(
            self.marker_call_rate, self.individual_call_rate, self.maf, self.hardy_weinberg,
            self.monomorphic == "keep", self.duplicates,
            self.conflicts.individual, self.conflicts.marker, self.not_in_pedigree == "remove",
            self.sex_chromosomes == "keep")


class GenotypeSettings(Part):
    """Where the genotypes are, how to read them, and what is left out of them."""

    file: Path = Field(
        description="PLINK (.bed, with .bim and .fam beside it), VCF (.vcf, .vcf.gz), HapMap "
        "(.hmp.txt), BLUPF90's text (.txt), or a table (.csv, .tsv, .parquet).",
        examples=["data/chip.bed"])
    format: GenotypeFormat = Field(
        "auto", description="Where the ending of the name does not say it.", examples=["vcf"])
    map: Path | None = Field(
        None, description="Names, chromosomes and positions of the markers, where the file has "
        "none: a table with a header, PLINK's .map, or BLUPF90's three columns.",
        examples=["data/chip.map"])
    ids: Path | None = Field(
        None, description="Two columns without a header: the name in pedigree and records, and "
        "the name in the file (BLUPF90's XrefID).", examples=["data/chip.txt_XrefID"])
    ploidy: int = Field(
        2, ge=1, le=16, description="Most copies of an allele in an individual.", examples=[4])
    missing: Labels = Field(
        ("", "NA"), description="Cells of a table that mean a missing call.",
        examples=[["", "NA", "-9"]])
    layout: Layout = Field(
        "individuals", description="What stands in the rows of a table.", examples=["markers"])
    exclude_chromosomes: Labels = Field(
        (), description="Chromosomes that are left out, as the map names them: sex chromosomes "
        "that have a number, and 0 for markers without a place.", examples=[["23", "0"]])
    quality: QualitySettings | None = Field(
        None, description="What is asked of markers and individuals; when absent, nothing is left "
        "out. The word default asks what is said below.", examples=["default"])

    @property
    def reading(self) -> GenotypeReading:
        """The same for the readers."""
        return GenotypeReading(self.format, self.ploidy, self.missing, self.layout,
                               self.exclude_chromosomes)
