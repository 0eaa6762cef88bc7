"""The committed pages of the run file and the plan are what the program says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.docs.renew import PAGE, PLAN_PAGE, plan_page, run_file_page


@pytest.mark.parametrize(("page", "text"), [(PAGE, run_file_page()), (PLAN_PAGE, plan_page())])
def test_the_page_is_current(page: Path, text: str) -> None:
    """A key added, renamed or described anew is in the page too."""
    current = page.read_text(encoding="utf-8") == text
    assert current, f"{page.name} is out of date; renew it: python -m tests.unit.docs.renew"
