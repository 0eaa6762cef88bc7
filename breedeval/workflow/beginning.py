"""Where the solver of a run begins: at the solutions of an earlier run, where it names one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from breedeval.config.settings import RunSettings
from breedeval.equations.henderson import Equations
from breedeval.evaluation.warm_start import start_from
from breedeval.io.comparison import read_results_table
from breedeval.workflow.journal import Journal


@dataclass(slots=True)
class Beginning:
    """The start of an iterative solver; nothing is read before the solver asks for it.

    Parameters
    ----------
    settings : RunSettings
    equations : Equations
    journal : Journal
    told : dict or None
        What was found, for the summary; None while nothing was.
    """

    settings: RunSettings
    equations: Equations
    journal: Journal
    told: dict[str, Any] | None = None

    def unknowns(self) -> NDArray[np.float64]:
        """The start in the numbering of the equations.

        Raises
        ------
        InputError
            When the solutions of the earlier run cannot be read.
        """
        folder = self.settings.solve.start
        assert folder is not None  # asked for only where there is one
        found = start_from(self.equations, read_results_table(folder, "solutions"))
        self.told = {"folder": str(folder), "matched": found.matched,
                     "new_from_parents": found.from_parents, "unknowns": self.equations.size}
        self.journal.step(
            f"Starting from the solutions in {folder}: {found.matched:,} of "
            f"{self.equations.size:,} unknowns are there"
            + (f", {found.from_parents:,} begin at the mean of the parents"
               if found.from_parents else ""))
        return found.unknowns
