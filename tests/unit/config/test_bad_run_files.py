"""What a person reads when a run file is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.config import load
from breedeval.errors import InputError
from tests.unit.config.bad_models import BAD_MODELS
from tests.unit.config.bad_run_files import CASES, Case


@pytest.mark.parametrize("case", [*CASES, *BAD_MODELS], ids=lambda case: case.name)
def test_message(case: Case, folder: Path) -> None:
    Path("run.yaml").write_text(case.text)
    with pytest.raises(InputError) as raised:
        load("run.yaml")
    assert tuple(problem.replace(str(folder), "FOLDER")
                 for problem in raised.value.problems) == case.messages


@pytest.mark.parametrize(("data", "message"), [
    (b"", "run.yaml:1:1: the file is empty. Expected keys such as 'records:' and 'model:'. "
          "breedeval init writes a run file to start from."),
    (b"# only a comment\n", "run.yaml:1:1: the file is empty. Expected keys such as 'records:' "
                            "and 'model:'. breedeval init writes a run file to start from."),
    (b"- records\n", "run.yaml:1:1: the file holds a list. Expected keys such as 'records:' and "
                     "'model:'. breedeval init writes a run file to start from."),
    (b"calf,weight\n1,2\n", "run.yaml:1:1: the file holds one text. Expected keys such as "
                            "'records:' and 'model:'. breedeval init writes a run file to start "
                            "from."),
    (b"title: ok\nx: caf\xe9\n", "run.yaml:2:7: byte 0xe9 is not UTF-8 text. Expected a file saved "
                                 "as UTF-8. Save it again with the encoding UTF-8."),
    (b"\xff\xfet\x00", "run.yaml:1:1: byte 0xff is not UTF-8 text. Expected a file saved as UTF-8. "
                       "Save it again with the encoding UTF-8."),
    (b"[" * 1500, "run.yaml:1:1: lists or mappings are nested too deeply."),
    (b"a: &a [*a]\n", "run.yaml:1:4: this part contains itself. Remove the alias."),
], ids=["empty", "comment", "list", "table", "latin-1", "utf-16", "nested", "endless"])
def test_file_that_is_no_run_file(data: bytes, message: str, folder: Path) -> None:
    Path("run.yaml").write_bytes(data)
    with pytest.raises(InputError) as raised:
        load("run.yaml")
    assert raised.value.problems == (message,)


def test_aliases_cannot_fill_the_memory(folder: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 9)]
    Path("run.yaml").write_text("\n".join(lines))
    with pytest.raises(InputError, match="aliases make this file too large"):
        load("run.yaml")


def test_no_file_at_that_place(folder: Path) -> None:
    Path("milk.yaml").write_text("")
    with pytest.raises(InputError) as raised:
        load("milkk.yaml")
    assert raised.value.problems == (
        "milkk.yaml: there is no such file. Expected a run file. Did you mean 'milk.yaml'?",)
    with pytest.raises(InputError, match=r"kin: this is a folder\. Expected a run file\."):
        load("kin")
