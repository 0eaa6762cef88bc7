"""The pedigree kernels at sizes that fill several words, batches and shares, and uncompiled."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from breedeval.kernels import parents as numbering
from breedeval.pedigree.inbreeding import inbreeding
from breedeval.pedigree.relationship import relationship_matrix

Int32 = NDArray[np.int32]


def population(n: int, sires: int, dams: int, seed: int, overlap: int = 1) -> tuple[Int32, Int32]:
    """Generations of 200, parents chosen from the last ``overlap`` of them; some unknown."""
    rng = np.random.default_rng(seed)
    sire, dam = np.full(n, -1, np.int32), np.full(n, -1, np.int32)
    size = 200
    for begin in range(size, n, size):
        rows = slice(begin, min(begin + size, n))
        count = rows.stop - begin
        low = max(0, begin - overlap * size)
        chosen = rng.permutation(np.arange(low, begin))
        sire[rows] = rng.choice(chosen[:sires], count)
        dam[rows] = rng.choice(chosen[sires : sires + dams], count)
        dam[begin : begin + count // 20] = -1
    return sire, dam


@pytest.mark.parametrize(
    ("sires", "dams", "overlap"),
    [(3, 60, 1), (60, 3, 1), (100, 100, 1), (40, 80, 3), (1, 199, 1)],
    ids=["few sires", "few dams", "one mate each", "overlapping", "one sire"],
)
def test_inbreeding_of_populations(sires: int, dams: int, overlap: int) -> None:
    sire, dam = population(2000, sires, dams, seed=sires, overlap=overlap)
    found = inbreeding(sire, dam, threads=2)
    a = relationship_matrix(sire, dam, found.mendelian)
    np.testing.assert_allclose(np.diag(a) - 1, found.coefficients, rtol=0, atol=1e-12)
    both = (sire >= 0) & (dam >= 0)
    np.testing.assert_allclose(
        found.coefficients[both], 0.5 * a[sire[both], dam[both]], rtol=0, atol=1e-12
    )
    assert found.coefficients.max() > 0.0


def test_full_sibs_mated_for_sixty_generations() -> None:
    sire = np.r_[-1, -1, np.repeat(np.arange(0, 118, 2), 2)].astype(np.int32)
    dam = np.where(sire < 0, -1, sire + 1).astype(np.int32)
    found = inbreeding(sire, dam).coefficients[::2]
    expected = [0.0, 0.0]
    for _ in range(58):  # Fibonacci's recursion: F'' = ¼(1 + 2F' + F)
        expected.append(0.25 * (1.0 + 2.0 * expected[-1] + expected[-2]))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-14)


def test_workspace_comes_back_clean() -> None:
    """Batches share a workspace: the order of the leaders must not matter."""
    sire, dam = population(1200, 30, 90, seed=3)
    again = inbreeding(dam, sire).coefficients
    np.testing.assert_allclose(again, inbreeding(sire, dam).coefficients, rtol=0, atol=1e-15)


def test_a_parent_that_does_not_come_first_is_found() -> None:
    number = np.empty(3, np.int32)
    rows = np.array([-1, 2, -1], np.int32), np.array([-1, -1, 0], np.int32)
    assert numbering.find_parents(*rows, 0, number)[2] == 1


def test_uncompiled_gives_the_same_bits() -> None:
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.unit.kernels.test_pedigree_kernels import population\n"
        "from breedeval.pedigree.inbreeding import inbreeding, parents_first\n"
        "from breedeval.pedigree import relationship as r\n"
        "from breedeval.pedigree.dominance import dominance_matrix\n"
        "from breedeval.pedigree.precision import precision_lower\n"
        "p = population(260, 5, 60, seed=11)\n"
        "f = inbreeding(*p)\n"
        "lower = precision_lower(*p, f.mendelian)\n"
        "block = r.relationship_block(*p, f.mendelian, [259, 3, 150])\n"
        "d = dominance_matrix(*p, f.mendelian, f.coefficients)\n"
        "import hashlib\n"
        "for x in (f.coefficients, f.mendelian, lower.data, lower.indices, block, d.data,\n"
        "          parents_first(*p).order):\n"
        "    print(hashlib.sha256(x.tobytes()).hexdigest())\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-W", "error::RuntimeWarning", "-c", code],
            env=os.environ | {"NUMBA_DISABLE_JIT": disabled},
            check=True, capture_output=True, text=True,
        ).stdout
        for disabled in ("0", "1")
    ]
    assert printed[0] == printed[1]
