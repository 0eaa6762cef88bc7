"""Quality control, step by step, against counting one call at a time."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from breedeval.errors import InputError
from breedeval.genotypes.conflicts import Parents, individual_words, pair_rates, suggest, to_remove
from breedeval.genotypes.dosages import Dosages
from breedeval.genotypes.genotypes import Genotypes
from breedeval.genotypes.hard_calls import hard_calls
from breedeval.genotypes.packed import pack
from breedeval.genotypes.quality import Batch, Cleaned, Thresholds, clean
from tests.oracles import genotype_quality as oracle
from tests.unit.genotypes.made import copies_of, family, genotypes_from, random_copies

NOTHING = Thresholds(marker_call_rate=0, individual_call_rate=0, maf=0, keep_monomorphic=True,
                     individual_conflicts=1, marker_conflicts=1)


def batch(cleaned: Cleaned, reason: str, what: str) -> Batch | None:
    return next((b for b in cleaned.batches if (b.reason, b.what) == (reason, what)), None)


def parents_from(sire: list[int], dam: list[int]) -> Parents:
    s, d = np.array(sire, np.int64), np.array(dam, np.int64)
    numbers = np.arange(s.size)
    return Parents(s, d, np.isin(numbers, s) | (numbers < 2),
                   np.isin(numbers, d) | (numbers // 2 == 1), np.ones(s.size, np.bool_))


def test_nothing_is_left_out_unless_asked() -> None:
    copies = random_copies(30, 10, 1, missing=0.5)
    cleaned = clean(genotypes_from(copies))
    np.testing.assert_array_equal(copies_of(cleaned.genotypes), copies)
    assert cleaned.batches == ()
    assert clean(genotypes_from(copies), NOTHING).batches == ()


def test_call_rates_of_markers_then_of_individuals() -> None:
    rng = np.random.default_rng(5)
    copies = random_copies(60, 25, 5, missing=0)
    copies[rng.random(copies.shape) < rng.uniform(0, 0.3, (60, 1))] = -1
    copies[10:40, 3] = -1
    cleaned = clean(genotypes_from(copies), Thresholds(0.85, 0.8, maf=0, keep_monomorphic=True))
    by_marker, _ = oracle.call_rates(copies)
    kept = [k for k, rate in enumerate(by_marker) if rate >= 0.85]
    _, by_individual = oracle.call_rates(copies[kept])
    stays = [k for k, rate in enumerate(by_individual) if rate >= 0.8]
    assert 0 < len(kept) < 60
    assert 0 < len(stays) < 25
    np.testing.assert_array_equal(copies_of(cleaned.genotypes), copies[np.ix_(kept, stays)])
    assert cleaned.genotypes.markers.names.to_list() == [f"m{k + 1}" for k in kept]
    assert cleaned.genotypes.individuals.to_list() == [f"i{k + 1}" for k in stays]
    markers = batch(cleaned, "call rate", "marker")
    assert markers is not None
    assert markers.limit == 0.85
    assert dict(zip(markers.names, markers.values, strict=True)) == pytest.approx(
        {f"m{k + 1}": rate for k, rate in enumerate(by_marker) if rate < 0.85})
    assert cleaned.removed("individual") == [
        f"i{k + 1}" for k, rate in enumerate(by_individual) if rate < 0.8]


def test_frequencies_and_markers_without_variation() -> None:
    copies = random_copies(80, 30, 2)
    copies[3] = 2
    copies[4] = np.where(copies[4] < 0, -1, 1)
    copies[5] = -1
    copies[6] = [1, *[0] * 29]
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, maf=0.2))
    same = [k for k, row in enumerate(copies.tolist()) if len({x for x in row if x >= 0}) < 2]
    rare = [k for k, row in enumerate(copies.tolist())
            if k not in same and oracle.minor_allele_frequency(row) < 0.2]
    assert same == [3, 4, 5]
    assert 6 in rare
    assert [b.names for b in cleaned.batches] == [
        [f"m{k + 1}" for k in same], [f"m{k + 1}" for k in rare]]
    assert cleaned.genotypes.calls.markers == 80 - len(same) - len(rare)
    kept = clean(genotypes_from(copies), Thresholds(0, 0, maf=0.2, keep_monomorphic=True))
    assert kept.removed("marker") == [f"m{k + 1}" for k in rare]


def test_hardy_weinberg() -> None:
    copies = random_copies(40, 60, 3)
    copies[7] = [0, 2] * 30
    copies[8] = 1
    limit = 1e-3
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0, limit, keep_monomorphic=True))
    p = [oracle.hardy_weinberg(*(int((row == g).sum()) for g in (0, 1, 2))) for row in copies]
    assert cleaned.removed("marker") == [f"m{k + 1}" for k, x in enumerate(p) if x < limit]
    assert {"m8", "m9"} <= set(cleaned.removed("marker"))


def test_duplicates_leave_the_one_with_more_calls() -> None:
    copies = random_copies(200, 12, 4, missing=0)
    copies[:, 5] = copies[:, 1]
    copies[:, 9] = copies[:, 1]
    copies[:3, 1] = -1
    copies[3, 9] = (copies[3, 9] + 1) % 3
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0, duplicates=0.99))
    pairs = [(i, j) for i, j in combinations(range(12), 2)
             if oracle.identity(copies, i, j) >= 0.99]
    assert pairs == [(1, 5), (1, 9), (5, 9)]
    found = batch(cleaned, "duplicate", "individual")
    assert found is not None
    assert found.names == ["i2", "i10"]
    assert found.others == ["i6", "i6"]
    np.testing.assert_allclose(found.values, [1, 1 - 1 / 200])


def test_conflicts_of_true_parents_are_none() -> None:
    copies, sire, dam = family(1)
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0), parents=parents_from(sire, dam))
    assert not cleaned.removed("individual")


def test_rates_of_pairs_are_those_counted() -> None:
    copies, sire, dam = family(2)
    sire[5] = 1
    pairs = pair_rates(individual_words(pack(copies)), parents_from(sire, dam))
    for progeny, parent, rate in zip(pairs.progeny, pairs.parent, pairs.rate, strict=True):
        against, called = oracle.opposing(copies, int(progeny), int(parent))
        assert rate == against / called
    assert pairs.rate.max() > 0.05


def test_a_wrong_sire_is_found_and_the_true_one_suggested() -> None:
    copies, sire, dam = family(3)
    sire[5] = 1
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0), parents=parents_from(sire, dam))
    assert cleaned.removed("individual") == ["i6"]
    conflict = batch(cleaned, "conflict with its sire", "individual")
    likely = batch(cleaned, "likely sire", "individual")
    assert conflict is not None
    assert likely is not None
    assert (conflict.names, conflict.others, conflict.removed) == (["i6"], ["i2"], False)
    assert (likely.names, likely.others, likely.removed) == (["i6"], ["i1"], False)
    against, called = oracle.opposing(copies, 5, 1)
    assert conflict.values.tolist() == [against / called]


def test_a_swapped_sample_of_a_sire_goes_and_not_its_progeny() -> None:
    copies, sire, dam = family(4)
    copies[:, 0] = family(5)[0][:, 1]
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0, marker_conflicts=1),
                    parents=parents_from(sire, dam))
    assert cleaned.removed("individual") == ["i1"]


def test_a_swapped_sample_of_one_progeny_goes_and_not_its_parents() -> None:
    copies, sire, dam = family(6)
    copies[:, 7] = family(7)[0][:, 1]
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0, marker_conflicts=1),
                    parents=parents_from(sire, dam))
    assert cleaned.removed("individual") == ["i8"]
    assert batch(cleaned, "likely sire", "individual") is None


def test_removal_leaves_no_failing_pair() -> None:
    rng = np.random.default_rng(8)
    sire = [-1] * 10 + rng.integers(0, 5, 30).tolist()
    dam = [-1] * 10 + rng.integers(5, 10, 30).tolist()
    copies = random_copies(64, 40, 8, missing=0)
    pairs = pair_rates(individual_words(pack(copies)), parents_from(sire, dam))
    failing = rng.random(pairs.rate.size) < 0.3
    gone = to_remove(pairs, failing)
    left = ~np.isin(pairs.progeny, gone) & ~np.isin(pairs.parent, gone)
    assert not (left & failing).any()
    assert len(set(gone.tolist())) == gone.size


def test_markers_with_conflicts_are_judged_when_bad_individuals_are_gone() -> None:
    copies, sire, dam = family(9, progeny=12)
    copies[50:53, 0] = 0
    copies[50:53, 4:] = 2
    sire[5] = 1
    cleaned = clean(genotypes_from(copies), Thresholds(0, 0, 0), parents=parents_from(sire, dam))
    assert cleaned.removed("individual") == ["i6"]
    found = batch(cleaned, "parent-progeny conflict", "marker")
    assert found is not None
    assert set(found.names) == {"m51", "m52", "m53"}


def test_nobody_is_suggested_who_cannot_be() -> None:
    copies, sire, dam = family(10)
    words = individual_words(pack(copies))
    alone = parents_from(sire, dam)
    assert suggest(words, alone, 4, 0, 0.01) is None  # its own sire is not asked
    sire[4] = 1
    found = suggest(words, parents_from(sire, dam), 4, 0, 0.01)
    assert found is not None
    assert (found.candidates, found.rate, found.fitting) == ((0,), 0.0, 1)


def test_chromosomes_are_left_out_without_thresholds() -> None:
    copies = random_copies(5, 4, 1)
    cleaned = clean(genotypes_from(copies, chromosomes=["1", "X", None, "X", "Y"]),
                    excluded=("X", "Y"))
    np.testing.assert_array_equal(copies_of(cleaned.genotypes), copies[[0, 2]])
    assert cleaned.removed("marker") == ["m2", "m4", "m5"]


def test_sex_chromosomes_are_known_by_their_names() -> None:
    copies = random_copies(9, 20, 6)
    names = ["1", "chrX", "x", "23", "MT", None, "Z1", "ChrPAR1", "W"]
    genotypes = genotypes_from(copies, chromosomes=names)
    cleaned = clean(genotypes, Thresholds(0, 0, 0, keep_monomorphic=True))
    assert cleaned.removed("marker") == ["m2", "m3", "m5", "m8", "m9"]
    assert [b.reason for b in cleaned.batches] == ["sex chromosome"]
    told = clean(genotypes)
    assert told.removed("marker") == []
    assert [(b.reason, b.names, b.removed) for b in told.batches] == [
        ("sex chromosome", ["m2", "m3", "m5", "m8", "m9"], False)]
    kept = Thresholds(0, 0, 0, keep_monomorphic=True, keep_sex_chromosomes=True)
    assert clean(genotypes, kept).batches == ()


def test_those_not_in_the_pedigree_are_listed_and_stay() -> None:
    copies, sire, dam = family(11)
    parents = parents_from(sire, dam)
    parents.listed[[1, 3]] = False
    cleaned = clean(genotypes_from(copies), parents=parents)
    found = batch(cleaned, "not in the pedigree", "individual")
    assert found is not None
    assert (found.names, found.removed) == (["i2", "i4"], False)
    assert cleaned.genotypes.calls.individuals == copies.shape[1]
    without = clean(genotypes_from(copies), Thresholds(0, 0, 0, only_in_pedigree=True),
                    parents=parents)
    assert without.removed("individual") == ["i2", "i4"]


def test_parents_follow_those_who_are_left() -> None:
    parents = parents_from([-1, -1, 0, 1, 0], [-1, -1, -1, 2, 2]).take(np.array([2, 0, 4]))
    assert parents.sire.tolist() == [1, -1, 1]
    assert parents.dam.tolist() == [-1, -1, 0]


@pytest.mark.parametrize("swap", [False, True])
def test_what_is_left_out_does_not_hang_on_the_allele_counted(swap: bool) -> None:
    copies, sire, dam = family(12)
    copies[np.random.default_rng(1).random(copies.shape) < 0.08] = -1
    sire[6] = 1
    if swap:
        copies = np.where(copies < 0, -1, 2 - copies).astype(np.int8)
    cleaned = clean(genotypes_from(copies), Thresholds(0.8, 0.8, 0.2, 1e-4, duplicates=0.95),
                    parents=parents_from(sire, dam))
    assert [(b.reason, b.names) for b in cleaned.batches] == [(b.reason, b.names) for b in clean(
        genotypes_from(np.where(copies < 0, -1, 2 - copies).astype(np.int8)),
        Thresholds(0.8, 0.8, 0.2, 1e-4, duplicates=0.95),
        parents=parents_from(sire, dam)).batches]


def test_when_nothing_is_left() -> None:
    with pytest.raises(InputError) as caught:
        clean(genotypes_from(random_copies(10, 5, 1, missing=0.5)), Thresholds(maf=0.49))
    assert caught.value.problems[0].startswith(
        "chip.bed: quality control leaves no ")


def test_dosages_are_called_where_they_are_clear() -> None:
    values = np.array([[0.05, 0.5, 1.95, np.nan], [1.05, 0.88, 2, 0]], np.float32)
    np.testing.assert_array_equal(
        hard_calls(Dosages(values)).block(0, 2),
        [[0, np.nan, 2, np.nan], [1, np.nan, 2, 0]])
    four = np.array([[0, 1, 3, 4]], np.float32)
    np.testing.assert_array_equal(hard_calls(Dosages(four, 4)).block(0, 1), [[0, 1, 1, 2]])


@pytest.mark.parametrize("asked", [{"hardy_weinberg": 1e-6}, {"duplicates": 0.99}])
def test_what_does_not_go_with_polyploids(asked: dict[str, float]) -> None:
    made = genotypes_from(random_copies(2, 2, 1))
    four = Genotypes(made.individuals, made.markers, Dosages(np.ones((2, 2), np.float32), 4), "x")
    with pytest.raises(InputError, match=f"'quality: {next(iter(asked))}' is asked for and the "
                                         "ploidy is 4"):
        clean(four, Thresholds(**asked))
