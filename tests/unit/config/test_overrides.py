"""Single values of a run file replaced from the command line."""

from __future__ import annotations

from breedeval.config.overrides import apply, parse_override
from breedeval.config.yaml_loader import Entries, Place, Scalar, parse_tree


def overridden(text: str, *written: str) -> Entries:
    """A tree with overrides applied."""
    tree = parse_tree(text, Place("run.yaml"))
    assert isinstance(tree, Entries)
    for one in written:
        tree = apply(tree, parse_override(one))
    return tree


def test_a_word_is_widened_when_a_key_below_it_is_set() -> None:
    tree = overridden("variances: reml", "variances.max_rounds=5")
    inner = tree.values["variances"]
    assert isinstance(inner, Entries)
    method, rounds = inner.values["method"], inner.values["max_rounds"]
    assert isinstance(method, Scalar)
    assert isinstance(rounds, Scalar)
    assert (method.text, rounds.text) == ("reml", "5")


def test_a_value_may_be_a_whole_part() -> None:
    tree = overridden("variances: reml", "variances={method: ml, profile: [animal]}")
    inner = tree.values["variances"]
    assert isinstance(inner, Entries)
    assert list(inner.values) == ["method", "profile"]
