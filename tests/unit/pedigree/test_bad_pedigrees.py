"""Broken pedigrees, and the message a person gets for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from breedeval.errors import Findings, InputError
from breedeval.io.pedigree import read_pedigree
from breedeval.pedigree.build import PedigreeReading

# what is broken, contents of the file, how it is read, messages
BROKEN: list[tuple[str, str, PedigreeReading, list[str]]] = [
    ("no recognised header",
     "tag,bull,cow\na,,\n",
     PedigreeReading(),
     ["p.csv: no column is recognised as individual, sire, dam. The columns are: tag, bull, "
      "cow. Name them, as in 'columns: {individual: tag, sire: bull, dam: cow}'; for a file "
      "without a header line give positions, as in 'columns: {individual: 1, sire: 2, dam: 3}'."]),
    ("a file without a header",
     "1,0,0\n2,1,0\n",
     PedigreeReading(),
     ["p.csv: two columns are named '0' (2 and 3). Expected different names. Rename one of them.",
      "p.csv: no column is recognised as individual, sire, dam. The columns are: 1, 0. Name "
      "them, as in 'columns: {individual: tag, sire: bull, dam: cow}'; for a file without a "
      "header line give positions, as in 'columns: {individual: 1, sire: 2, dam: 3}'."]),
    ("two columns for one role",
     "animal,id,father,mother\na,a,,\n",
     PedigreeReading(),
     ["p.csv: the columns 'animal' and 'id' could each be the individual. Say which: 'columns: "
      "{individual: animal}'."]),
    ("a column that is not there",
     "id,siri,dam\na,,\n",
     PedigreeReading(columns={"sire": "sier"}),
     ["p.csv: there is no column 'sier' (sire). The columns are: id, siri, dam. Did you mean "
      "'siri'?"]),
    ("a position that is not there",
     "a 0 0\nb a 0\n",
     PedigreeReading(columns={"individual": 1, "sire": 2, "dam": 4}),
     ["p.txt: there is no column 4 (dam). The first line has 3 cells."]),
    ("names and positions",
     "id,sire,dam\na,,\n",
     PedigreeReading(columns={"individual": 1, "sire": "sire"}),
     ["pedigree: columns: names and positions are mixed (individual: 1, sire: sire). Expected "
      "names of the header line, or positions for a file without one."]),
    ("positions and a header line",
     "id sire dam\na 0 0\n",
     PedigreeReading(columns={"individual": 1, "sire": 2, "dam": 3}),
     ["p.txt:1: a header line stands among the individuals (id, sire, dam). Name the columns "
      "instead of giving positions, or remove this line."]),
    ("a header line in the middle",
     "id,sire,dam\na,,\nID,Sire,Dam\nb,a,\n",
     PedigreeReading(),
     ["p.csv:3: a header line stands among the individuals (ID, Sire, Dam). Remove this line."]),
    ("own header names in the middle",
     "tag,bull,cow\na,,\ntag,bull,cow\n",
     PedigreeReading(columns={"individual": "tag", "sire": "bull", "dam": "cow"}),
     ["p.csv:3: a header line stands among the individuals (tag, bull, cow). Remove this line."]),
    ("no name",
     "id,sire,dam\na,,\n,a,\n",
     PedigreeReading(),
     ["p.csv:3: the individual has no name. Expected a name on every line. Name it, or remove "
      "the line."]),
    ("a code for unknown as a name",
     "id,sire,dam\na,,\n0,,\nNA,a,\n",
     PedigreeReading(),
     ["p.csv:3: '0' stands as an individual and is a code for an unknown parent. Give it "
      "another name, remove the line, or change 'pedigree: unknown'.",
      "p.csv:4: 'NA' stands as an individual and is a code for an unknown parent. Give it "
      "another name, remove the line, or change 'pedigree: unknown'."]),
    ("a group as a name",
     "id,sire,dam\na,G1,\nG1,,\n",
     PedigreeReading(groups=("G1",)),
     ["p.csv:3: 'G1' stands as an individual and is listed as a group. Remove the line, or take "
      "the code out of 'pedigree: groups'."]),
    ("repeated with other parents",
     "id,sire,dam\na,,\nb,,\nc,a,b\nc,,b\n",
     PedigreeReading(),
     ["p.csv:5: 'c' already stands on line 4, with other parents (a × b there, unknown × b "
      "here). Keep one of the lines."]),
    ("its own sire",
     "id,sire,dam\na,a,\n",
     PedigreeReading(),
     ["p.csv:2: 'a' is its own sire. Correct the sire, or leave it empty."]),
    ("its own sire and dam",
     "id,sire,dam\na,a,a\n",
     PedigreeReading(selfing=True),
     ["p.csv:2: 'a' is its own sire and dam. Correct the sire and dam, or leave it empty."]),
    ("its own ancestor",
     "id,sire,dam\nC7,B104,\nx,,\nB104,C7,\n",
     PedigreeReading(),
     ["p.csv:2: 'C7' is its own ancestor (C7 → B104 → C7). Remove one of these parent links."]),
    ("a long loop, not from its first line",
     "id,sire,dam\nx,d,\na,b,\nb,c,\nc,d,\nd,a,\n",
     PedigreeReading(),
     ["p.csv:3: 'a' is its own ancestor (a → b → c → d → a). Remove one of these parent links."]),
    ("two loops",
     "id,sire,dam\na,b,\nb,a,\nc,,d\nd,,c\n",
     PedigreeReading(),
     ["p.csv:2: 'a' is its own ancestor (a → b → a). Remove one of these parent links.",
      "p.csv:4: 'c' is its own ancestor (c → d → c). Remove one of these parent links."]),
    ("seven loops",
     "id,sire,dam\n" + "".join(f"a{k},a{k},\n" for k in range(7)),
     PedigreeReading(),
     ["p.csv:2: 'a0' is its own sire. Correct the sire, or leave it empty.",
      "p.csv:3: 'a1' is its own sire. Correct the sire, or leave it empty.",
      "p.csv:4: 'a2' is its own sire. Correct the sire, or leave it empty.",
      "p.csv:5: 'a3' is its own sire. Correct the sire, or leave it empty.",
      "p.csv:6: 'a4' is its own sire. Correct the sire, or leave it empty.",
      "… and 2 more of this kind (7 in all)."]),
    ("sire and dam",
     "id,sire,dam\na,,\nb,a,\nc,,a\n",
     PedigreeReading(),
     ["p.csv:4: 'a' is the sire of 'b' (line 3) and the dam of 'c' (line 4). Correct one of "
      "them, or set 'selfing: true' where an individual may be both."]),
    ("one parent twice",
     "id,sire,dam\na,,\nb,a,a\n",
     PedigreeReading(),
     ["p.csv:3: 'a' is both the sire and the dam of 'b'. Correct one of them, or set 'selfing: "
      "true' where an individual may be both."]),
    ("a female sire",
     "id,sire,dam,sex\na,,,F\nb,a,,M\n",
     PedigreeReading(),
     ["p.csv:2: 'a' is recorded as female and is the sire of 'b' (line 3). Correct its sex, or "
      "the sire of its progeny."]),
    ("a male dam",
     "id,sire,dam,sex\na,,,1\nb,,a,2\n",
     PedigreeReading(),
     ["p.csv:2: 'a' is recorded as male and is the dam of 'b' (line 3). Correct its sex, or the "
      "dam of its progeny."]),
    ("a sex nobody knows",
     "id,sire,dam,sex\na,,,steer\n",
     PedigreeReading(),
     ["p.csv:2: 'steer' in column 'sex' of 'a' is not understood. Expected M or F (also male, "
      "female, 1, 2; 0 or U for unknown). Correct the cell, or leave it empty."]),
    ("born before its sire",
     "id,sire,dam,born\na,,,2010\nb,a,,2009\n",
     PedigreeReading(),
     ["p.csv:3: 'b' was born before its sire 'a' (2009 against 2010 on line 2). Correct one of "
      "the births, or the sire."]),
    ("born on the day of its dam",
     "id,sire,dam,born\na,,,2010-03-01\nb,,a,2010-03-01\n",
     PedigreeReading(),
     ["p.csv:3: 'b' was born on the same day as its dam 'a' (2010-03-01 against 2010-03-01 on "
      "line 2). Correct one of the births, or the dam."]),
    ("born the day before its dam",
     "id,sire,dam,born\na,,,2010-03-01\nb,,a,20100228\n",
     PedigreeReading(),
     ["p.csv:3: 'b' was born before its dam 'a' (20100228 against 2010-03-01 on line 2). "
      "Correct one of the births, or the dam."]),
    ("a birth nobody understands",
     "id,sire,dam,born\na,,,1 May 2010\nb,,,2010-02-30\n",
     PedigreeReading(),
     ["p.csv:2: '1 May 2010' in column 'born' of 'a' is not understood. Expected a year (2019) "
      "or a date (2019-03-28). Correct the cell, or leave it empty.",
      "p.csv:3: '2010-02-30' in column 'born' of 'b' is not understood. Expected a year (2019) "
      "or a date (2019-03-28). Correct the cell, or leave it empty."]),
    ("clone of nobody",
     "id,sire,dam,clone_of\na,,,\nb,,,z\n",
     PedigreeReading(),
     ["p.csv:3: 'b' is a clone of 'z', which is nowhere in the pedigree. Expected an individual "
      "or a parent. Correct the name, or add a line for it."]),
    ("clone of itself",
     "id,sire,dam,clone_of\na,,,a\n",
     PedigreeReading(),
     ["p.csv:2: 'a' is said to be a clone of itself. Name the individual it was cloned from, or "
      "leave the cell empty."]),
    ("clone of a clone",
     "id,sire,dam,clone_of\na,,,\nb,,,a\nc,,,b\n",
     PedigreeReading(),
     ["p.csv:4: 'c' is a clone of 'b', which is itself a clone of 'a' (line 3). Expected the "
      "original. Name the first individual of the chain."]),
    ("clone with other parents",
     "id,sire,dam,clone_of\na,s,d,\nb,s,e,a\n",
     PedigreeReading(),
     ["p.csv:3: 'b' is a clone of 'a' and has other parents (s × e instead of s × d). Leave the "
      "parents of a clone empty."]),
    ("clone and individual",
     "id,sire,dam,clone_of\na,,,\nb,,,a\nb,,,\n",
     PedigreeReading(),
     ["p.csv:3: 'b' is a clone here and an individual of its own on line 4. Keep one of the "
      "lines."]),
    ("half a selfing",
     "id,sire,dam,selfings\na,,,1.5\nb,,,-1\nc,,,F6\n",
     PedigreeReading(selfing=True),
     ["p.csv:2: '1.5' in column 'selfings' of 'a' is not understood. Expected a whole number of "
      "generations from 0 to 1000. Correct the cell, or leave it empty.",
      "p.csv:3: '-1' in column 'selfings' of 'b' is not understood. Expected a whole number of "
      "generations from 0 to 1000. Correct the cell, or leave it empty.",
      "p.csv:4: 'F6' in column 'selfings' of 'c' is not understood. Expected a whole number of "
      "generations from 0 to 1000. Correct the cell, or leave it empty."]),
    ("a parent like a code",
     "id,sire,dam\na,00,\nb,00,.\n",
     PedigreeReading(),
     ["p.csv:2: the parent '00' looks like a code for an unknown parent (named 2×, no line of "
      "its own). Add it to 'pedigree: unknown', or give it a line if it is an individual.",
      "p.csv:3: the parent '.' looks like a code for an unknown parent (named 1×, no line of "
      "its own). Add it to 'pedigree: unknown', or give it a line if it is an individual."]),
    ("a short line",
     "id,sire,dam\na,,\nb,a\nc,a,a\n",
     PedigreeReading(),
     ["p.csv:3: the line has 2 cells. Expected 3, as in the header. Write an empty cell (or NA) "
      "where a value is missing.",
      "p.csv:4: 'a' is both the sire and the dam of 'c'. Correct one of them, or set 'selfing: "
      "true' where an individual may be both."]),
    ("everything at once",
     "id,sire,dam,sex\na,,,F\na,b,,F\nb,a,,x\n,,a,\n",
     PedigreeReading(),
     ["p.csv:5: the individual has no name. Expected a name on every line. Name it, or remove "
      "the line.",
      "p.csv:3: 'a' already stands on line 2, with other parents (unknown × unknown there, b × "
      "unknown here). Keep one of the lines.",
      "p.csv:4: 'x' in column 'sex' of 'b' is not understood. Expected M or F (also male, "
      "female, 1, 2; 0 or U for unknown). Correct the cell, or leave it empty.",
      "p.csv:2: 'a' is recorded as female and is the sire of 'b' (line 4). Correct its sex, or "
      "the sire of its progeny."]),
]

DOUBTFUL: list[tuple[str, str, PedigreeReading, list[str]]] = [
    ("repeated with the same parents",
     "id,sire,dam\na,,\nb,a,\nb,a,\n",
     PedigreeReading(),
     ["p.csv:4: 'b' already stands on line 3, with the same parents. The first line is used."]),
    ("one parent without a line",
     "id,sire,dam\nb,,a\n",
     PedigreeReading(),
     ["p.csv: 1 parent has no line of its own and became a founder: 'a', dam of 'b' on line 2."]),
    ("parents without a line",
     "id,sire,dam\nc,b,a\nd,b,e\n",
     PedigreeReading(),
     ["p.csv: 3 parents have no line of their own and became founders, such as 'b', sire of 'c' "
      "on line 2."]),
    ("unknown parents without a group",
     "id,sire,dam,group\na,,,G1\nb,a,,\nc,x,b,\n",
     PedigreeReading(),
     ["p.csv: 1 parent has no line of its own and became a founder: 'x', sire of 'c' on line 4.",
      "p.csv: 3 of 5 unknown parents have no group, such as of 'b' on line 3. Expected a group "
      "for every unknown parent, or for none. Those without one are taken for the ungrouped "
      "base population.",
      "p.csv: the column 'group' is taken for the groups of unknown parents (1 groups). Rename it "
      "if it means something else, or name it under 'pedigree: columns'."]),
    ("a group that nobody is in",
     "id,sire,dam\na,G1,G1\nb,a,G1\n",
     PedigreeReading(groups=("G1", "G3")),
     ["p.csv: no unknown parent is in group 'G3'. Check the spelling under 'pedigree: groups'."]),
    ("comments between lines",
     "id,sire,dam\na,,\n#b,,\nc,a,\n",
     PedigreeReading(),
     ["p.csv: 1 line that begins with '#' after the header was taken for a comment and left "
      "out. Put quotes around such a cell if it is a name."]),
]


def _file(folder: Path, contents: str) -> Path:
    file = folder / ("p.txt" if " " in contents.splitlines()[0] else "p.csv")
    file.write_text(contents)
    return file


@pytest.mark.parametrize(("contents", "reading", "messages"), [case[1:] for case in BROKEN],
                         ids=[case[0] for case in BROKEN])
def test_fault(
    tmp_path: Path, contents: str, reading: PedigreeReading, messages: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        read_pedigree(_file(tmp_path, contents), reading)
    assert list(caught.value.problems) == messages


@pytest.mark.parametrize(("contents", "reading", "messages"), [case[1:] for case in DOUBTFUL],
                         ids=[case[0] for case in DOUBTFUL])
def test_warning(
    tmp_path: Path, contents: str, reading: PedigreeReading, messages: list[str]
) -> None:
    findings = Findings()
    read_pedigree(_file(tmp_path, contents), reading, findings=findings)
    assert list(findings.warnings) == messages
    assert findings.faults == ()
