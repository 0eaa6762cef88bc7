"""A run goes on when nobody reads what it says."""

from __future__ import annotations

import io

from breedeval.workflow.journal import Journal


class Closed(io.StringIO):
    """The other end of a pipe that was closed, as by ``head``."""

    def write(self, text: str) -> int:
        raise BrokenPipeError


def test_a_closed_stream_ends_the_telling_only() -> None:
    journal = Journal(Closed())
    journal.step("Reading")
    journal.step("Solving")
    assert [line.split("  ")[-1] for line in journal.text().splitlines()] == ["Reading", "Solving"]
