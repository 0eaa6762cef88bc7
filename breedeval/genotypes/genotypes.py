"""Genotypes of individuals: who, which markers, and the calls."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from breedeval.genotypes.calls import Calls
from breedeval.genotypes.markers import Markers
from breedeval.levels import Levels


@dataclass(frozen=True, eq=False)
class Genotypes:
    """A set of genotypes.

    Parameters
    ----------
    individuals : Levels, length n
    markers : Markers, length m
    calls : Calls, m × n
    source : str
        Name of the file, for messages.
    """

    individuals: Levels
    markers: Markers
    calls: Calls
    source: str

    def select(
        self, markers: NDArray[np.int64] | None = None,
        individuals: NDArray[np.int64] | None = None,
    ) -> Genotypes:
        """Those of some markers or individuals, in the order given."""
        people, names = self.individuals, self.markers
        if individuals is not None:
            people = Levels(people.take(individuals.astype(np.int32)))
        if markers is not None:
            names = names.take(markers)
        return replace(self, individuals=people, markers=names,
                       calls=self.calls.select(markers, individuals))
