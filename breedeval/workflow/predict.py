"""Predict genotyped individuals from the marker effects of an earlier run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from breedeval.errors import Findings, InputError, Problem
from breedeval.evaluation.genomic_prediction import Prediction, predict
from breedeval.genotypes.genotypes import Genotypes
from breedeval.io.genotypes import read_genotypes
from breedeval.io.results import read_arrays, write_table
from breedeval.workflow.extras import MARKERS

NAMED = 5
"""Markers named of a kind; the rest are counted."""
FORMATS = (".csv", ".parquet")


def predict_file(results: Path, file: Path, output: Path | None, *, force: bool = False) -> None:
    """Print direct genomic values as CSV, or write them; how markers were found goes to stderr.

    Raises
    ------
    InputError
        When the results hold no marker effects, or none of the markers is known.
    """
    _check_output(output, force=force)
    arrays = read_arrays(results, MARKERS)
    if not arrays:
        raise InputError(Problem(
            str(results), f"there is no file '{MARKERS}.npz'",
            "Expected the results of a run with marker effects",
            "Add 'marker_effects: EFFECT' to the run file and run it again"))
    findings = Findings()
    genotypes = read_genotypes(file, findings=findings)
    findings.raise_faults()
    found = predict(arrays, genotypes)
    for line in (*findings.warnings, *_remarks(found, genotypes)):
        print(line, file=sys.stderr)
    if output is None:
        print(found.table.to_csv(index=False), end="")
        return
    write_table(found.table, output)
    print(output)


def _check_output(output: Path | None, *, force: bool) -> None:
    if output is None:
        return
    if output.suffix not in FORMATS:
        raise InputError(Problem("--output", f"'{output.name}' is neither .csv nor .parquet"))
    if output.exists() and not force:
        raise InputError(Problem(str(output), "exists already", "Expected a new name",
                                 "Use --force to replace it"))
    if not output.parent.is_dir():
        raise InputError(Problem(str(output), f"there is no folder '{output.parent}'"))


def _remarks(found: Prediction, genotypes: Genotypes) -> Iterator[str]:
    """How the markers were found."""
    alignment, names = found.alignment, found.names
    absent = [names[int(k)] for k in (alignment.rows < 0).nonzero()[0]
              if k not in set(alignment.conflicting.tolist())]
    total = len(names)
    yield (f"{genotypes.source}: {int((alignment.rows >= 0).sum()):,} of {total:,} markers with "
           f"effects found, {int(alignment.swapped.sum()):,} of them counted by the other allele "
           "and turned round")
    if alignment.unlabelled:
        yield (f"{alignment.unlabelled:,} markers have no alleles on one side, and are taken to "
               "count the same one")
    if absent:
        yield f"{_listed(absent)} absent: filled by the mean, 2p"
    if alignment.conflicting.size:
        conflicting = [names[int(k)] for k in alignment.conflicting]
        yield (f"{_listed(conflicting)} with other alleles, as if absent (on the other strand, "
               "perhaps)")
    if alignment.unknown.size:
        unknown = [genotypes.markers.names[int(k)] for k in alignment.unknown[:NAMED]]
        yield f"{_listed(unknown, int(alignment.unknown.size))} without an effect, not used"


def _listed(names: list[str], total: int | None = None) -> str:
    count = len(names) if total is None else total
    more = ", …" if count > NAMED else ""
    return f"{count:,} marker{'s' if count != 1 else ''} ({', '.join(names[:NAMED])}{more})"
