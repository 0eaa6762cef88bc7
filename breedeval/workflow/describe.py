"""Describe a pedigree file: on the screen, as a table, and as a page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.tables import individuals_table
from breedeval.io.folder import whole_folder
from breedeval.io.pedigree import read_pedigree
from breedeval.io.results import check_target, write_origin, write_table
from breedeval.pedigree.build import PedigreeReading
from breedeval.pedigree.describe import Description, describe
from breedeval.pedigree.inbreeding import Inbreeding, inbreeding
from breedeval.pedigree.pedigree import Pedigree
from breedeval.pedigree.relationship import relationship_block
from breedeval.provenance import describe_origin
from breedeval.workflow.screen import show

ROLES = ("individual", "sire", "dam", "sex", "birth", "group", "sire_group", "dam_group",
         "selfings", "clone_of")


def describe_file(
    file: Path, output: Path | None, *, reading: PedigreeReading, command: Sequence[str],
    among: Sequence[str] = (), force: bool = False,
) -> None:
    """Print a description; with ``output``, write pedigree.csv and pedigree.html there too.

    Additive relationships of the individuals named in ``among`` are printed, and written to
    relationships.csv, a table that a run file can name as a supplied relationship.

    Raises
    ------
    InputError
        Every fault of the file, names in ``among`` that are not in it, or an output folder that
        must not be replaced.
    """
    if output is not None:
        check_target(output, force=force)
    findings = Findings()
    pedigree = read_pedigree(file, reading, findings=findings)
    findings.raise_faults()
    threads = len(os.sched_getaffinity(0))
    found = inbreeding(pedigree.sire, pedigree.dam, selfings=pedigree.selfings, threads=threads)
    block = _block(file, pedigree, found, among) if among else None
    description = describe(pedigree, found, findings)
    if output is None:
        _show(file, description, block)
        return
    from breedeval.report import render_pedigree  # slow to load: where there is a page only

    frames = {name: pd.DataFrame(dict(columns)) for name, columns in description.tables.items()}
    page = render_pedigree(f"Pedigree {file.name}", description.facts, frames,
                           description.warnings)
    with whole_folder(output) as folder:
        write_table(individuals_table(pedigree, found.coefficients), folder / "pedigree.csv")
        if block is not None:
            write_table(block, folder / "relationships.csv")
        (folder / "pedigree.html").write_text(page, encoding="utf-8")
        write_origin(describe_origin({"pedigree": file}, command=command, threads=threads,
                                     overrides=()), folder)
    _show(file, description, block)
    print(output)


def _block(
    file: Path, pedigree: Pedigree, found: Inbreeding, among: Sequence[str]
) -> pd.DataFrame:
    """A among the named individuals, one row each."""
    names = [name for given in among for name in given.split(",") if name]
    rows = pedigree.individuals.codes(names)
    absent = [name for name, row in zip(names, rows, strict=True) if row < 0]
    if absent or len(set(names)) < len(names):
        raise InputError(Problem(
            "--among", f"not in {file.name}: {', '.join(absent)}" if absent else
            "an individual is named twice", "Expected individuals of the pedigree, each once"))
    block = relationship_block(pedigree.sire, pedigree.dam, found.mendelian, rows)
    return pd.DataFrame({"individual": names, **dict(zip(names, block.T, strict=True))})


def parse_columns(given: Sequence[str]) -> dict[str, str | int]:
    """``role=column`` pairs; a column may be a name or, in a file without header, a position."""
    columns: dict[str, str | int] = {}
    problems = []
    for item in given:
        role, equals, name = item.partition("=")
        if not equals or role not in ROLES or not name:
            problems.append(Problem(
                f"--column {item}", "is not of the form ROLE=COLUMN",
                f"The roles are {', '.join(ROLES)}", "For example --column sire=father"))
        else:
            columns[role] = int(name) if name.isdecimal() else name
    if problems:
        raise InputError(*problems)
    return columns


def _show(file: Path, description: Description, block: pd.DataFrame | None) -> None:
    tables: dict[str, Mapping[str, object]] = dict(description.tables)
    if block is not None:
        tables["additive_relationships"] = {str(k): block[k] for k in block}
    show(file, description.warnings, description.facts, tables)
