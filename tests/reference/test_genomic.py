"""Genomic and single-step evaluations against the book and other programs, as they print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import breedeval
from breedeval import ladder
from breedeval.errors import Findings, InputError
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.reading import GenotypeReading
from breedeval.genotypes.relationship import class_matrix, genomic_matrix
from breedeval.io.genotypes import read_genotypes
from breedeval.io.pedigree import read_pedigree
from breedeval.pedigree.build import PedigreeReading
from breedeval.pedigree.pedigree import Pedigree
from breedeval.relationship.gene_content import base_contents, base_frequencies
from breedeval.relationship.kind import Sources
from breedeval.relationship.numerator import from_pedigree
from breedeval.relationship.single_step import SingleStep
from breedeval.relationship.single_step_settings import SingleStepSettings
from tests.oracles.dense_inverse import dense_inverse
from tests.reference.running import (
    CONFIGS,
    METHODS,
    PEDIGREES,
    answers,
    assert_printed,
    breeding_values,
    estimates,
    evaluate,
    solved_by,
    variance,
)
from tests.unit.genotypes.made import genotypes_of

by_every_solver = pytest.mark.parametrize("method", METHODS)
HALF_UNIT = 5.0001e-9
"""Of eight decimals; dyadic fractions lie exactly between two of them."""
AGHMATRIX = Path(__file__).parent / "data" / "aghmatrix"


def read(path: str, **reading: int) -> Genotypes:
    return read_genotypes(PEDIGREES / path, GenotypeReading(**reading), findings=Findings())


@by_every_solver
def test_11_3_genomic_blup(method: str) -> None:
    found, book = evaluate("mrode_11_3_gblup", *solved_by(method)), answers("mrode_11_3_gblup")
    assert_printed(estimates(found, "intercept")["intercept"], book["mean"], 3)
    # the book goes on from rounded numbers: nine of 14 agree to the last digit, the others to one
    np.testing.assert_allclose(breeding_values(found), book["DGV"], rtol=0, atol=1e-3)


def test_11_3_relationships() -> None:
    """With frequencies of four decimals; 0.0995 is printed as 0.100 otherwise."""
    book, genotypes = answers("mrode_11_3_gblup"), read("mrode_12_1/genotypes.csv")
    p = np.round(genotypes.calls.counts().frequency, 4)
    g = genomic_matrix(genotypes, frequency=p)
    assert_printed(g[:, 0], book["G_first_column"], 3)
    assert_printed(g[-1], book["G_last_row"], 3)
    np.testing.assert_allclose(genomic_matrix(genotypes), g, rtol=0, atol=6e-4)


@by_every_solver
def test_11_6_gene_content(method: str) -> None:
    found = evaluate("mrode_11_6_gene_content", *solved_by(method))
    book = answers("mrode_11_6_base_allele_freq")
    assert_printed(estimates(found, "intercept")["intercept"], book["mean_snp1"], 3)
    np.testing.assert_allclose(breeding_values(found), book["blup_snp1"], rtol=0, atol=1.5e-3)


def test_11_6_frequency_in_the_base() -> None:
    """All markers through one factorisation: the first as in the book, all as run by run."""
    genotypes = read("mrode_12_1/genotypes.csv")
    people = read_pedigree(PEDIGREES / "mrode_12_1/pedigree.csv", PedigreeReading(),
                           findings=Findings())
    rows = people.individuals.codes(genotypes.individuals.labels)
    contents = base_contents(genotypes, from_pedigree(people), rows, np.ones((14, 1)))[:, 0]
    assert_printed(contents[0], answers("mrode_11_6_base_allele_freq")["mean_snp1"], 3)
    for marker in (2, 5, 9):
        run = evaluate("mrode_11_6_gene_content", f"model.traits=[snp{marker}]",
                       *solved_by("cholesky"))
        assert estimates(run, "intercept")["intercept"] == pytest.approx(
            contents[marker - 1], abs=1e-6)
    p = base_frequencies(genotypes, from_pedigree(people), rows)
    assert p[0] == pytest.approx(contents[0] / 2)
    assert ((p > 0) & (p < 1)).all()


@by_every_solver
def test_12_1_single_step(method: str) -> None:
    found = evaluate("mrode_12_1_single_step", *solved_by(method))
    book = answers("mrode_12_1_ssgblup")
    assert_printed(breeding_values(found), book["ungenotyped_1_12"] + book["genotyped_13_26"], 3)


def test_12_1_tuning_is_recorded() -> None:
    found = evaluate("mrode_12_1_single_step", *solved_by("cholesky"))
    told = found.summary["relationships"]["single_step"]
    a, b = answers("mrode_12_1_ssgblup")["tuning_a_b"]
    (line,) = (line for line in told["history"] if line.startswith("tune"))
    words = line.split()
    assert_printed([float(words[2]), float(words[4])], [a, b], 3)
    assert told["agreement"]["individuals"] == 14
    assert told["agreement"]["genomic_off"][0] == pytest.approx(
        told["agreement"]["pedigree_off"][0])


def test_12_1_saved_and_used_again(tmp_path: Path) -> None:
    """Another run reads the matrix, does nothing to it, and finds the same."""
    first = evaluate("mrode_12_1_single_step", *solved_by("cholesky"))
    run = str(CONFIGS / "mrode_12_1_single_step.yaml")
    breedeval.run(run, overrides=[f"relationships.single_step.save={tmp_path / 'G.npz'}"])
    again = [f"relationships.single_step.file={tmp_path / 'G.npz'}"]
    with pytest.raises(InputError, match="'blend' is asked for, and the matrix has it already"):
        breedeval.run(run, overrides=again)
    second = breedeval.run(run, overrides=[
        *again, "relationships.single_step.blend=0", "relationships.single_step.tune=none"])
    np.testing.assert_allclose(breeding_values(second), breeding_values(first), atol=1e-10)
    told = [found.summary["relationships"]["single_step"]["history"] for found in (first, second)]
    assert told[0] == told[1]


def test_12_1_reliabilities_are_those_of_the_dense_model() -> None:
    run = ladder.read(CONFIGS / "mrode_12_1_single_step.yaml")
    design = ladder.design(run)
    (h,) = ladder.relationships(run, design)
    assert isinstance(h, SingleStep)
    k = dense_inverse(h.lower()) * 35.241
    z = np.zeros((8, 26))
    z[np.arange(8), design.random[0].components[0].codes[:, 0]] = 1
    v = z @ k @ z.T + 245 * np.eye(8)
    one = np.ones((8, 1))
    p = np.linalg.inv(v)
    p -= p @ one @ one.T @ p / (one.T @ p @ one)
    expected = np.diagonal(k @ z.T @ p @ z @ k) / np.diagonal(k)
    found = evaluate("mrode_12_1_single_step", *solved_by("cholesky")).breeding_values
    np.testing.assert_allclose(found["reliability"], expected, rtol=0, atol=1e-9)


@by_every_solver
def test_14_1_two_breeds_and_their_crosses(method: str) -> None:
    found = evaluate("mrode_14_1_breeds", *solved_by(method))
    book = answers("mrode_14_1_multibreed")
    printed = np.array(book["breed1_breed2_segregation"])
    for effect, values in zip(("breed_one", "breed_two", "segregation"), printed.T, strict=True):
        own = estimates(found, effect)
        assert_printed([own.get(str(k), 0.0) for k in range(1, 12)], values, 3)
    # the book sets herd 1 to zero; only sums of a herd and a breed are estimable
    herd, one, two = (estimates(found, name) for name in ("herd", "share_one", "share_two"))
    assert_printed(herd["2"] - herd["1"], book["fixed"][1], 3)
    assert_printed([herd["1"] + one["share_one"], herd["1"] + two["share_two"]],
                   book["fixed"][2:], 3)


@by_every_solver
def test_blupf90_genomic_blup(method: str) -> None:
    found = evaluate("blupf90_gblup", *solved_by(method))
    printed = answers("blupf90_gblup15")
    table = found.breeding_values
    # BLUPF90 goes on from an inverse in single precision: one value is 6e-9 off
    np.testing.assert_allclose(
        table["breeding_value"], [printed["gebv"][name] for name in table["individual"]], rtol=0,
        atol=1e-8)
    assert estimates(found, "intercept")["intercept"] == pytest.approx(printed["mean"], abs=1e-8)


def test_the_standardised_matrix_of_five() -> None:
    """CC CT AT / TT TT AA / CT CT AA / CC TT AA / CC CC TT, counting T, C and T."""
    copies = [[0, 1, 1], [2, 0, 0], [1, 1, 0], [0, 0, 0], [0, 2, 2]]
    found = genomic_matrix(genotypes_of(copies), "standardised")
    assert_printed(found[0], [0.23571429, -0.5261905, -0.18095238, -0.02619048, 0.497619], 7)


@pytest.mark.parametrize("environment", ["env1", "env2", "env3", "env4"])
def test_wheat_lines(environment: str) -> None:
    """rrBLUP, and its breeding values of the first ten lines."""
    found = evaluate("wheat_genomic", f"model.traits=[{environment}]", "genotypes.quality=null")
    printed = answers("bglr_wheat")[environment]["G_only"]["rrBLUP"]
    assert variance(found, "line") == pytest.approx(printed["Vu"], rel=1e-3)
    assert variance(found, "residual") == pytest.approx(printed["Ve"], rel=1e-3)
    of_contrasts = found.summary["log_likelihood"] + 0.5 * np.log(599)  # + ½ log|X′X|
    assert of_contrasts == pytest.approx(printed["LL"], abs=1e-3)
    values = found.breeding_values.set_index("individual")["breeding_value"]
    first = printed["gebv_first10"]
    np.testing.assert_allclose(values[list(first)], list(first.values()), rtol=0, atol=1e-4)


@pytest.mark.parametrize("environment", ["env1", "env2", "env3", "env4"])
def test_wheat_lines_by_pedigree_and_markers(environment: str) -> None:
    """The R package regress."""
    found = evaluate("wheat_pedigree_genomic", f"model.traits=[{environment}]")
    printed = answers("bglr_wheat")[environment]["A_plus_G"]
    for effect, name in (("polygenic", "A6"), ("genomic", "K"), ("residual", "residual")):
        assert variance(found, effect) == pytest.approx(printed["sigma"][name], rel=5e-3)


def test_wheat_lines_in_two_environments() -> None:
    """GEMMA's REML of two traits; its likelihood is that of contrasts."""
    found = evaluate("wheat_environments", "model.traits=[env1, env4]", "solve.reliability=none",
                     "model.random=[{name: line, column: id, relationship: genomic}]")
    printed, table = answers("gemma_wheat_two_traits"), found.variances
    for effect, name in (("line", "Vg"), ("residual", "Ve")):
        own = table[table["effect"] == effect]["estimate"].to_numpy()
        expected = np.array(printed[name])
        np.testing.assert_allclose(own, expected[np.tril_indices(2)], rtol=0, atol=1.5e-6)
    of_contrasts = found.summary["log_likelihood"] + np.log(599)  # + ½ log|X′X| of either trait
    assert of_contrasts == pytest.approx(printed["REMLE_log_likelihood"], abs=1e-3)


def wheat_relationships() -> np.ndarray:
    """As the configurations of wheat have them."""
    wheat = read("cimmyt_wheat/wheat.bed")
    return genomic_matrix(wheat, "standardised") + 1e-6 * np.eye(len(wheat.individuals))


def log_likelihood(v: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """−½[(n − p) log 2π + log|V| + log|X′V⁻¹X| + y′Py] from dense matrices."""
    vx, vy = np.linalg.solve(v, x), np.linalg.solve(v, y)
    of_x = x.T @ vx
    b = np.linalg.solve(of_x, x.T @ vy)
    logs = np.linalg.slogdet(v)[1] + np.linalg.slogdet(of_x)[1]
    return float(-0.5 * ((y.size - b.size) * np.log(2 * np.pi) + logs + y @ vy - b @ x.T @ vy))


def test_wheat_lines_in_four_environments() -> None:
    """Σ ⊗ G with a factor: the likelihood from V = Σ ⊗ G + Σₑ ⊗ I, and one factor's Σ."""
    found = evaluate("wheat_environments", "solve.reliability=none")
    table, lower = found.variances, np.tril_indices(4)
    sigma = {}
    for effect in ("line", "residual"):
        sigma[effect] = np.zeros((4, 4))
        sigma[effect][lower] = table[table["effect"] == effect]["estimate"]
        sigma[effect] += np.tril(sigma[effect], -1).T
    g = sigma["line"]
    assert g[1, 0] * g[3, 2] == pytest.approx(g[2, 0] * g[3, 1], rel=1e-6)
    assert g[1, 0] * g[3, 2] == pytest.approx(g[3, 0] * g[2, 1], rel=1e-6)
    records = pd.read_csv(PEDIGREES / "cimmyt_wheat/records.csv", dtype={"id": str})
    y = records[["env1", "env2", "env3", "env4"]].to_numpy().T.ravel()
    v = np.kron(g, wheat_relationships()) + np.kron(sigma["residual"], np.eye(len(records)))
    x = np.kron(np.eye(4), np.ones((len(records), 1)))
    assert found.summary["log_likelihood"] == pytest.approx(log_likelihood(v, x, y), abs=1e-6)


def test_genomic_reaction_norms() -> None:
    """Intercepts and slopes along the environments, from V written out."""
    found = evaluate("wheat_reaction_norm", "solve.reliability=none")
    records = pd.read_csv(PEDIGREES / "cimmyt_wheat/records_long.csv", dtype={"id": str})
    wheat = read("cimmyt_wheat/wheat.bed").individuals
    line = wheat.codes(records["id"].tolist())
    phi = np.column_stack([np.full(len(records), np.sqrt(0.5)),
                           np.sqrt(1.5) * records["loading"]])
    table = found.variances.set_index(["component_1", "component_2"])["estimate"]
    norm = np.array([[table["line[0]", "line[0]"], table["line[1]", "line[0]"]],
                     [table["line[1]", "line[0]"], table["line[1]", "line[1]"]]])
    own = np.array([table[f"residual[{e}]", f"residual[{e}]"] for e in records["environment"]])
    relationship = wheat_relationships()[np.ix_(line, line)]
    v = (relationship * (phi @ norm @ phi.T) + table["rest", "rest"] * (line[:, None] == line)
         + np.diag(own))
    # the environments, without an intercept: |X| differs from the treatment coding by a factor of 1
    x = (records["environment"].to_numpy()[:, None] == ["env1", "env2", "env3", "env4"]) * 1.0
    y = records["yield"].to_numpy()
    assert found.summary["log_likelihood"] == pytest.approx(log_likelihood(v, x, y), abs=1e-6)
    residual = y - x @ np.linalg.solve(
        x.T @ np.linalg.solve(v, x), x.T @ np.linalg.solve(v, y))
    scaled = np.linalg.solve(v, residual)
    whole = wheat_relationships()[:, line]
    slopes = whole @ ((phi @ norm[:, 1]) * scaled)
    values = found.breeding_values.query("component == 'line[1]'").set_index("individual")
    np.testing.assert_allclose(
        values.loc[wheat.to_list(), "breeding_value"], slopes, rtol=0, atol=1e-6)


@pytest.fixture(scope="module")
def potatoes() -> Genotypes:
    """As AGHmatrix takes them: markers with a rarer allele above 5 %."""
    genotypes = read("potato/dosage.csv.gz", ploidy=4)
    p = genotypes.calls.counts().frequency
    return genotypes.select(markers=np.flatnonzero(np.minimum(p, 1 - p) >= 0.05))


@pytest.fixture(scope="module")
def potato_pedigree() -> Pedigree:
    return read_pedigree(PEDIGREES / "potato/pedigree.csv", PedigreeReading(selfing=True),
                         findings=Findings())


def table(name: str) -> pd.DataFrame:
    found = pd.read_csv(AGHMATRIX / f"{name}.csv", dtype={"id": str}, keep_default_na=False)
    return found.set_index("id")


def test_potato_genomic_relationships(potatoes: Genotypes) -> None:
    """``Gmatrix(ploidy=4)`` divides by the sum of observed variances; 8 decimals are printed."""
    for matrix, name in ((genomic_matrix(potatoes, "centred"), "G_vanraden_sub25"),
                         (class_matrix(potatoes), "G_slater_sub25")):
        printed = table(name)
        at = potatoes.individuals.codes(list(printed.index))
        assert_printed(matrix[np.ix_(at, at)], printed.to_numpy(), 8)


def test_potato_pedigree_relationships(potato_pedigree: Pedigree) -> None:
    printed = table("A4w_diag").loc[potato_pedigree.individuals.to_list()]
    for name, reduction in (("A4", 0.0), ("A4w", 0.1)):
        a = from_pedigree(potato_pedigree, reduction=reduction)
        np.testing.assert_allclose(a.variance, printed[name], rtol=0, atol=HALF_UNIT)
        block = table(f"{name}_sub25")
        rows = potato_pedigree.individuals.codes(list(block.index))
        np.testing.assert_allclose(a.block(rows), block.to_numpy(), rtol=0, atol=HALF_UNIT)
    np.testing.assert_allclose(
        from_pedigree(potato_pedigree).variance, printed["A2"], rtol=0, atol=HALF_UNIT)


def test_potato_single_step(potatoes: Genotypes, potato_pedigree: Pedigree) -> None:
    """``Hmatrix(method="Martini")`` with 0.95 G + 0.05 A₂₂."""
    settings = SingleStepSettings(
        method="centred", blend=0.05, tune="none", ploidy=4, double_reduction=0.1)
    found = settings.build("h", Sources(potato_pedigree, genotypes=potatoes),
                           potato_pedigree.individuals, threads=1)
    names = potato_pedigree.individuals.to_list()
    assert_printed(found.variance, table("H_diag").loc[names, "H"], 8)
    printed = table("H_martini_sub25")
    rows = potato_pedigree.individuals.codes(list(printed.index))
    h = dense_inverse(found.lower())
    assert_printed(h[np.ix_(rows, rows)], printed.to_numpy(), 8)
    summary = answers("aghmatrix_potato_AGH")["summary"]
    assert h.mean() == pytest.approx(summary["H_mean"], abs=1e-9)
    assert np.diagonal(h).mean() == pytest.approx(summary["H_mean_diag"], abs=1e-9)


def test_12_1_by_marker_effects() -> None:
    """The same values without G: the effects of the SNPs stand beside the animals."""
    found, book = evaluate("mrode_12_1_marker_effects"), answers("mrode_12_1_ssgblup")
    assert_printed(breeding_values(found), book["ungenotyped_1_12"] + book["genotyped_13_26"], 3)
