"""Simulated populations: pedigree, true breeding values and phenotypes with known variances."""

from breedeval.simulation.population import SimulatedPopulation, simulate
from breedeval.simulation.settings import SimulationSettings

__all__ = ["SimulatedPopulation", "SimulationSettings", "simulate"]
