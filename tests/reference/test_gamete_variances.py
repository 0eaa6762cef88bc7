"""Variances of gametes against PyMSQ (Musa & Reinsch), which has them from phased haplotypes.

PyMSQ 0.1.3, Python 3.11, numpy 1.24.4, numba 0.57.1; haplotypes with alleles 2 (counted) and 1::

    ld = msq.expldmat(gmap, group, mposunit="cM", method=1)
    msq.msvarcov(gmat=haplotypes, gmap=gmap, meff=effects, exp_ldmat=ld, group=group,
                 indwt=[1.0, 0.5])

It computes in single precision, so that six digits of its eight are compared.
"""

from __future__ import annotations

import numpy as np
import pytest

from breedeval.genotypes.packed import pack
from breedeval.selection.linkage import LinkageMap
from breedeval.selection.usefulness import Trio, gamete_variances, line_variances

HAPLOTYPES = np.array([[int(allele) for allele in row] for row in (
    "110100101101", "001101100110",
    "101010010011", "011101001100",
    "111000111000", "000111010101",
    "100110100110", "010110011010")]).reshape(4, 2, 12)
CHROMOSOME = np.array([1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3])
CENTIMORGAN = np.array([0, 4.5, 20, 61, 3, 12.5, 13, 40, 95, 0, 50, 50.5])
X = np.array([0.8, -1.1, 0.3, 0.05, 1.4, -0.7, 0.6, -0.25, 0.9, 0.45, -1.3, 0.2])
Y = np.array([-0.2, 0.4, 0.9, -0.6, 0.1, -0.3, 0.8, 1.2, -0.5, 0.35, 0.15, -0.85])
PRINTED = {
    "x": [1.07015276, 2.27485442, 0.49625432, 1.17726314],
    "y": [0.46421304, 1.02897727, 0.94659662, 0.35889778],
    "index": [0.83999097, 2.87227702, 0.65797502, 0.96963418]}
EFFECTS = {"x": X, "y": Y, "index": X + 0.5 * Y}
PLACES = LinkageMap(CHROMOSOME, CENTIMORGAN / 100)


@pytest.mark.parametrize("trait", PRINTED)
def test_gametes_of_four_parents(trait: str) -> None:
    """Their sires are homozygous for the first haplotype, so that phases are known."""
    copies = np.concatenate([HAPLOTYPES.sum(axis=1), 2 * HAPLOTYPES[:, 0]])
    own = np.arange(4)
    found = gamete_variances(
        Trio(pack(copies.T.astype(np.int8)), own, own + 4, np.full(4, -1)), EFFECTS[trait], PLACES)
    np.testing.assert_allclose(found.variance, PRINTED[trait], rtol=1e-6)


@pytest.mark.parametrize("trait", PRINTED)
def test_doubled_haploids_have_four_times_the_variance_of_gametes(trait: str) -> None:
    """Of the cross of two lines with these haplotypes."""
    lines = 2 * HAPLOTYPES.reshape(8, 12)
    found = line_variances(
        pack(lines.T.astype(np.int8)), EFFECTS[trait], PLACES, "doubled_haploid")
    pairs = 2 * np.arange(4)
    np.testing.assert_allclose(found[pairs, pairs + 1], 4 * np.array(PRINTED[trait]), rtol=1e-6)
