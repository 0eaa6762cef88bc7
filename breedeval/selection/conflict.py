"""Why matings are impossible, in words: the limits that bind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from breedeval.model.form import Misfit
from breedeval.selection.allocation import Conflict
from breedeval.selection.mating import CONTRIBUTIONS, Crossing, Side

Int64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

NAMED = 5
"""Parents named of a kind; the rest are counted."""


def explain(crossing: Crossing, conflict: Conflict) -> Misfit:
    """What binds: parents without a mate, else the least set whose needs exceed what is allowed.

    The path of the misfit is that of the setting within ``mating``.
    """
    lonely = _without_mate(crossing)
    if lonely is not None:
        return lonely
    if not conflict.asked.any():
        return Misfit((), "matings cannot be divided into whole ones within these limits",
                      "Expected limits that whole numbers can meet",
                      "Change a limit or the number of matings by one")
    return _too_much(crossing, smallest(crossing, conflict))


def _without_mate(crossing: Crossing) -> Misfit | None:
    """Parents that must be mated and may be with nobody."""
    allowed = crossing.admissible()
    if crossing.one_sided:
        allowed = allowed | allowed.T
    for side, mates, among in ((crossing.first, crossing.second, allowed),
                               (crossing.second, crossing.first, allowed.T)):
        alone = np.flatnonzero((side.least > 0) & ~among.any(axis=1))
        if alone.size == 0:
            continue
        turned = side is not crossing.first
        reasons = "; ".join(_reasons(crossing, int(one), mates, turned=turned)
                            for one in alone[:NAMED])
        more = f"; … and {alone.size - NAMED} more" if alone.size > NAMED else ""
        return Misfit(
            _setting(crossing), f"{_count(alone.size, side.kind)} may be mated with none of the "
            f"{_count(len(mates), mates.kind)}: {reasons}{more}",
            "Expected one for each at least", _least_remedy(crossing, alone, side.kind, turned))
    return None


def _setting(crossing: Crossing) -> tuple[str, ...]:
    """The rule that forbids most pairs."""
    rules = sorted(crossing.rules, key=lambda rule: -int(rule.pairs.sum()))
    return (rules[0].setting,) if rules else ()


def _reasons(crossing: Crossing, one: int, mates: Side, *, turned: bool) -> str:
    """Which rules forbid the mates of a parent, and how many."""
    names = (crossing.second if turned else crossing.first).names
    told = []
    for rule in crossing.rules:
        own = rule.pairs[:, one] if turned else rule.pairs[one]
        if own.any():
            told.append(f"{int(own.sum())} {rule.words}")
    inbreeding = crossing.inbreeding[:, one] if turned else crossing.inbreeding[one]
    inbreeding = np.where(_self(crossing, one), np.inf, inbreeding)
    least = int(np.argmin(inbreeding))
    return (f"'{names[one]}' ({', '.join(told)}; least inbreeding {inbreeding[least]:.4g}, with "
            f"'{mates.names[least]}')")


def _self(crossing: Crossing, one: int) -> Mask | bool:
    return np.arange(len(crossing.first)) == one if crossing.one_sided else False


def _least_remedy(crossing: Crossing, alone: Int64, kind: str, turned: bool) -> str:
    """The limit on inbreeding at which all would have a mate, where that is what it needs."""
    other: Mask = np.zeros(crossing.inbreeding.shape, np.bool_)
    for rule in crossing.rules:
        if rule.setting != "max_inbreeding":
            other |= rule.pairs
    if crossing.one_sided:
        other = other | np.eye(len(other), dtype=np.bool_)
    values = np.where(other, np.inf, crossing.inbreeding)
    needed = float((values.T if turned else values)[alone].min(axis=1).max())
    leave = f"leave {'it' if alone.size == 1 else 'them'} out"
    if not np.isfinite(needed) or all(rule.setting != "max_inbreeding" for rule in crossing.rules):
        return f"Forbid fewer pairs, or {leave}"
    return f"Raise 'max_inbreeding' to {np.ceil(needed * 1e4) / 1e4:.4g}, or {leave}"


@dataclass(frozen=True, eq=False)
class Part:
    """A part of a conflict: places of limits that ask, and that allow.

    What is asked for and what is allowed, by their weights; and what pairs that come under no
    limit that is full give when each is mated as often as it may be.
    """

    asking: Int64
    allowing: Int64
    asked: float
    allowed: float
    by_pairs: float

    @property
    def room(self) -> float:
        """Matings that are possible of those asked for."""
        return float(np.floor(self.allowed + self.by_pairs + 1e-6))


def smallest(crossing: Crossing, conflict: Conflict) -> Part:
    """The smallest part of a conflict that is one by itself."""
    programme = crossing.programme()
    asking, allowing = (np.flatnonzero(weights > 1e-6) for weights in (
        conflict.asked, conflict.allowed))
    first, second = np.nonzero(np.isfinite(programme.cost))
    under = programme.incidence((first, second))
    limits = np.concatenate([asking, allowing])
    asked_for = conflict.asked @ under > 1e-9
    touching = sparse.csr_array(under[limits][:, np.flatnonzero(asked_for)])
    _, own = connected_components(touching @ touching.T, directed=False)
    parts = []
    for number in np.unique(own):
        ask, allow = (which[np.isin(which, limits[own == number])] for which in (asking, allowing))
        weights = np.zeros(programme.low.size)
        weights[ask] += conflict.asked[ask]
        weights[allow] -= conflict.allowed[allow]
        over = np.maximum(weights @ under, 0.0)
        spare = np.where(over > 1e-9, programme.per_pair, 0.0) @ over
        parts.append(Part(
            ask, allow, float(conflict.asked[ask] @ programme.low[ask]),
            float(conflict.allowed[allow] @ programme.high[allow]), float(spare)))
    broken = [part for part in parts if part.asked > part.allowed + part.by_pairs + 1e-6]
    return min(broken, key=lambda part: (part.asking.size + part.allowing.size, part.asked))


def _too_much(crossing: Crossing, part: Part) -> Misfit:
    """Needs and what is allowed, in words."""
    allowed = _limits(crossing, part.allowing, "may have")
    settings = _settings(crossing, part.allowing)
    if part.by_pairs:
        allowed.append(f"each pair of them {crossing.per_pair}")
        settings.append("max_per_pair")
    forbidden = _forbidding(crossing, part)
    remedies = ["lower 'contributions: max_per_candidate'" if name == CONTRIBUTIONS
                else f"raise '{name}'" for name in settings]
    remedies += [f"loosen '{name}', which forbids {count:,} pairs that would help"
                 for name, count in forbidden]
    words = ", or ".join([*remedies, f"select more {crossing.second.kind}s"])
    keys = [name for name in (*settings, *(name for name, _ in forbidden))
            if name != CONTRIBUTIONS]
    asked = " and ".join(_limits(crossing, part.asking, "need"))
    possible = f"{part.room:,g} {'is' if part.room == 1 else 'are'} possible"
    return Misfit(
        tuple(keys[:1]), f"{asked}; of these {part.asked:,g} only {possible}: "
        f"{' and '.join(allowed) or 'no pair is admissible'}",
        "Expected as much room as matings", words[0].upper() + words[1:])


def _limits(crossing: Crossing, places: Int64, verb: str) -> list[str]:
    """The limits of a part, one phrase a kind."""
    programme = crossing.programme()
    told, start = [], 0
    sides = [crossing.first] if crossing.one_sided else [crossing.first, crossing.second]
    for side in sides:
        own = places[(places >= start) & (places < start + len(side))] - start
        if own.size:
            number = (side.least if verb == "need" else side.most)[own].sum()
            needs = verb if verb != "need" or own.size > 1 else "needs"
            told.append(f"{_count(own.size, side.kind)} ({_names(side.names, own)}) {needs} "
                        f"{_count(number, 'use' if crossing.one_sided else 'mating')}")
        start += len(side)
    last = programme.low.size - 1
    herds = places[(places >= start) & (places < last)] - start
    if herds.size and crossing.herds is not None:
        herd, male = np.divmod(herds, len(crossing.second))
        one = (f"'{crossing.second.names[int(male[0])]}' in herd "
               f"'{crossing.herds.names[int(herd[0])]}'")
        more = f" and {herds.size - 1} more such" if herds.size > 1 else ""
        told.append(f"{one}{more} {verb} {crossing.herds.most} each")
    if (places == last).any():
        told.append(f"'matings' asks for {crossing.total:,}" if verb == "need" else
                    f"'matings' allows {crossing.total:,}")
    return told


def _settings(crossing: Crossing, places: Int64) -> list[str]:
    """Keys of the run file that set these limits."""
    count = len(crossing.first)
    ends = [count] if crossing.one_sided else [count, count + len(crossing.second)]
    last = crossing.programme().low.size - 1
    found = []
    if (places < count).any():
        found.append(crossing.first.setting)
    if not crossing.one_sided and ((places >= count) & (places < ends[-1])).any():
        found.append(crossing.second.setting)
    if ((places >= ends[-1]) & (places < last)).any():
        found.append("max_per_herd")
    if (places == last).any():
        found.append("matings")
    return found


def _forbidding(crossing: Crossing, part: Part) -> list[tuple[str, int]]:
    """Rules that forbid pairs outside the limits that are full, and how many."""
    programme = crossing.programme()
    shape = crossing.worth.shape
    asks, full = np.zeros(programme.low.size), np.zeros(programme.low.size)
    asks[part.asking], full[part.allowing] = 1.0, 1.0
    helping = (programme.over_pairs(asks) > 0) & (programme.over_pairs(full) == 0)
    if crossing.one_sided:
        helping &= np.triu(np.ones(shape, np.bool_), 1)
    counts = {rule.setting: 0 for rule in crossing.rules}
    for rule in crossing.rules:
        counts[rule.setting] += int((rule.pairs & helping).sum())
    return sorted(((name, count) for name, count in counts.items() if count),
                  key=lambda item: -item[1])


def _names(names: Sequence[str], places: Int64) -> str:
    listed = ", ".join(f"'{names[int(place)]}'" for place in places[:NAMED])
    return listed + (", …" if places.size > NAMED else "")


def _count(number: int, kind: str) -> str:
    return f"{number:,} {kind}{'' if number == 1 else 's'}"
