"""Forms that are promised and not built yet: said as such, not as unknown keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from breedeval.config.checks import RELATIONSHIPS_LATER
from breedeval.config.yaml_loader import Entries, Node, Scalar
from breedeval.model.form import KeyPath, Misfit


@dataclass(frozen=True)
class _Later:
    """A place (``*`` stands for any key or position), which of its values, and the words."""

    place: tuple[str, ...]
    is_it: Callable[[Node], bool]
    found: str
    remedy: str = ""

    def at(self, path: KeyPath) -> bool:
        return len(path) == len(self.place) and all(
            ours in ("*", theirs) for ours, theirs in zip(self.place, path, strict=True))


def _kind(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text in RELATIONSHIPS_LATER


_LATER = (
    _Later(("relationships", "*", "kind"), _kind, "this kind of relationship is not supported yet",
           "Use numerator, genomic, dominance, epistasis, identity or supplied"),
)


def not_yet(path: KeyPath, node: Node) -> Misfit | None:
    """What is not supported yet at this place, if it is one of the promised forms."""
    for later in _LATER:
        if later.at(path) and later.is_it(node):
            return Misfit(path, later.found, "", later.remedy)
    return None


def inside(path: KeyPath, node: Node) -> Iterator[tuple[str, Misfit]]:
    """Keys of a mapping that are not supported yet, with the words for each."""
    if isinstance(node, Entries):
        for key, value in node.values.items():
            if misfit := not_yet((*path, key), value):
                yield key, misfit
