"""Simulated chromosomes: what theory says of founders, gametes and families."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from breedeval.simulation import SimulationSettings, simulate
from breedeval.simulation.genome import Genome, Words, draw_gametes, found

SETTINGS = SimulationSettings(
    animals=600, generations=4, chromosomes=3, snps=400, qtl=60, sires=8, genotyped_cohorts=3,
    unrecorded_cohorts=1, founder_size=50, history=30, selection="breeding_value")


@pytest.fixture(scope="module")
def founders() -> tuple[Genome, Words]:
    return found(np.random.default_rng(1), founders=400, chromosomes=4, morgans=1.0, snps=800,
                 qtl=100, size=100, history=100, variance=30.0)


def test_breeding_values_of_founders(founders: tuple[Genome, Words]) -> None:
    genome, haplotypes = founders
    values = genome.values(haplotypes)
    assert values.mean() == pytest.approx(0, abs=1e-10)
    assert values.var() == pytest.approx(30)
    assert (genome.snps.word.size, genome.qtl.word.size) == (800, 100)


def test_linkage_disequilibrium_falls_with_distance(founders: tuple[Genome, Words]) -> None:
    """E(r²) is near 1/(1 + 4Nc) for loci 1 to 10 cM apart (Sved 1971), near 0 if unlinked."""
    genome, haplotypes = founders
    r2 = np.corrcoef(genome.snps.copies(haplotypes)) ** 2
    position = genome.chromosomes.positions[genome.snps.word, genome.snps.bit]
    chromosome = genome.chromosomes.chromosome[genome.snps.word]
    together = chromosome[:, None] == chromosome
    apart = np.abs(position[:, None] - position)
    for low, high in ((0.01, 0.02), (0.02, 0.05), (0.05, 0.1)):
        expected = 1 / (1 + 4 * 100 * (low + high) / 2)
        there = together & (apart > low) & (apart < high)
        assert r2[there].mean() == pytest.approx(expected, rel=0.4)
    assert r2[~together].mean() < 0.02


def test_progeny_share_half_of_either_parent(founders: tuple[Genome, Words]) -> None:
    """Alleles of a gamete come from either strand alike; the mean of progeny is the parents'."""
    genome, haplotypes = founders
    parents = np.repeat(np.arange(4, dtype=np.int32), 2000)
    gametes = draw_gametes(genome.chromosomes, haplotypes, parents, np.random.default_rng(2))
    share = genome.snps.copies(gametes[:, None]).reshape(800, 4, 2000).mean(axis=2)
    expected = genome.snps.copies(haplotypes[:4]) / 2
    assert np.abs(share - expected).max() < 5 * np.sqrt(0.25 / 2000)


def test_genotypes_agree_with_the_pedigree() -> None:
    """No progeny lacks an allele of which its parent has two copies."""
    population = simulate(SETTINGS, seed=3)
    genotypes = population.genotypes
    assert genotypes is not None
    assert len(genotypes.individuals) == 450
    copies = pd.DataFrame(genotypes.calls.block(0, 400), columns=genotypes.individuals.to_list())
    for role in ("sire", "dam"):
        pairs = population.pedigree[["individual", role]].dropna()
        pairs = pairs[pairs["individual"].isin(copies) & pairs[role].isin(copies)]
        difference = copies[pairs["individual"]].to_numpy() - copies[pairs[role]].to_numpy()
        assert len(pairs) > 200
        assert np.abs(difference).max() == 1


def test_the_last_cohort_has_no_records() -> None:
    population = simulate(SETTINGS, seed=3)
    born = population.pedigree.set_index("individual")["birth_year"]
    assert born[population.records["individual"]].max() < born.max()


def test_selection_raises_breeding_values() -> None:
    population = simulate(SETTINGS, seed=3)
    values = population.true_breeding_values["true_breeding_value"].to_numpy().reshape(4, -1)
    assert (np.diff(values.mean(axis=1)) > 0).all()
