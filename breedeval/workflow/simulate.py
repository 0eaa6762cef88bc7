"""Simulate a population into a folder that is ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from breedeval.io.simulation import write_simulation
from breedeval.simulation import SimulationSettings, simulate


def simulate_folder(output: Path, *, seed: int, **settings: Any) -> None:
    """Simulate and write; prints the folder and what to run next."""
    population = simulate(SimulationSettings(**settings), seed)
    write_simulation(population, output)
    print(f"{output}\nNext: breedeval run {output / 'run.yaml'}")
