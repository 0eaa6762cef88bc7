"""Write the pages of the run file and the plan anew: ``python -m tests.unit.docs.renew``."""

from __future__ import annotations

from pathlib import Path

from breedeval.config import plan_markdown, reference_markdown

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "run_file.md"
PLAN_PAGE = PAGE.with_name("plan_file.md")

_HEADER = """\
# The run file

Every key, its type, its default and its meaning. This page is written from the program itself by
`python -m tests.unit.docs.renew`; do not edit it by hand. The same as a JSON Schema for editors:
`breedeval schema`.

"""

_PLAN_HEADER = """\
# The plan of a batch

Every key of a plan for `breedeval batch`, its type, its default and its meaning. How to write one:
[](../howto/batch.md). This page is written from the program itself by
`python -m tests.unit.docs.renew`; do not edit it by hand. The same as a JSON Schema for editors:
`breedeval schema --plan`.

"""


def plan_page() -> str:
    """The whole page of the plan."""
    return _PLAN_HEADER + plan_markdown().rstrip("\n") + "\n"


def run_file_page() -> str:
    """The whole page: its head, and the tables of every key as the program gives them."""
    return _HEADER + reference_markdown().rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(run_file_page(), encoding="utf-8")
    PLAN_PAGE.write_text(plan_page(), encoding="utf-8")
