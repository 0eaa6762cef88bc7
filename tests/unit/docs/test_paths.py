"""Every file that the documentation names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    page.relative_to(ROOT)
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "_build" not in page.parts
)
IN_REPOSITORY = re.compile(
    r"(?<![\w/.])((?:breedeval|configs|pedigrees|docs|tests|benchmarks)/[\w./-]*)")
RELATIVE_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_path_named_in_a_page_exists(page: Path) -> None:
    """`breedeval/model/spec.py` in a page is a file of this repository."""
    named = IN_REPOSITORY.findall((ROOT / page).read_text(encoding="utf-8"))
    missing = {path for path in named if not (ROOT / path.rstrip(".")).exists()}
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_relative_link_of_a_page_leads_somewhere(page: Path) -> None:
    """`[limitations](docs/limitations.md)` is a file beside the page."""
    links = RELATIVE_LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    missing = {link for link in links if not (ROOT / page.parent / link).exists()}
    assert not missing


def test_every_run_file_is_quoted_in_the_documentation() -> None:
    """A capability without a page is one that nobody finds."""
    text = "".join((ROOT / page).read_text(encoding="utf-8") for page in PAGES)
    unquoted = {path.name for path in (ROOT / "configs").rglob("*.yaml") if path.name not in text}
    assert not unquoted
