"""The committed page of the run file is what the program says of itself."""

from __future__ import annotations

from tests.unit.docs.renew import PAGE, run_file_page


def test_the_page_of_the_run_file_is_current() -> None:
    """A key added, renamed or described anew is in the page too."""
    current = PAGE.read_text(encoding="utf-8") == run_file_page()
    assert current, f"{PAGE.name} is out of date; renew it: python -m tests.unit.docs.renew"
