"""The reference page names every key of the schema."""

from __future__ import annotations

from breedeval.config import json_schema, reference_markdown


def test_every_key_has_a_complete_row() -> None:
    schema = json_schema()
    parts = [schema, *schema["$defs"].values()]
    parts += [form for part in parts for form in part.get("anyOf", [])]
    rows = [line for line in reference_markdown().splitlines() if line.startswith("| `")]
    named = {row.split("`")[1] for row in rows}
    assert named == {name for part in parts for name in part.get("properties", {})}
    assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))


def test_rows() -> None:
    page = reference_markdown()
    assert page.startswith("## The run file\n")
    assert ("| `degree` | a whole number, at least 1, at most 12 | `1` | Highest power. | `2` |"
            in page)
    assert "| `unknown` | text or a list of text | `[\"\", \"0\", NA]` |" in page
    assert "### `pedigree` › `columns`\n" in page
    assert "## `relationships`, `kind: supplied`\n" in page
