"""Genotypes and what other programs and books say of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from breedeval.errors import Findings
from breedeval.genotypes.reading import GenotypeReading
from breedeval.io.genotypes import read_genotypes
from breedeval.kernels.hardy_weinberg import exact_test
from tests.reference.running import (
    PEDIGREES,
    answers,
    assert_printed,
    evaluate,
    solved_by,
    variance,
)
from tests.unit.genotypes.made import copies_of
from tests.unit.io.genotype_files import WRITERS

WHEAT = PEDIGREES / "cimmyt_wheat" / "wheat.bed"


def test_hardy_weinberg_of_plink() -> None:
    """plink2 --hardy (v2.00a3.5) prints six significant digits."""
    table = answers("plink2_hardy")["hardy"]
    first, heterozygous, second, p = (np.array(column) for column in zip(*table, strict=True))
    np.testing.assert_allclose(exact_test(first, heterozygous, second), p, rtol=5e-6)


def test_frequencies_of_the_book() -> None:
    """Mrode & Pocrnic (2023), example 11.1: frequencies with three decimals."""
    found = read_genotypes(PEDIGREES / "mrode_11_1" / "genotypes.csv", findings=Findings())
    assert found.individuals.to_list() == [str(k) for k in range(13, 27)]
    assert_printed(found.calls.counts().frequency,
                   answers("mrode_11_1_fixed_snp_polygenic")["allele_freq"], 3)


@pytest.mark.parametrize("environment", ["env1", "env2", "env3", "env4"])
def test_wheat_as_rrblup_has_it(environment: str) -> None:
    """rrBLUP 4.6.3: mixed.solve(y, K = ZZ′/p), REML, all 1,279 markers."""
    found = evaluate("wheat_genomic", f"model.traits=[{environment}]", "genotypes.quality=null",
                     *solved_by("auto")[:1])
    printed = answers("bglr_wheat")[environment]["G_only"]["rrBLUP"]
    assert variance(found, "line") == pytest.approx(printed["Vu"], rel=1e-5)
    assert variance(found, "residual") == pytest.approx(printed["Ve"], rel=1e-5)
    values = found.breeding_values.set_index("individual")["breeding_value"]
    for name, value in printed["gebv_first10"].items():
        assert values[name] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("name", WRITERS)
def test_wheat_is_the_same_in_every_format(name: str, tmp_path: Path) -> None:
    copies = copies_of(read_genotypes(WHEAT, findings=Findings()))[:300]
    write, said = WRITERS[name]
    found = read_genotypes(write(copies, tmp_path), GenotypeReading(**said), findings=Findings())
    np.testing.assert_array_equal(copies_of(found), copies)


def test_blupf90_text_as_it_is_written() -> None:
    """The text of the tutorial; the inverse of G beside it names the same individuals."""
    found = read_genotypes(PEDIGREES / "blupf90_gblup" / "snp.txt", findings=Findings())
    assert (found.calls.markers, found.calls.individuals) == (100, 15)
    assert set(found.individuals.to_list()) == set(answers("blupf90_gblup15")["gebv"])
    p = found.calls.counts().frequency
    z = found.calls.block(0, 100).T.astype(float) - 2 * p
    matrix = 0.95 * z @ z.T / (2 * p * (1 - p)).sum() + 0.05 * np.eye(15)
    table = pd.read_csv(PEDIGREES / "blupf90_gblup" / "g_inverse.csv", dtype=str)
    rows = found.individuals.codes(table.iloc[:, 0].tolist())
    columns = found.individuals.codes(table.iloc[:, 1].tolist())
    np.testing.assert_allclose(np.linalg.inv(matrix)[rows, columns],
                               table.iloc[:, 2].astype(float), rtol=0, atol=1e-5)


def test_bed_reader_reads_the_same_wheat() -> None:
    bed_reader = pytest.importorskip("bed_reader")
    ours = read_genotypes(WHEAT, findings=Findings())
    with bed_reader.open_bed(WHEAT, count_A1=True) as bed:
        np.testing.assert_array_equal(bed.read(dtype="int8").T, copies_of(ours))
        assert list(bed.iid) == ours.individuals.to_list()
        assert list(bed.sid) == ours.markers.names.to_list()
