"""Write the page of the run file anew: ``python -m tests.unit.docs.renew``."""

from __future__ import annotations

from pathlib import Path

from breedeval.config import reference_markdown

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "run_file.md"

_HEADER = """\
# The run file

Every key, its type, its default and its meaning. This page is written from the program itself by
`python -m tests.unit.docs.renew`; do not edit it by hand. The same as a JSON Schema for editors:
`breedeval schema`.

"""


def run_file_page() -> str:
    """The whole page: its head, and the tables of every key as the program gives them."""
    return _HEADER + reference_markdown().rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(run_file_page(), encoding="utf-8")
