"""Systems like those of an animal model, written down entry by entry from the rules.

A random pedigree in overlapping generations; A⁻¹ by Henderson's rules without inbreeding
(Henderson 1976); records in herd-years with a permanent environment per cow.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse


def animal_system(
    animals: int, *, seed: int = 1, generations: int = 12, herd_size: int = 50
) -> sparse.csc_array:
    """Lower triangle of [X'X, X'Z, X'W; ·, Z'Z + λA⁻¹, Z'W; ·, ·, W'W + γI].

    Half of the animals, the females, have one to three records each in the herd they are born
    into; sires serve all herds and come from a twentieth of the males of the generation before.
    """
    rng = np.random.default_rng(seed)
    size = max(animals // generations, 4)
    herds = max(animals // (generations * herd_size), 2)
    generation = np.minimum(np.arange(animals) // size, generations - 1)
    herd = rng.integers(0, herds, animals)
    sire = np.full(animals, -1)
    dam = np.full(animals, -1)
    female = rng.random(animals) < 0.5
    for g in range(1, generation[-1] + 1):
        young = np.flatnonzero(generation == g)
        old = np.flatnonzero(generation == g - 1)
        males, females = old[~female[old]], old[female[old]]
        if not (males.size and females.size):
            continue
        males = males[: max(males.size // 20, 1)]
        sire[young] = rng.choice(males, young.size)
        dam[young] = rng.choice(females, young.size)
        herd[young] = herd[dam[young]]
    cows = np.flatnonzero(female)
    cow = np.repeat(np.arange(cows.size), rng.integers(1, 4, cows.size))
    year = generation[cows[cow]] + rng.integers(0, 3, cow.size)
    herd_year = np.unique(herd[cows[cow]] * 100 + year, return_inverse=True)[1]
    fixed = int(herd_year.max()) + 1
    size = fixed + animals + cows.size
    one = np.ones(cow.size)
    record = np.arange(cow.size)
    row = np.concatenate([record, record, record])
    column = np.concatenate([herd_year, fixed + cows[cow], fixed + animals + cow])
    design = sparse.csr_array((np.tile(one, 3), (row, column)), shape=(cow.size, size))
    precision = sparse.block_diag(
        [1e-3 * sparse.eye_array(fixed), 2.0 * inverse_relationship(sire, dam),
         4.0 * sparse.eye_array(cows.size)]
    )
    lower = sparse.csc_array(sparse.tril(design.T @ design + precision))
    lower.sort_indices()
    return lower


def inverse_relationship(sire: np.ndarray, dam: np.ndarray) -> sparse.csc_array:
    """A⁻¹ = Σ over animals of t t'/d with t = (1, −½, −½) at the animal and its known parents."""
    n = sire.size
    animal = np.arange(n)
    variance = 1.0 - 0.25 * (sire >= 0) - 0.25 * (dam >= 0)
    row, column, value = [animal], [animal], [np.ones(n)]
    for parent in (sire, dam):
        known = parent >= 0
        row.append(animal[known])
        column.append(parent[known])
        value.append(np.full(int(known.sum()), -0.5))
    entries = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    trace = sparse.csr_array(sparse.coo_array(entries, shape=(n, n)))
    return sparse.csc_array(trace.T @ sparse.diags_array(1.0 / variance) @ trace)
