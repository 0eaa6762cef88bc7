"""A pedigree cut down to those who matter: the kept and their ancestors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike

from breedeval.kernels.ancestry import mark_ancestors
from breedeval.levels import Codes, Levels
from breedeval.pedigree.pedigree import Pedigree


def prune(pedigree: Pedigree, keep_rows: ArrayLike) -> Pedigree:
    """Keep the given individuals and all of their ancestors, in the same order.

    Relationships and inbreeding of the kept are not changed by this, and neither are breeding
    values when everybody with a record is kept. How many were left out is
    ``len(pedigree) − len(pruned)``.

    Parameters
    ----------
    pedigree : Pedigree
        Parents before progeny.
    keep_rows : array_like of int
        Rows of those to keep; negative ones (individuals not in the pedigree) are ignored.

    Returns
    -------
    Pedigree
        Groups and clones stay; clones of somebody left out go.

    Notes
    -----
    Cost: linear in the number of individuals.
    """
    wanted = np.asarray(keep_rows, np.int64)
    kept = np.zeros(len(pedigree), np.bool_)
    kept[wanted[wanted >= 0]] = True
    mark_ancestors(pedigree.sire, pedigree.dam, kept)
    rows = np.flatnonzero(kept)
    if rows.size == len(pedigree):
        return pedigree
    rank = np.full(len(pedigree) + 1, -1, np.int32)
    rank[rows] = np.arange(rows.size, dtype=np.int32)
    index = pa.array(rows)
    individuals = Levels(pedigree.individuals.labels.take(index))
    return replace(
        pedigree,
        individuals=individuals,
        sire=rank[pedigree.sire[rows]],
        dam=rank[pedigree.dam[rows]],
        generation=pedigree.generation[rows],
        listed=pedigree.listed[rows],
        sire_group=pedigree.sire_group[rows],
        dam_group=pedigree.dam_group[rows],
        sex=pedigree.sex[rows],
        birth_year=pedigree.birth_year[rows],
        selfings=None if pedigree.selfings is None else pedigree.selfings[rows],
        clone_of=_clones_kept(pedigree, individuals),
        carried={name: column.take(index) for name, column in pedigree.carried.items()},
    )


def _clones_kept(pedigree: Pedigree, individuals: Levels) -> dict[str, str]:
    clones = list(pedigree.clone_of)
    originals: Codes = individuals.codes([pedigree.clone_of[clone] for clone in clones])
    return {clone: pedigree.clone_of[clone]
            for clone, code in zip(clones, originals, strict=True) if code >= 0}
