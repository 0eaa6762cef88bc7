"""Describe a file of genotypes: on the screen, and cleaned as PLINK with a list of what went."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from breedeval.config.genotype_settings import GenotypeSettings, QualitySettings
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.genotype_tables import genotype_quality_table
from breedeval.genotypes.describe import describe, removals
from breedeval.genotypes.quality import clean
from breedeval.genotypes.reading import GenotypeFormat, Layout
from breedeval.io.folder import whole_folder
from breedeval.io.genotypes import files_of, read_genotypes
from breedeval.io.pedigree import read_pedigree
from breedeval.io.plink import write_bed
from breedeval.io.results import check_target, write_origin, write_table
from breedeval.model.form import did_you_mean
from breedeval.pedigree.build import PedigreeReading
from breedeval.provenance import describe_origin
from breedeval.workflow.genotypes import parents_of, tell_absent
from breedeval.workflow.screen import show


@dataclass(frozen=True)
class Asked:
    """What is asked of a file of genotypes.

    Parameters
    ----------
    settings : GenotypeSettings
        As in a run file.
    pedigree : path or None
    pedigree_reading : PedigreeReading
    """

    settings: GenotypeSettings
    pedigree: Path | None
    pedigree_reading: PedigreeReading


def describe_genotypes(
    asked: Asked, output: Path | None, *, command: Sequence[str], force: bool = False
) -> None:
    """Print a description; with ``output``, write the cleaned set and a list of what went too.

    Raises
    ------
    InputError
        Every fault of the files, or an output folder that must not be replaced.
    """
    if output is not None:
        check_target(output, force=force)
    findings, settings = Findings(), asked.settings
    genotypes = read_genotypes(settings.file, settings.reading, map_file=settings.map,
                               ids_file=settings.ids, findings=findings)
    pedigree = None if asked.pedigree is None else read_pedigree(
        asked.pedigree, asked.pedigree_reading, findings=findings)
    findings.raise_faults()
    tell_absent(genotypes, settings.exclude_chromosomes, findings)
    parents = None if pedigree is None else parents_of(genotypes, pedigree)
    thresholds = None if settings.quality is None else settings.quality.thresholds
    description = describe(genotypes, parents=parents, asked=thresholds)
    cleaned = clean(genotypes, thresholds, excluded=settings.exclude_chromosomes, parents=parents)
    tables, facts = dict(description.tables), list(description.facts)
    if cleaned.batches:
        tables["quality_control"] = removals(cleaned)
    if thresholds is not None or settings.exclude_chromosomes:
        left = cleaned.genotypes.calls
        facts += [("Left by quality control", f"{left.individuals:,} individuals, "
                   f"{left.markers:,} markers")]
    if output is not None:
        with whole_folder(output) as folder:
            name = settings.file.name.split(".")[0]
            write_bed(cleaned.genotypes, folder / f"{name}.bed")
            write_table(genotype_quality_table(cleaned), folder / "genotype_quality.csv")
            write_origin(describe_origin(
                _files(asked), command=command, threads=len(os.sched_getaffinity(0)),
                overrides=()), folder)
    show(settings.file, findings.warnings, facts, tables)
    if output is not None:
        print(output)


def settings_of(
    file: Path, *, file_format: str, layout: str, quality: Sequence[str], **others: Any
) -> GenotypeSettings:
    """Words of the command line as the part ``genotypes:`` of a run file.

    Raises
    ------
    InputError
        When one of them is none.
    """
    problems = [Problem(f"--{option} {word}", "is none of the words",
                        f"Expected one of {', '.join(words)}", did_you_mean(word, words))
                for option, word, words in (("format", file_format, get_args(GenotypeFormat)),
                                            ("layout", layout, get_args(Layout)))
                if word not in words]
    if problems:
        raise InputError(*problems)
    return GenotypeSettings.model_validate({
        "file": file, "format": file_format, "layout": layout,
        "quality": parse_quality(quality), **others})


def _files(asked: Asked) -> dict[str, Path]:
    others = {"map": asked.settings.map, "ids": asked.settings.ids, "pedigree": asked.pedigree}
    return files_of(asked.settings.file) | {
        role: path for role, path in others.items() if path is not None}


def parse_quality(given: Sequence[str]) -> QualitySettings | None:
    """``default``, and ``key=value`` pairs parted by commas, as ``quality:`` of a run file.

    Raises
    ------
    InputError
        When a key or a value is none of these.
    """
    if not given:
        return None
    values: dict[str, Any] = {}
    known = [name for name in QualitySettings.model_fields if name != "conflicts"]
    known += ["conflicts.individual", "conflicts.marker"]
    problems = []
    for item in (item for text in given for item in text.split(",") if item != "default"):
        key, equals, value = (part.strip() for part in item.partition("="))
        if not equals or key not in known:
            problems.append(Problem(f"--quality {item}", "is not of the form KEY=VALUE",
                                    f"The keys are {', '.join(known)}", did_you_mean(key, known)))
            continue
        part, dot, inner = key.partition(".")
        if dot:
            values.setdefault(part, {})[inner] = value
        else:
            values[part] = value
    try:
        settings = QualitySettings.model_validate(values)
    except ValidationError as error:
        problems += [Problem(
            f"--quality {'.'.join(str(part) for part in one['loc'])}={one['input']}",
            one["msg"][:1].lower() + one["msg"][1:]) for one in error.errors()]
    if problems:
        raise InputError(*problems)
    return settings
