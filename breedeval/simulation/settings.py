"""What a simulated population is to look like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from breedeval.errors import InputError, Problem

Selection = Literal["random", "phenotype", "breeding_value"]
Recorded = Literal["females", "males", "all"]


@dataclass(frozen=True, kw_only=True)
class SimulationSettings:
    """A population with a pedigree, true breeding values and phenotypes.

    The defaults are dairy-like: few sires used in all herds, dams chosen within herds, records of
    females only.

    Parameters
    ----------
    animals : int
        All animals, founders included.
    generations : int
        Cohorts born, founders included; one every second year.
    sires, dams : float
        Males and females of a cohort that become parents: a fraction when below 1, else a number
        (all where there are fewer).
    sire_use, dam_use : int
        Cohorts in which a parent is used; generations overlap when above 1.
    litter : int
        Progeny of one mating (full sibs).
    herd_size : int
        Animals born in a herd in a cohort, on average.
    h2 : float
        Heritability σ²a/σ²p within fixed effects.
    repeatability : float
        (σ²a + σ²pe)/σ²p; used only when ``records_per_animal`` is above 1.
    phenotypic_variance : float
        σ²p = σ²a + σ²pe + σ²e.
    records_per_animal : int
        Records of each recorded animal, one a year.
    recorded : {'females', 'males', 'all'}
        Who can have records.
    recorded_fraction : float
        The part of those that has.
    selection : {'random', 'phenotype', 'breeding_value'}
        How parents are chosen. ``phenotype``: own mean as a deviation from contemporaries; animals
        without records by their dam's.
    chromosomes : int
        0: the infinitesimal model. Else breeding values come from QTL on so many chromosomes.
    morgans : float
        Length of each chromosome.
    snps, qtl : int
        In all; of the loci whose rarer allele has a frequency of 0.05 or more among founders.
    founder_size, history : int
        Size of the population that the founders descend from, and its generations of random
        mating: they make the linkage disequilibrium.
    genotyped_cohorts : int
        Last cohorts whose animals are genotyped.
    unrecorded_cohorts : int
        Last cohorts without records.

    Raises
    ------
    InputError
        Naming every value that cannot be simulated.
    """

    animals: int = 20_000
    generations: int = 10
    sires: float = 0.03
    dams: float = 0.7
    sire_use: int = 2
    dam_use: int = 2
    litter: int = 1
    herd_size: int = 30
    h2: float = 0.3
    repeatability: float = 0.5
    phenotypic_variance: float = 100.0
    records_per_animal: int = 1
    recorded: Recorded = "females"
    recorded_fraction: float = 1.0
    selection: Selection = "random"
    chromosomes: int = 0
    morgans: float = 1.0
    snps: int = 10_000
    qtl: int = 500
    founder_size: int = 100
    history: int = 100
    genotyped_cohorts: int = 3
    unrecorded_cohorts: int = 0

    def __post_init__(self) -> None:
        problems = self._problems()
        if problems:
            raise InputError(*problems)

    @property
    def variances(self) -> dict[str, float]:
        """True variances: ``animal``, ``permanent`` where records repeat, and ``residual``."""
        animal = self.h2 * self.phenotypic_variance
        if self.records_per_animal == 1:
            return {"animal": animal, "residual": self.phenotypic_variance - animal}
        permanent = (self.repeatability - self.h2) * self.phenotypic_variance
        rest = (1 - self.repeatability) * self.phenotypic_variance
        return {"animal": animal, "permanent": permanent, "residual": rest}

    def _problems(self) -> list[Problem]:
        least = {"generations": 1, "sire_use": 1, "dam_use": 1, "litter": 1, "herd_size": 1,
                 "records_per_animal": 1, "chromosomes": 0, "snps": 1, "qtl": 1,
                 "founder_size": 2, "history": 0, "genotyped_cohorts": 0, "unrecorded_cohorts": 0}
        problems = [_problem(name, getattr(self, name), f"Expected a whole number from {low}")
                    for name, low in least.items() if getattr(self, name) < low]
        if self.animals < 4 * max(1, self.generations):
            problems.append(_problem(
                "animals", self.animals, f"Expected at least {4 * max(1, self.generations)} "
                f"for {self.generations} generations (four in each)"))
        problems += [_problem(name, getattr(self, name), "Expected a value above 0")
                     for name in ("sires", "dams", "phenotypic_variance", "morgans")
                     if not getattr(self, name) > 0]
        if self.unrecorded_cohorts >= max(self.generations, 1):
            problems.append(_problem("unrecorded_cohorts", self.unrecorded_cohorts,
                                     f"Expected fewer than the {self.generations} generations"))
        if not 0 < self.h2 < 1:
            problems.append(_problem("h2", self.h2, "Expected a value between 0 and 1"))
        if self.records_per_animal > 1 and not self.h2 < self.repeatability < 1:
            problems.append(_problem("repeatability", self.repeatability,
                                     f"Expected a value between h2 ({self.h2}) and 1"))
        if not 0 < self.recorded_fraction <= 1:
            problems.append(_problem("recorded_fraction", self.recorded_fraction,
                                     "Expected a value above 0, at most 1"))
        words = {"recorded": get_args(Recorded), "selection": get_args(Selection)}
        problems += [_problem(name, getattr(self, name), f"Expected {', '.join(known)}")
                     for name, known in words.items() if getattr(self, name) not in known]
        return problems


def _problem(name: str, found: object, expected: str) -> Problem:
    return Problem("simulate", f"{name} is {found}", expected)
