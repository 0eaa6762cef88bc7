"""Records, pedigrees and matrices that do not fit the model, each with its messages.

Every case changes some of the files of :data:`GOOD`: the text to replace, and what stands there
instead.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOD = {
    "run.yaml": """\
records: {file: records.csv}
pedigree: {file: pedigree.csv}
model:
  traits: gain
  fixed: [sex, {covariate: age}]
  random:
    - {name: animal, column: calf, relationship: pedigree}
    - {name: litter, column: litter}
variances: {animal: 20, litter: 5, residual: 40}
""",
    "records.csv": """\
calf,sex,age,litter,w,gain
c1,F,100,1,1,4.5
c2,M,110,1,1,2.9
c3,F,90,2,2,3.9
c4,M,105,2,1,3.5
""",
    "pedigree.csv": """\
calf,sire,dam
s,,
d,,
c1,s,d
c2,s,d
c3,s,
c4,,d
""",
}

SUPPLIED = """\
records: {file: records.csv}
model:
  traits: gain
  random: [{name: animal, column: calf, relationship: mine}]
relationships: {mine: {kind: supplied, file: k.csv}}
variances: {animal: 20, residual: 40}
"""

KINSHIP = """\
id,c1,c2,c3,c4
c1,1,0.5,0.25,0
c2,0.5,1,0.25,0
c3,0.25,0.25,1,0
c4,0,0,0,1
"""

METAFOUNDERS = """\
relationships: {pedigree: {kind: numerator, metafounders: gamma.csv}}
variances:"""


@dataclass(frozen=True)
class Case:
    """Changed files, and all the messages that follow."""

    name: str
    changes: tuple[tuple[str, str, str], ...]
    messages: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """Every file with its text; a change without an old text is a whole file."""
        files = dict(GOOD)
        for name, old, new in self.changes:
            if old:
                assert files[name].count(old) == 1, (name, old)
            files[name] = files[name].replace(old, new) if old else new
        return files


def _case(name: str, changes: list[tuple[str, str, str]], *messages: str) -> Case:
    return Case(name, tuple(changes), messages)


def _not_a_number(line: int, cell: str, column: str) -> str:
    return (f"records.csv:{line}: '{cell}' in column '{column}' is not a number. Expected a "
            "decimal number such as 12.5. Correct the cell, or add the text to 'records: missing' "
            "if it means missing.")


ADD = "Add a line for it (parents may be unknown), or remove the record."
NOBODY = "None of the records' individuals is: compare how the two files write them."


def _absent(
    line: int, name: str, column: str, effect: str, source: str, remedy: str = ADD
) -> str:
    return (f"records.csv:{line}: '{name}' in column '{column}' is not in {source}. Effect "
            f"'{effect}' needs every individual there. {remedy}")


COLUMNS = "The columns are: calf, sex, age, litter, w, gain."

CASES = (
    _case("a trait that is no column", [("run.yaml", "traits: gain", "traits: growth")],
          f"records.csv: there is no column 'growth' (named in the model). {COLUMNS}"),
    _case("a fixed effect that is nearly a column", [("run.yaml", "[sex,", "[sexe,")],
          f"records.csv: there is no column 'sexe' (named in the model). {COLUMNS} "
          "Did you mean 'sex'?"),
    _case("a factor of an interaction", [("run.yaml", "[sex,", "['sex:year',")],
          f"records.csv: there is no column 'year' (named in the model). {COLUMNS}"),
    _case("a covariate that is no column", [("run.yaml", "covariate: age", "covariate: Age")],
          f"records.csv: there is no column 'Age' (named in the model). {COLUMNS} "
          "Did you mean 'age'?"),
    _case("a class within which", [("run.yaml", "covariate: age", "covariate: age, within: pen")],
          f"records.csv: there is no column 'pen' (named in the model). {COLUMNS}"),
    _case("weights that are no column", [("run.yaml", "  fixed:", "  weights: wt\n  fixed:")],
          f"records.csv: there is no column 'wt' (named in the model). {COLUMNS} "
          "Did you mean 'w'?"),
    _case("the column of a random effect", [("run.yaml", "column: litter", "column: liter")],
          f"records.csv: there is no column 'liter' (named in the model). {COLUMNS} "
          "Did you mean 'litter'?"),
    _case("two columns at once",
          [("run.yaml", "[sex,", "[sx,"), ("run.yaml", "column: calf", "column: animal")],
          f"records.csv: there is no column 'sx' (named in the model). {COLUMNS} "
          "Did you mean 'sex'?",
          f"records.csv: there is no column 'animal' (named in the model). {COLUMNS}"),
    _case("text in the trait", [("records.csv", "1,1,4.5", "1,1,heavy")],
          _not_a_number(2, "heavy", "gain")),
    _case("a decimal comma", [("records.csv", "1,1,4.5", '1,1,"4,5"')],
          _not_a_number(2, "4,5", "gain")),
    _case("an infinite trait", [("records.csv", "1,1,4.5", "1,1,inf")],
          _not_a_number(2, "inf", "gain")),
    _case("another code for missing", [("records.csv", "1,1,4.5", "1,1,-")],
          _not_a_number(2, "-", "gain")),
    _case("text in a covariate", [("records.csv", "M,110", "M,old")],
          _not_a_number(3, "old", "age")),
    _case("text in weights",
          [("run.yaml", "  fixed:", "  weights: w\n  fixed:"),
           ("records.csv", "90,2,2", "90,2,much")],
          _not_a_number(4, "much", "w")),
    _case("a negative weight",
          [("run.yaml", "  fixed:", "  weights: w\n  fixed:"),
           ("records.csv", "90,2,2", "90,2,-2")],
          "records.csv:4: the weight in 'w' is -2. Expected a number above zero. Remove the "
          "record if it carries no information."),
    _case("a weight of zero",
          [("run.yaml", "  fixed:", "  weights: w\n  fixed:"),
           ("records.csv", "90,2,2", "90,2,0")],
          "records.csv:4: the weight in 'w' is 0. Expected a number above zero. Remove the record "
          "if it carries no information."),
    _case("an individual that is not in the pedigree", [("records.csv", "c3,F", "c33,F")],
          _absent(4, "c33", "calf", "animal", "the pedigree")),
    _case("a name with another case", [("records.csv", "c3,F", "C3,F")],
          _absent(4, "C3", "calf", "animal", "the pedigree")),
    _case("a number written in another way",
          [("records.csv", "c3,F", "007,F"), ("pedigree.csv", "c3,s", "7,s")],
          _absent(4, "007", "calf", "animal", "the pedigree")),
    _case("a dam that is not in the pedigree",
          [("run.yaml", "column: calf,", "components: {direct: calf, maternal: litter},"),
           ("run.yaml", "animal: 20", "animal: [[20, 0], [0, 5]]")],
          *(_absent(line, litter, "litter", "animal", "the pedigree", NOBODY)
            for line, litter in ((2, "1"), (3, "1"), (4, "2"), (5, "2")))),
    _case("a zero for an unknown dam",
          [("run.yaml", "column: calf,", "components: {direct: calf, maternal: litter},"),
           ("run.yaml", "animal: 20", "animal: [[20, 0], [0, 5]]"),
           ("records.csv", "", "calf,sex,age,litter,w,gain\nc1,F,9,0,1,4\nc2,M,8,c1,1,5\n")],
          _absent(2, "0", "litter", "animal", "the pedigree",
                  "Leave the cell empty if it means unknown.")),
    _case("no record is complete",
          [("records.csv", "", "calf,sex,age,litter,w,gain\nc1,F,,1,1,4\nc2,,9,1,1,\n")],
          "records.csv: no row has the trait 'gain' and every effect of the model. Expected at "
          "least one complete record. Look at the missing cells named above, and at "
          "'records: missing'."),
    _case("records without rows", [("records.csv", "", "calf,sex,age,litter,w,gain\n")],
          "records.csv: there are no rows. Expected one line a row after the header. Check that "
          "the export was finished."),
    _case("faults of records and pedigree together",
          [("records.csv", "c2,M,110,1,1,2.9", "c2,M,110"), ("pedigree.csv", "c4,,d", "c4,c4,d")],
          "records.csv:3: the line has 3 cells. Expected 6, as in the header. Write an empty cell "
          "(or NA) where a value is missing.",
          "pedigree.csv:7: 'c4' is its own sire. Correct the sire, or leave it empty."),
    _case("a curve of a constant",
          [("run.yaml", "{covariate: age}", "{legendre: w, degree: 1}"),
           ("records.csv", "90,2,2", "90,2,1")],
          "records.csv: the covariate 'w' is 1 in every record. Expected at least two different "
          "values. Give 'range:', or leave the covariate out."),
    _case("a matrix without an individual",
          [("run.yaml", "", SUPPLIED), ("k.csv", "", KINSHIP), ("records.csv", "c3,F", "c9,F")],
          _absent(4, "c9", "calf", "animal", "k.csv")),
    _case("a matrix that is not positive definite",
          [("run.yaml", "", SUPPLIED), ("k.csv", "", KINSHIP),
           ("k.csv", "c1,1,0.5,", "c1,1,1.5,"), ("k.csv", "c2,0.5,1,", "c2,1.5,1,")],
          "k.csv: the matrix is not positive definite (smallest eigenvalue -0.5). Expected a "
          "matrix that can be inverted. Remove duplicated individuals, or add 'ridge: 0.01' to "
          "the relationship."),
    _case("a matrix that is not symmetric",
          [("run.yaml", "", SUPPLIED), ("k.csv", "", KINSHIP), ("k.csv", "c1,1,0.5,", "c1,1,0.4,")],
          "k.csv: the matrix is not symmetric: (c1, c2) is 0.4 and (c2, c1) is 0.5. Expected equal "
          "values. Correct the file."),
    _case("a matrix with a missing cell",
          [("run.yaml", "", SUPPLIED), ("k.csv", "", KINSHIP),
           ("k.csv", "c4,0,0,0,1", "c4,0,0,0,")],
          "k.csv:5: there is no number in column 'c4'. Expected a number in every cell of a "
          "relationship matrix. Correct the cell."),
    _case("metafounders of a pedigree without groups",
          [("run.yaml", "variances:", METAFOUNDERS), ("gamma.csv", "", "mf,G1\nG1,0.5\n")],
          "gamma.csv: the pedigree has no groups to be metafounders. Expected one row and column "
          "for every group of the pedigree. Name the groups in 'pedigree: groups' or in a group "
          "column, as in this file."),
    _case("a metafounder that Γ does not know",
          [("run.yaml", "variances:", METAFOUNDERS), ("gamma.csv", "", "mf,G1\nG1,0.5\n"),
           ("pedigree.csv", "", "calf,sire,dam,group\ns,,,G1\nd,,,G2\nc1,s,d,\nc2,s,d,\n"
            "c3,s,,G1\nc4,,d,G1\n")],
          "gamma.csv: it has no row for G2. Expected one row and column for every group of the "
          "pedigree. Name the groups in 'pedigree: groups' or in a group column, as in this "
          "file."),
    _case("a Γ that is not positive definite",
          [("run.yaml", "variances:", METAFOUNDERS), ("gamma.csv", "", "mf,G1\nG1,-0.5\n"),
           ("pedigree.csv", "", "calf,sire,dam,group\ns,,,G1\nd,,,G1\nc1,s,d,\nc2,s,d,\n"
            "c3,s,,G1\nc4,,d,G1\n")],
          "gamma.csv: Γ is not positive definite. Expected relationships within and among "
          "metafounders."),
    _case("individuals without any relationship",
          [("run.yaml", "column: calf,", "column: 'calf:sex',")],
          *(_absent(line, name, "calf:sex", "animal", "the pedigree", NOBODY) for line, name in
            ((2, "c1:F"), (3, "c2:M"), (4, "c3:F"), (5, "c4:M")))),
    _case("wishes about parameters that only the data show not to fit",
          [("run.yaml", "traits: gain", "traits: [gain, w]"),
           ("run.yaml", "column: litter}", "column: litter, traits: [gain]}"),
           ("run.yaml", "variances: {animal: 20, litter: 5, residual: 40}",
            "variances:\n  method: reml\n  tie: [[animal, litter]]\n  profile:\n    - litter\n"
            "    - animal\n  bound:\n    residual: [1, 2]\n")],
          "run.yaml:11:9: 'animal' and 'litter' have different numbers of parameters. Expected as "
          "many in each. Name the parameters themselves.",
          "run.yaml:16:5: 'residual' has 3 parameters. Expected one of them. Choose from "
          "residual(gain), residual(gain,w), residual(w).",
          "run.yaml:14:7: 'animal' is not one parameter. Expected one of animal(gain), "
          "animal(gain,w), animal(w). Correct the name."),
    _case("given matrices that their structures cannot be",
          [("run.yaml", "traits: gain", "traits: [gain, w]"),
           ("run.yaml", "relationship: pedigree}",
            "relationship: pedigree, covariance: compound_symmetry}"),
           ("run.yaml", "column: litter}", "column: litter, covariance: diagonal}"),
           ("run.yaml", "variances: {animal: 20, litter: 5, residual: 40}",
            "variances:\n  animal: [[20, 1], [1, 5]]\n  litter: [[5, 1], [1, 5]]\n"
            "  residual: [[40, 0], [0, 40]]\n")],
          "run.yaml:10:3: the matrix is not of the structure 'compound symmetry' that the model "
          "asks for. Expected a matrix of that structure. Correct it, or remove 'covariance'.",
          "run.yaml:11:3: the matrix is not of the structure 'diagonal' that the model asks for. "
          "Expected a matrix of that structure. Correct it, or remove 'covariance'."),
    _case("a residual variance that a class of the records has not",
          [("run.yaml", "variances: {animal: 20, litter: 5, residual: 40}",
            "  residual: {by: sex}\nvariances: {animal: 20, litter: 5, residual: {F: 40}}")],
          "run.yaml:10:36: there is no residual variance for the class 'M'. Expected one for each "
          "of: F, M. Add 'M:' with it."),
    _case("traits without variance to estimate",
          [("run.yaml", "traits: gain", "traits: [gain, w, age]"),
           ("run.yaml", "[sex, {covariate: age}]", "[sex]"),
           ("run.yaml", "{animal: 20, litter: 5, residual: 40}", "reml"),
           ("records.csv", "", "calf,sex,age,litter,w,gain\nc1,F,90,1,1,4.5\nc2,M,110,1,1,2.9\n"
            "c3,F,90,2,1,3.9\nc4,M,110,2,1,3.5\n")],
          "run.yaml:4:18: 'w' is 1 in every record, so that it has no variance to estimate. "
          "Expected records that differ. Correct the column, or leave the trait out.",
          "run.yaml:4:21: the fixed effects fit every record of 'age' exactly, so that nothing is "
          "left to estimate variances from. Expected records that differ within the levels of "
          "the fixed effects. Remove the fixed effect from which 'age' was computed."),
)
