"""Mating plans: what they are for, what random mating would give, and why there may be none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from breedeval.selection.allocation import Conflict, allocate
from breedeval.selection.conflict import explain, smallest
from breedeval.selection.mating import (
    Crossing,
    HerdLimit,
    MatingPlan,
    Rule,
    Side,
    carriers,
    plan_matings,
)

F = np.array([[0.25, 0.0, 0.125], [0.125, 0.25, 0.0], [0.0, 0.125, 0.25], [0.25, 0.125, 0.0625]])


def side(kind, names, least, most, setting):
    return Side(kind, names, np.array(least), np.array(most), setting)


def crossing(inbreeding=F, *, rules=(), most=2, least=0, worth=None, herds=None, per_pair=None):
    f, m = inbreeding.shape
    females = side("female", [f"F{k}" for k in range(f)], [1] * f, [1] * f, "max_per_female")
    males = side("male", [f"M{k}" for k in range(m)], [least] * m, [most] * m, "max_per_male")
    return Crossing(females, males, inbreeding, -inbreeding if worth is None else worth,
                    tuple(rules), None, per_pair, herds)


def above(limit, inbreeding=F):
    return Rule("max_inbreeding", f"above {limit}", inbreeding > limit)


def test_least_inbreeding():
    plan = plan_matings(crossing())
    assert isinstance(plan, MatingPlan)
    assert list(zip(plan.first, plan.second, plan.matings, strict=True)) == [
        (0, 1, 1), (1, 2, 1), (2, 0, 1), (3, 2, 1)]
    assert plan.inbreeding == pytest.approx(0.0625 / 4)
    assert plan.highest_inbreeding == 0.0625
    assert plan.total == 4
    assert plan.gap == pytest.approx(0.0, abs=1e-9)


def test_random_mating_of_the_same_uses():
    plan = plan_matings(crossing())
    uses = np.array([1, 1, 2])
    assert plan.random_inbreeding == pytest.approx((F @ uses).sum() / 16)


def test_random_mating_without_sexes():
    coancestry = np.array([[0.5, 0.1, 0.2], [0.1, 0.5, 0.3], [0.2, 0.3, 0.5]])
    lines = side("line", ["a", "b", "c"], [0] * 3, [2] * 3, "max_per_female")
    plan = plan_matings(Crossing(lines, lines, coancestry, -coancestry, (), 2, 1))
    assert sorted(zip(plan.first, plan.second, strict=True)) == [(0, 1), (0, 2)]
    # uses 2, 1, 1: pairs ab 2, ac 2, bc 1
    assert plan.random_inbreeding == pytest.approx((2 * 0.1 + 2 * 0.2 + 0.3) / 5)


def test_the_mean_index_does_not_matter_where_uses_are_fixed():
    index = np.array([3.0, -1.0, 2.0, 0.5])[:, None] + np.array([1.0, 5.0, -2.0])
    fixed = crossing()
    males = replace(fixed.second, least=np.array([1, 1, 2]), most=np.array([1, 1, 2]))
    fixed = replace(fixed, second=males)
    first = plan_matings(fixed)
    second = plan_matings(replace(fixed, worth=index / 2 - 20 * F))
    assert second.inbreeding == pytest.approx(first.inbreeding)


def test_a_penalty_of_zero_uses_the_best_male_most():
    worth = np.tile([1.0, 3.0, 2.0], (4, 1))
    plan = plan_matings(crossing(worth=worth, most=3))
    assert dict(zip(*np.unique(plan.second, return_counts=True), strict=True)) == {1: 3, 2: 1}
    assert plan.worth == pytest.approx((3 * 3 + 2) / 4)


def test_males_in_herds():
    limit = HerdLimit(np.array([0, 0, 1, 1]), ["a", "b"], 1)
    plan = plan_matings(crossing(most=4, worth=np.tile([5.0, 1.0, 0.0], (4, 1)), herds=limit))
    for herd in (0, 1):
        own = plan.second[limit.herd[plan.first] == herd]
        assert len(set(own)) == own.size
    assert plan.worth == pytest.approx(3.0)


def test_a_herd_that_is_not_known_has_no_limit():
    limit = HerdLimit(np.array([0, 0, -1, -1]), ["a"], 1)
    plan = plan_matings(crossing(most=4, worth=np.tile([5.0, 1.0, 0.0], (4, 1)), herds=limit))
    assert (plan.second[plan.first >= 2] == 0).all()
    assert plan.worth == pytest.approx((3 * 5 + 1) / 4)


def test_a_female_without_a_mate():
    found = plan_matings(crossing(rules=[above(0.05)]))
    assert isinstance(found, Conflict)
    misfit = explain(crossing(rules=[above(0.05)]), found)
    assert misfit.path == ("max_inbreeding",)
    assert misfit.found == ("1 female may be mated with none of the 3 males: 'F3' (3 above 0.05; "
                            "least inbreeding 0.0625, with 'M2')")
    assert misfit.remedy == "Raise 'max_inbreeding' to 0.0625, or leave it out"


def test_rules_other_than_inbreeding():
    rule = Rule("avoid", "carriers of the same", np.array([[True] * 3] + [[False] * 3] * 3))
    asked = crossing(rules=[rule])
    misfit = explain(asked, plan_matings(asked))
    assert misfit.path == ("avoid",)
    assert "'F0' (3 carriers of the same; least inbreeding 0, with 'M1')" in misfit.found
    assert misfit.remedy == "Forbid fewer pairs, or leave it out"


def test_females_with_too_few_males_between_them():
    """F0, F1 and F2 may have M0 only, which may have 2; F3 and F4 may have any."""
    inbreeding = np.full((5, 3), 0.25)
    inbreeding[:, 0] = inbreeding[3:] = 0.0
    asked = crossing(inbreeding, rules=[above(0.1, inbreeding)])
    misfit = explain(asked, plan_matings(asked))
    assert misfit.path == ("max_per_male",)
    assert misfit.found == (
        "3 females ('F0', 'F1', 'F2') need 3 matings; of these 3 only 2 are possible: "
        "1 male ('M0') may have 2 matings")
    assert misfit.remedy == ("Raise 'max_per_male', or loosen 'max_inbreeding', which forbids 6 "
                             "pairs that would help, or select more males")


def test_of_two_conflicts_the_smaller_is_told():
    inbreeding = np.full((7, 3), 0.25)
    inbreeding[:2, 0] = inbreeding[2:5, 1] = inbreeding[5:, 2] = 0.0
    asked = crossing(inbreeding, rules=[above(0.1, inbreeding)], most=1)
    assert "2 females ('F0', 'F1') need 2 matings" in explain(asked, plan_matings(asked)).found


def test_too_few_males_in_all():
    asked = crossing(most=1)
    misfit = explain(asked, plan_matings(asked))
    assert misfit.found == (
        "4 females ('F0', 'F1', 'F2', 'F3') need 4 matings; of these 4 only 3 are possible: "
        "3 males ('M0', 'M1', 'M2') may have 3 matings")
    assert misfit.remedy == "Raise 'max_per_male', or select more males"


def test_uses_that_follow_from_contributions():
    asked = crossing(rules=[Rule("forbidden", "forbidden by name", np.array(
        [[False, True, True]] * 2 + [[False] * 3] * 2))])
    uses = np.array([1, 2, 1])
    asked = replace(asked, second=Side("male", asked.second.names, uses, uses, "contributions"))
    misfit = explain(asked, plan_matings(asked))
    assert misfit.path == ("forbidden",)
    assert misfit.found == (
        "2 females ('F0', 'F1') need 2 matings; of these 2 only 1 is possible: 1 male ('M0') "
        "may have 1 mating")
    assert misfit.remedy == ("Lower 'contributions: max_per_candidate', or loosen 'forbidden', "
                             "which forbids 4 pairs that would help, or select more males")


def test_males_that_must_be_used_more_than_they_can():
    asked = crossing(least=2, most=3)
    misfit = explain(asked, plan_matings(asked))
    assert "3 males ('M0', 'M1', 'M2') need 6 matings; of these 6 only 4" in misfit.found


def test_a_herd_with_too_few_males():
    limit = HerdLimit(np.array([0, 0, 0, 0]), ["east"], 1)
    misfit = explain(crossing(herds=limit), plan_matings(crossing(herds=limit)))
    assert misfit.path == ("max_per_herd",)
    assert "'M0' in herd 'east' and 2 more such may have 1 each" in misfit.found


def test_more_crosses_than_lines_allow():
    lines = side("line", list("abcd"), [0] * 4, [2] * 4, "max_per_female")
    asked = Crossing(lines, lines, np.zeros((4, 4)), np.zeros((4, 4)), (), 5, 2)
    misfit = explain(asked, plan_matings(asked))
    assert misfit.found == ("'matings' asks for 5; of these 5 only 4 are possible: 4 lines ('a', "
                            "'b', 'c', 'd') may have 8 uses")


def test_more_crosses_than_pairs():
    lines = side("line", list("abc"), [0] * 3, [9] * 3, "max_per_female")
    asked = Crossing(lines, lines, np.zeros((3, 3)), np.zeros((3, 3)), (), 5, 1)
    misfit = explain(asked, plan_matings(asked))
    assert misfit.path == ("max_per_pair",)
    assert "only 3 are possible: each pair of them 1" in misfit.found


def test_no_pair_at_all_without_sexes():
    lines = side("line", list("abc"), [0] * 3, [9] * 3, "max_per_female")
    asked = Crossing(lines, lines, np.ones((3, 3)), np.zeros((3, 3)),
                     (Rule("max_inbreeding", "above 0.5", np.ones((3, 3), bool)),), 2, 1)
    misfit = explain(asked, plan_matings(asked))
    assert misfit.path == ("max_inbreeding",)
    assert "no pair is admissible" in misfit.found


def test_status_of_carriers():
    found = carriers(["1", "0", "Yes", "no", None, "", "carrier", "FREE", "maybe", "1.0"])
    assert found.carrier.tolist() == [
        True, False, True, False, False, False, True, False, False, True]
    assert found.known.tolist() == [
        True, True, True, True, False, False, True, True, False, True]
    assert found.strange == ("maybe",)


def any_crossing(rng, kind):
    """Small numbers of parents with limits that often cannot be met."""
    f, m = rng.integers(2, 6, 2)
    forbidden = Rule("forbidden", "forbidden by name", rng.random((f, m)) < 0.5)
    females, males = (
        side(one, [f"{one}{k}" for k in range(n)], low := rng.integers(0, 3, n),
             low + rng.integers(0, 2, n), f"max_per_{one}")
        for one, n in (("female", f), ("male", m)))
    total = int(rng.integers(2, 7)) if rng.random() < 0.5 else None
    per_pair = int(rng.integers(1, 3)) if rng.random() < 0.5 else None
    if kind == "lines":
        rule = Rule("forbidden", "forbidden by name", rng.random((f, f)) < 0.3)
        return Crossing(females, females, np.zeros((f, f)), rng.random((f, f)), (rule,), total,
                        per_pair)
    herds = HerdLimit(rng.integers(-1, 2, f), ["a", "b"], 1) if kind == "herds" else None
    return Crossing(females, males, np.zeros((f, m)), rng.random((f, m)), (forbidden,), total,
                    per_pair, herds)


@pytest.mark.parametrize("kind", ["plain", "herds", "lines"])
def test_what_binds_is_a_proof(kind):
    """The limits that a message names are impossible by themselves."""
    rng = np.random.default_rng(6)
    seen = 0
    for _ in range(60):
        asked = any_crossing(rng, kind)
        found = plan_matings(asked)
        if not isinstance(found, Conflict):
            continue
        misfit = explain(asked, found)
        assert misfit.found
        assert misfit.remedy
        if not found.asked.any():
            continue
        seen += 1
        part, programme = smallest(asked, found), asked.programme()
        # only these limits, and still no plan
        low, high = np.zeros(programme.low.size), np.full(programme.low.size, np.inf)
        low[part.asking] = programme.low[part.asking]
        high[part.allowing] = programme.high[part.allowing]
        assert isinstance(allocate(replace(programme, low=low, high=high)), Conflict)
    assert seen > 10
