"""Genotypes of a run: read, checked against the pedigree, and cleaned; records follow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from breedeval.config.genotype_settings import GenotypeSettings
from breedeval.config.settings import RunSettings
from breedeval.errors import SHOWN_PER_KIND, Findings, Problem
from breedeval.evaluation.preparing import Inputs
from breedeval.genotypes.conflicts import Parents
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.quality import Batch, absent_chromosomes, clean
from breedeval.io.genotype_table import genotypes_of_frame
from breedeval.io.genotypes import read_genotypes, with_files
from breedeval.levels import Levels
from breedeval.pedigree.pedigree import Pedigree
from breedeval.workflow.journal import Journal

MALE, FEMALE = 1, 2


def genotypes_of(settings: GenotypeSettings, findings: Findings) -> Genotypes:
    """Read what the run file names."""
    return read_genotypes(settings.file, settings.reading, map_file=settings.map,
                          ids_file=settings.ids, findings=findings)


def genotypes_of_table(
    settings: GenotypeSettings, frame: pd.DataFrame, findings: Findings
) -> Genotypes:
    """The same from a DataFrame; map and other names of individuals are files still."""
    found = genotypes_of_frame(frame, settings.reading, findings)
    return with_files(found, settings.map, settings.ids, findings)


def checked(
    settings: RunSettings, inputs: Inputs, findings: Findings, journal: Journal
) -> Inputs:
    """Inputs whose genotypes went through quality control, and whose records follow.

    Raises
    ------
    InputError
        When quality control leaves nothing.
    """
    asked, genotypes = settings.genotypes, inputs.genotypes
    if asked is None or genotypes is None:
        return inputs
    if asked.quality is not None:
        journal.step("Quality control of the genotypes")
    tell_absent(genotypes, asked.exclude_chromosomes, findings)
    parents = None if inputs.pedigree is None else parents_of(genotypes, inputs.pedigree)
    cleaned = clean(
        genotypes, None if asked.quality is None else asked.quality.thresholds,
        excluded=asked.exclude_chromosomes, parents=parents)
    for batch in cleaned.batches:
        _warn(genotypes.source, batch, findings)
        if batch.removed:
            journal.step(f"{len(batch.names):,} {batch.what}s left out: {batch.reason}")
    inputs = replace(inputs, genotypes=cleaned.genotypes, cleaned=cleaned)
    return _without_records(settings, inputs, cleaned.removed("individual"), findings)


def tell_absent(genotypes: Genotypes, excluded: tuple[str, ...], findings: Findings) -> None:
    """Warn of chromosomes to leave out that are not there."""
    absent = absent_chromosomes(genotypes, excluded)
    if not absent:
        return
    known = [name for name in pc.unique(genotypes.markers.chromosome).to_pylist()
             if name is not None]
    first = ", ".join(known[:SHOWN_PER_KIND]) + (", …" if len(known) > SHOWN_PER_KIND else "")
    expected = f"Expected chromosomes of the map ({first})" if known else "There is no map"
    findings.warn("absent chromosomes", Problem(
        genotypes.source,
        f"'exclude_chromosomes' names {', '.join(absent)}, and no marker is there",
        expected, "Write chromosomes as the map does" if known else "Name one under 'map'"))


def parents_of(genotypes: Genotypes, pedigree: Pedigree) -> Parents:
    """What the pedigree says of the genotyped; a clone has the parents of its original."""
    names = genotypes.individuals
    rows = pedigree.individuals.codes(names.labels).astype(np.int64)
    originals = Levels.of(list(pedigree.clone_of)).codes(names.labels)
    rows_of = pedigree.individuals.codes(list(pedigree.clone_of.values()))
    clones = originals >= 0
    rows[clones] = rows_of[originals[clones]]
    place = np.full(len(pedigree) + 1, -1, np.int64)
    place[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    listed = rows >= 0
    sire, dam = (np.where(listed, place[parent[rows]], -1)
                 for parent in (pedigree.sire, pedigree.dam))
    used = [np.isin(rows, parent[parent >= 0]) for parent in (pedigree.sire, pedigree.dam)]
    sex = np.where(listed, pedigree.sex[rows], 0)
    may_sire, may_dam = used[0] | (sex == MALE), used[1] | (sex == FEMALE)
    return Parents(sire, dam, may_sire if may_sire.any() else listed,
                   may_dam if may_dam.any() else listed, listed)


def _warn(source: str, batch: Batch, findings: Findings) -> None:
    """One warning a batch, with the first names."""
    count, what = len(batch.names), batch.what
    shown = ", ".join(_shown(batch, at) for at in range(min(count, SHOWN_PER_KIND)))
    more = f" and {count - SHOWN_PER_KIND:,} more" if count > SHOWN_PER_KIND else ""
    limit = "" if np.isnan(batch.limit) else f" (limit {batch.limit:g})"
    told = f"{batch.reason}{limit}: {count:,} {what}{'s' * (count != 1)}"
    if batch.removed:
        told += " left out"
    findings.warn(f"genotypes {what} {batch.reason}", Problem(
        source, f"{told} ({shown}{more})", "",
        "All of them are in genotype_quality" if more else ""))


def _shown(batch: Batch, at: int) -> str:
    return batch.names[at] + (f" → {batch.others[at]}" if batch.others[at] else "")


def _without_records(
    settings: RunSettings, inputs: Inputs, removed: list[str], findings: Findings
) -> Inputs:
    """Leave out records of removed individuals where an effect has no place for them.

    That is so where its individuals are those with genotypes alone; in single-step evaluation
    those without have their place by the pedigree.
    """
    drop: NDArray[np.bool_] = np.zeros(inputs.records.size, np.bool_)
    advice = "With 'relationship: single_step' they would be"
    for effect in settings.model.random if removed else ():
        kind = settings.relationship(effect.relationship)
        members = kind.members(effect.relationship, inputs.sources) if (
            kind.needs_genotypes) else None
        if members is None:
            continue
        gone = pa.array([name for name, code in zip(
            removed, members.levels.codes(removed), strict=True)
            if code < 0 and name not in members.aliases], pa.large_string())
        if len(gone) and members.source == "the pedigree":
            advice = "Add the individuals to the pedigree to use them"
        for name in {name for part in effect.parts.values() for name in part.sources}:
            if name in inputs.records.columns:
                drop |= np.asarray(pc.is_in(inputs.records.text(name), value_set=gone).to_numpy(
                    zero_copy_only=False), np.bool_)
    count = int(drop.sum())
    if not count:
        return inputs
    first = inputs.records.where(int(np.flatnonzero(drop)[0]))
    findings.warn("records of removed individuals", Problem(
        inputs.records.source, f"{count:,} records are of individuals whose genotypes were left "
        f"out, and are not used (the first is {first})", "", advice))
    return replace(inputs, records=inputs.records.select(np.flatnonzero(~drop)))
