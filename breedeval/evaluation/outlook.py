"""What more records would do to a reliability.

Information adds up on the scale of 1/PEV. With r² = 1 − PEV/(σ²k) now, and a first own record,
worth 1/(λσ²) there with λ = (1 − h²)/h², as its unit,

    1/PEV′ = 1/PEV + E/(λσ²),    r²′ = 1 − PEV′/(σ²k).

n own records of repeatability t are worth E(n) = (1 − h²)/(t − h² + (1 − t)/n) first ones; a
progeny with one record, whose other parent is unknown, λ/(3 + 4λ) of one: Mendelian sampling and
that parent stand between them. Fixed effects that a record depends on are taken as known, and the
levels of other random effects, which h² counts with the noise, as new: in a herd that is well known
already a record tells more.

References
----------
VanRaden & Wiggans (1991), J. Dairy Sci. 74:2737; Garrick, Taylor & Fernando (2009), Genet. Sel.
Evol. 41:55.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

PROGENY = (10, 50, 100)
"""Numbers of further progeny that are looked at."""
AIMS = (0.5, 0.7, 0.9)
"""Reliabilities for which progeny are counted."""
SURE = 1e-9
"""Of a reliability of 1 there is nothing to raise."""


@dataclass(frozen=True)
class Change:
    """What is added, and the reliability with it."""

    what: str
    records: int
    progeny: int
    reliability: float


@dataclass(frozen=True)
class Outlook:
    """What would raise a reliability.

    Parameters
    ----------
    reliability : float
        Now.
    heritability : float
    repeatability : float
    record_contributions : float
        What is known now, in first own records: λ r²/(1 − r²).
    changes : tuple of Change
    """

    reliability: float
    heritability: float
    repeatability: float
    record_contributions: float
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Knowledge:
    """How well an individual is known, and by records of what kind.

    Parameters
    ----------
    reliability : float
    own_variance : float
        k, the individual's own variance over σ²: 1 + F.
    heritability, repeatability : float
    records : int
        Of its own.
    can_record : bool
        Whether it may have more; of a sex that nobody has a record of it may not.
    """

    reliability: float
    own_variance: float
    heritability: float
    repeatability: float
    records: int
    can_record: bool = True

    @property
    def ratio(self) -> float:
        """λ."""
        return (1.0 - self.heritability) / self.heritability

    def of_records(self, count: int) -> float:
        """E of so many own records."""
        if not count:
            return 0.0
        h2, t = self.heritability, max(self.repeatability, self.heritability)
        return (1.0 - h2) / (t - h2 + (1.0 - t) / count)

    @property
    def of_progeny(self) -> float:
        """E of one progeny with one record."""
        return self.ratio / (3.0 + 4.0 * self.ratio)

    def with_more(self, contributions: float) -> float:
        """r²′ with E more."""
        error = (1.0 - self.reliability) * self.own_variance
        return 1.0 - error / (1.0 + error * contributions / self.ratio) / self.own_variance

    def progeny_for(self, aim: float) -> int:
        """Further progeny with which the reliability reaches an aim."""
        error = (1.0 - self.reliability) * self.own_variance
        wanted = (1.0 - aim) * self.own_variance
        return ceil((1.0 / wanted - 1.0 / error) * self.ratio / self.of_progeny - 1e-9)


def outlook(known: Knowledge) -> Outlook | None:
    """What would raise a reliability; None where nothing can be told of it."""
    if not (0.0 < known.heritability < 1.0 and known.reliability < 1.0 - SURE):
        return None
    more = known.of_records(known.records + 1) - known.of_records(known.records)
    changes = [Change("one more record of its own", 1, 0, known.with_more(more))] if (
        known.can_record) else []
    changes += [Change(f"{count} more progeny with a record each", 0, count,
                       known.with_more(count * known.of_progeny)) for count in PROGENY]
    for aim in AIMS:
        if aim > known.reliability:
            count = known.progeny_for(aim)
            changes.append(Change(f"for {aim:.2f}: {count:,} more progeny with a record each", 0,
                                  count, known.with_more(count * known.of_progeny)))
    base = known.ratio * known.reliability / (1.0 - known.reliability)
    return Outlook(known.reliability, known.heritability, known.repeatability, base,
                   tuple(changes))
