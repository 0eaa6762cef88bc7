"""Read everything that a run file names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from breedeval.config.settings import PedigreeSettings, RunSettings
from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.preparing import Inputs, prune_to_records
from breedeval.io.folder import find_table
from breedeval.io.genotypes import files_of
from breedeval.io.matrices import Layout, SquareMatrix, read_matrix
from breedeval.io.pedigree import read_pedigree
from breedeval.io.tables import read_table
from breedeval.model.columns import numeric_columns
from breedeval.model.spec import Model
from breedeval.pedigree.build import PedigreeReading
from breedeval.pedigree.pedigree import Pedigree
from breedeval.records import Table
from breedeval.relationship.kind import LabelledMatrix
from breedeval.workflow.genotypes import checked, genotypes_of
from breedeval.workflow.journal import Journal
from breedeval.workflow.shared_inputs import Reading, SharedInputs

START = "start of the solver"
"""Role of the solutions from which an iterative solver starts: an input that moves no result."""


def pedigree_reading(settings: PedigreeSettings) -> PedigreeReading:
    """How the run file says the pedigree is to be read."""
    columns = {role: value for role, value in settings.columns.model_dump().items()
               if value is not None}
    return PedigreeReading(columns, settings.unknown, settings.groups, settings.selfing)


def read_inputs(
    settings: RunSettings, findings: Findings, journal: Journal,
    shared: SharedInputs | None = None,
) -> Inputs:
    """Read records, pedigree, genotypes and matrices; faults of all of them are raised together.

    What other runs have read in the same way is taken from ``shared``.

    Raises
    ------
    InputError
    """
    shared = shared or SharedInputs()
    problems: list[str] = []
    records = pedigree = genotypes = None
    readings = readings_of(settings)
    try:
        journal.step(f"Reading records from {settings.records.file.name}")
        records = without_codes(settings, shared.get(
            readings["records"], findings, lambda found: read_table(
                settings.records.file, missing=missing_codes(settings), findings=found)))
        journal.step(f"{records.size:,} records, {len(records.columns)} columns")
    except InputError as error:
        problems += error.problems
    if settings.pedigree is not None:
        try:
            pedigree = _pedigree(settings.pedigree, readings["pedigree"], findings, journal, shared)
        except InputError as error:
            problems += error.problems
    if (asked := settings.genotypes) is not None:
        try:
            journal.step(f"Reading genotypes from {asked.file.name}")
            genotypes = shared.get(readings["genotypes"], findings,
                                   lambda found: genotypes_of(asked, found))
            journal.step(f"{len(genotypes.markers):,} markers of {len(genotypes.individuals):,} "
                         "individuals")
        except InputError as error:
            problems += error.problems
    matrices = _matrices(settings, problems, journal, shared)
    tables = _tables(settings, problems, journal)
    problems = [*findings.faults, *problems]
    if problems or records is None:
        raise InputError(*problems)
    found = Inputs(records, pedigree, matrices, genotypes, tables)
    return checked(settings, found, findings, journal)


def missing_codes(settings: RunSettings) -> tuple[str, ...]:
    """Cells of the records that mean missing; an empty cell always does."""
    return ("", *settings.records.missing)


def without_codes(settings: RunSettings, records: Table) -> Table:
    """Records whose numeric columns also lack codes in another spelling (-999.0 for -999)."""
    return records.without_numbers(
        numeric_columns(_with_all_effects(settings)), settings.records.missing)


def pruned(settings: RunSettings, inputs: Inputs, findings: Findings, journal: Journal) -> Inputs:
    """The same with the pedigree cut down to the records, where the settings ask for it."""
    if settings.pedigree is None or not settings.pedigree.prune or inputs.pedigree is None:
        return inputs
    kept = prune_to_records(_with_all_effects(settings), inputs, settings.relationships)
    assert kept.pedigree is not None
    before, after = len(inputs.pedigree), len(kept.pedigree)
    if after < before:
        journal.step(f"Pruned the pedigree to {after:,} individuals")
        findings.warn("pruned", Problem(
            settings.pedigree.file.name, f"pruning left out {before - after:,} of {before:,} "
            "individuals, who are neither in the records nor ancestors of those who are",
            "They get no breeding values; those of the others do not change"))
    return kept


def _with_all_effects(settings: RunSettings) -> Model:
    """The model with the random effects of those that are validated beside it."""
    return settings.model.model_copy(update={"random": settings.effects})


def _pedigree(
    settings: PedigreeSettings, reading: Reading, findings: Findings, journal: Journal,
    shared: SharedInputs,
) -> Pedigree:
    journal.step(f"Reading the pedigree from {settings.file.name}")
    pedigree = shared.get(reading, findings, lambda found: read_pedigree(
        settings.file, pedigree_reading(settings), findings=found))
    journal.step(f"{len(pedigree):,} individuals in the pedigree")
    return pedigree


def _matrices(
    settings: RunSettings, problems: list[str], journal: Journal, shared: SharedInputs
) -> dict[str, LabelledMatrix]:
    matrices = {}
    for name in _used(settings):
        kind = settings.relationship(name)
        files = {name: (kind.matrix_file, kind.matrix_layout), **{
            f"{name}.{option}": (path, "square") for option, path in kind.more_matrices.items()}}
        for key, (path, layout) in files.items():
            if path is None:
                continue
            journal.step(f"Reading the matrix of '{name}' from {path.name}")
            try:
                found = shared.get(_matrix_reading(path, layout), Findings(), partial(
                    _read_matrix, path, layout))
            except InputError as error:
                problems += error.problems
                continue
            matrices[key] = LabelledMatrix(path.name, found.levels, found.values, found.history)
    return matrices


def _read_matrix(path: Path, layout: Layout, findings: Findings) -> SquareMatrix:
    return read_matrix(path, layout)


def _matrix_reading(path: Path, layout: str) -> Reading:
    return Reading("matrix", (path,), layout)


def readings_of(settings: RunSettings) -> dict[str, Reading]:
    """Everything large that a run reads, each with all that its outcome depends on."""
    found = {"records": Reading("records", (settings.records.file,), repr(missing_codes(settings)))}
    if settings.pedigree is not None:
        asked = settings.pedigree.model_copy(update={"prune": False})
        found["pedigree"] = Reading("pedigree", (asked.file,), repr(asked))
    if settings.genotypes is not None:
        kept = settings.genotypes.model_copy(update={"quality": None, "exclude_chromosomes": ()})
        files = [*files_of(kept.file).values(), *filter(None, (kept.map, kept.ids))]
        found["genotypes"] = Reading("genotypes", tuple(files), repr(kept))
    for name in _used(settings):
        kind = settings.relationship(name)
        matrices: list[tuple[Path | None, str]] = [
            (kind.matrix_file, kind.matrix_layout),
            *((path, "square") for path in kind.more_matrices.values())]
        found |= {f"matrix {path}": _matrix_reading(path, layout)
                  for path, layout in matrices if path is not None}
    return found


def _tables(
    settings: RunSettings, problems: list[str], journal: Journal
) -> dict[tuple[str, str], Table]:
    tables = {}
    for name in _used(settings):
        for option, path in settings.relationship(name).table_files.items():
            journal.step(f"Reading '{option}' of '{name}' from {path.name}")
            try:
                tables[name, option] = read_table(path, missing=("", "NA"))
            except InputError as error:
                problems += error.problems
    return tables


def _used(settings: RunSettings) -> list[str]:
    return sorted({effect.relationship for effect in settings.effects})


def input_files(settings: RunSettings, run_file: Path | None) -> dict[str, Path]:
    """Every input file by what it is, for the provenance."""
    files = {} if run_file is None else {"run file": run_file}
    files["records"] = settings.records.file
    if settings.pedigree is not None:
        files["pedigree"] = settings.pedigree.file
    if settings.genotypes is not None:
        files |= files_of(settings.genotypes.file)
        for role, path in (("map", settings.genotypes.map), ("ids", settings.genotypes.ids)):
            if path is not None:
                files[f"genotypes ({role})"] = path
    for name, kind in settings.relationships.items():
        path = kind.matrix_file
        if path is not None:
            files[f"relationship {name}"] = path
        for option, other in {**kind.more_matrices, **kind.table_files}.items():
            files[f"relationship {name}: {option}"] = other
    start = settings.solve.start and find_table(settings.solve.start, "solutions")
    if start is not None:
        files[START] = start
    return files | _selection_files(settings)


def _selection_files(settings: RunSettings) -> dict[str, Path]:
    """Lists of candidates, bounds of contributions, pairs that are not mated, a linkage map."""
    asked = settings.selection
    if asked is None:
        return {}
    named = {"include": asked.candidates.include, "exclude": asked.candidates.exclude}
    if asked.contributions is not None:
        named["bounds"] = asked.contributions.bounds
    if asked.mating is not None:
        named |= {"forbidden": asked.mating.forbidden, "map": asked.mating.map}
    return {f"selection ({key})": path for key, path in named.items() if isinstance(path, Path)}
