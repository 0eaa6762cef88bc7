"""A comparison on a terminal."""

import copy

from breedeval.comparison import compare
from breedeval.report.comparison_text import comparison_text
from tests.unit.comparison.made import SETTINGS, breeding_values, results


def _text(old, new, settings=SETTINGS, width=120):
    return comparison_text(
        compare(old, new, old_settings=SETTINGS, new_settings=settings), width=width)


def test_two_evaluations_that_differ_in_everything():
    settings = copy.deepcopy(SETTINGS)
    settings["model"]["fixed"] = []
    old = results(breeding_values([3.0, -1.0, 2.0]), label="runs/one")
    new = results(breeding_values([2.5, -3.0, 2.75, 1.0], records=[1, 3, 1, 1]), label="runs/two",
                  animal=20.0, hashes=("new", "b"), fixed=(0.0, 4.0), summary={"records": 6})
    text = _text(old, new, settings)
    for part in ("runs/one", "Why breeding values moved", "The input 'records' changed",
                 "rank correlation", "A2", "1 → 3", "model.fixed", "heritability", "2 → 1"):
        assert part in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_two_that_are_the_same():
    made = results(breeding_values([3.0, -1.0, 2.0]))
    text = _text(made, made)
    assert "Nothing differs." in text
    assert "moved most" not in text
    assert "Variances" not in text


def test_names_that_look_like_markup_are_printed_as_they_are():
    names = ["[bold]x", "[/]", "c"]
    text = _text(results(breeding_values([3.0, -1.0, 2.0], names=names), label="[red]"),
                 results(breeding_values([1.0, -2.0, 2.5], names=names)))
    for name in ("[red]", "[bold]x", "[/]"):
        assert name in text


def test_two_that_have_nothing_in_common():
    text = _text(results(breeding_values([3.0, -1.0])),
                 results(breeding_values([3.0, -1.0], component="direct")))
    assert "animal direct y: there are breeding values only in the new run" in text
    assert "moved most" not in text
