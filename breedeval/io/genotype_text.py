"""Text files of genotypes, line by line: never whole in memory, each line with its number."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from breedeval.errors import InputError, Problem

GZIP = b"\x1f\x8b"
BGZIP = b"BC\x02\x00"
BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block with which a file written by bgzip ends."""

_ZIP = b"PK\x03\x04"
_MARK = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number and content (without its end) of every line that is not empty.

    A file compressed by gzip or bgzip is known by its first bytes.

    Raises
    ------
    InputError
        When it is no text, or cut off.
    """
    with path.open("rb") as file:
        _check_whole(path.name, file)
        start = file.read(4)
        file.seek(0)
        stream = gzip.GzipFile(fileobj=file) if start.startswith(GZIP) else file
        number = 0
        try:
            for number, line in enumerate(stream, 1):
                if number == 1:
                    line = _checked_start(path.name, line)
                content = line.rstrip(b"\r\n")
                if content.strip():
                    yield number, content
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InputError(Problem(
                f"{path.name}:{number + 1}", "the compressed file is cut off or damaged here", "",
                "Copy or export it again")) from None


def _check_whole(name: str, file: IO[bytes]) -> None:
    """A bgzip file cut off between two blocks looks whole but for its last block."""
    start = file.read(18)
    if start.startswith(GZIP) and start[12:16] == BGZIP:
        file.seek(0, 2)
        if file.tell() < len(BGZIP_END) or not _ends_well(file):
            raise InputError(Problem(
                name, "the file was compressed by bgzip and its last block is not there",
                "Expected the empty block that marks the end",
                "It is cut off: copy or export it again"))
    file.seek(0)


def _ends_well(file: IO[bytes]) -> bool:
    file.seek(-len(BGZIP_END), 2)
    return file.read() == BGZIP_END


def _checked_start(name: str, line: bytes) -> bytes:
    if line.startswith(_ZIP):
        raise InputError(Problem(name, "the file is a workbook or a zip archive", "Expected text",
                                 "Save it as text"))
    if line.startswith(_UTF16):
        raise InputError(Problem(name, "the text is UTF-16", "Expected UTF-8",
                                 "Save it again as UTF-8"))
    if b"\0" in line:
        raise InputError(Problem(name, "the file is binary", "Expected text",
                                 "Say what it is with 'format', or rename it so that its ending "
                                 "does"))
    return line.removeprefix(_MARK)


def no_lines(name: str, expected: str) -> InputError:
    """What is said of a file without any genotypes."""
    return InputError(Problem(name, "there are no genotypes", f"Expected {expected}",
                              "Check that the export was finished"))
