"""What went wrong, said so that a person can mend it.

A :class:`Problem` has four parts: where (file:line or table:row), what was found, what was
expected, and what to do. :class:`Findings` collects problems while input is read, so that one
pass tells all of them; faults are raised together, warnings are carried into the results.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN_PER_KIND = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: ``where: found. expected. remedy.``"""

    where: str
    found: str
    expected: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        sentences = [part if part.endswith("?") else part.rstrip(".") + "."
                     for part in (self.found, self.expected, self.remedy) if part]
        return f"{self.where}: {' '.join(sentences)}"


class BreedevalError(Exception):
    """Base of every error that breedeval raises on purpose."""

    exit_code = 70


class InputError(BreedevalError):
    """The user's input is wrong; ``problems`` are the messages, all of them at once."""

    exit_code = 1

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(str(problem) for problem in problems)
        super().__init__("\n".join(self.problems))


class LimitError(BreedevalError):
    """Refused by a limit (memory, disk) before anything heavy was done."""

    exit_code = 4


@dataclass(slots=True)
class _Kind:
    examples: list[Problem] = field(default_factory=list)
    total: int = 0

    def lines(self) -> list[str]:
        lines = [str(problem) for problem in self.examples]
        hidden = self.total - len(self.examples)
        if hidden > 0:
            lines.append(f"… and {hidden} more of this kind ({self.total} in all).")
        return lines


@dataclass(slots=True)
class Findings:
    """Faults and warnings found while reading, grouped by kind.

    The first five of a kind are kept and the rest counted, so that a million faults cost no more
    than five.
    """

    _faults: dict[str, _Kind] = field(default_factory=dict)
    _warnings: dict[str, _Kind] = field(default_factory=dict)

    def fault(self, kind: str, *problems: Problem, total: int | None = None) -> None:
        """Record faults of one kind; ``total`` when only the first few are given."""
        _record(self._faults, kind, problems, total)

    def warn(self, kind: str, *problems: Problem, total: int | None = None) -> None:
        """Record warnings of one kind; ``total`` when only the first few are given."""
        _record(self._warnings, kind, problems, total)

    @property
    def faults(self) -> tuple[str, ...]:
        """Messages of all faults, five a kind and the count."""
        return tuple(line for kind in self._faults.values() for line in kind.lines())

    @property
    def warnings(self) -> tuple[str, ...]:
        """Messages of all warnings, five a kind and the count."""
        return tuple(line for kind in self._warnings.values() for line in kind.lines())

    def counts(self) -> dict[str, int]:
        """Number of problems of every kind, faults and warnings."""
        kinds = [*self._faults.items(), *self._warnings.items()]
        return {name: kind.total for name, kind in kinds}

    def take(self, others: Findings) -> None:
        """Record what others found as well."""
        for mine, theirs in ((self._faults, others._faults), (self._warnings, others._warnings)):
            for name, kind in theirs.items():
                _record(mine, name, kind.examples, kind.total)

    def raise_faults(self) -> None:
        """Raise one :class:`InputError` with every fault, if there is any."""
        if self._faults:
            raise InputError(*self.faults)


def _record(
    kinds: dict[str, _Kind], name: str, problems: Iterable[Problem], total: int | None
) -> None:
    kind = kinds.setdefault(name, _Kind())
    found = list(problems)
    if found and found[0] in kind.examples:
        return  # a column that two effects use is read twice
    kind.total += len(found) if total is None else total
    room = SHOWN_PER_KIND - len(kind.examples)
    kind.examples.extend(found[:room])
