"""Broken run files, each with the messages a person gets.

Every case changes one thing of :data:`GOOD`: the text to replace, what stands there instead, and
all the messages that follow. ``FOLDER`` stands for the folder of the run file.
"""

from __future__ import annotations

from dataclasses import dataclass

GOOD = """\
title: Weaning weight
records:
  file: records.csv
pedigree:
  file: pedigree.csv
model:
  traits: weight
  fixed: [sex, year:season, {covariate: age, degree: 2}]
  random:
    - {name: animal, column: calf, relationship: pedigree}
    - name: maternal
      relationship: pedigree
      components: {dam: dam, curve: {column: cow, basis: {legendre: dim, degree: 1}}}
variances:
  animal: 20
  maternal: [[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]
  residual: 40
solve: {method: auto, tolerance: 1e-10, threads: 2, memory_limit: 16 GB}
output: {directory: results, format: csv}
"""

VARIANCES = GOOD[GOOD.index("variances:"):GOOD.index("solve:")]


@dataclass(frozen=True)
class Case:
    """One broken run file."""

    name: str
    old: str
    new: str
    messages: tuple[str, ...]

    @property
    def text(self) -> str:
        """The run file."""
        assert GOOD.count(self.old) == 1, self.old
        return GOOD.replace(self.old, self.new)


def _case(name: str, old: str, new: str, *messages: str) -> Case:
    return Case(name, old, new, messages)


CASES = (
    _case("a tab", "  file: records.csv", "\tfile: records.csv",
          "run.yaml:3:1: there is a tab where YAML wants spaces. Replace tabs at the "
          "start of lines by spaces."),
    _case("a colon in text", "title: Weaning weight", "title: Weaning: weight",
          "run.yaml:1:15: there is a ': ' where no key can be. Put text that contains ': "
          "' in quotes, or correct the indentation of the line."),
    _case("indentation", "  file: records.csv", "  file: records.csv\n missing: NA",
          "run.yaml:4:2: this line does not line up with the lines above it. Give the "
          "keys of one part the same indentation."),
    _case("an open bracket", "fixed: [sex, year:season,", "fixed: sex, year:season,",
          "run.yaml:8:38: there is a ': ' where no key can be. Put text that contains ': "
          "' in quotes, or correct the indentation of the line."),
    _case("an open quote", "title: Weaning weight", "title: 'Weaning weight",
          "run.yaml:1:8: a quotation mark is opened and never closed. Close it."),
    _case("a repeated key", "variances:\n", "model: {}\nvariances:\n",
          "run.yaml:14:1: key 'model' is repeated; it stands at line 6 already. Keep one "
          "of the two."),
    _case("repeated keys, all of them",
          "  animal: 20\n",
          "  animal: 20\n  animal: 21\n  animal: 22\n",
          "run.yaml:16:3: key 'animal' is repeated; it stands at line 15 already. Keep "
          "one of the two.",
          "run.yaml:17:3: key 'animal' is repeated; it stands at line 15 already. Keep "
          "one of the two."),
    _case("a tag", "animal: 20", "animal: !!int 20",
          "run.yaml:15:11: tags ('!', '!!') are not understood. Put text in quotes."),
    _case("a merge key", "solve: {method", "solve: {<<: {}, method",
          "run.yaml:18:9: merge keys ('<<') are not understood. Write the keys out."),
    _case("an undefined alias", "title: Weaning weight", "title: *weaning",
          "run.yaml:1:8: '*' and '&' have a meaning of their own in YAML. Put the text in quotes."),
    _case("two documents", "output:", "---\noutput:",
          "run.yaml:19:1: a second document starts here ('---'). Write one run per file."),
    _case("no space after a colon", "  file: pedigree.csv", "  file:pedigree.csv",
          "run.yaml:5:3: 'pedigree' is 'file:pedigree.csv'. Expected keys (file, columns,"
          " unknown, groups, selfing, prune). Write a space after the colon."),
    _case("a control character", "title: Weaning", "title: \x07Weaning",
          "run.yaml:1:8: there is a character that no text file has (code 7). Expected "
          "plain text. Save the file again as UTF-8 text."),
    _case("a misspelled part", "pedigree:\n", "pedigre:\n",
          "run.yaml:4:1: unknown key 'pedigre'. Did you mean 'pedigree'?"),
    _case("a misspelled required part", "records:\n", "record:\n",
          "run.yaml:2:1: unknown key 'record'. Did you mean 'records'?"),
    _case("capitals", "variances:\n", "Variances:\n",
          "run.yaml:14:1: unknown key 'Variances'. Did you mean 'variances'?"),
    _case("a misspelled key", "traits: weight", "trait: weight",
          "run.yaml:7:3: unknown key 'trait'. Did you mean 'traits'?"),
    _case("a misspelled key in a list", "column: calf", "colum: calf",
          "run.yaml:10:22: unknown key 'colum'. Did you mean 'column'?"),
    _case("a misspelled key in a covariate",
          "{covariate: age, degree: 2}",
          "{covariate: age, degre: 2}",
          "run.yaml:8:46: unknown key 'degre'. Did you mean 'degree'?"),
    _case("a misspelled leading key", "{covariate: age, degree: 2}", "{covarite: age, degree: 2}",
          "run.yaml:8:29: the keys of item 3 of 'fixed' are 'covarite', 'degree'. "
          "Expected one of 'covariate', 'legendre', 'bspline' among them. Did you mean "
          "'covariate'?"),
    _case("a key in the wrong part", "solve: {method: auto,", "threads: 4\nsolve: {method: auto,",
          "run.yaml:18:1: unknown key 'threads'. It belongs under 'solve'."),
    _case("an unheard-of key", "title: Weaning weight", "colour: red",
          "run.yaml:1:1: unknown key 'colour'. The keys here are: title, records, "
          "pedigree, genotypes, model, relationships, variances, solve, "
          "validation, marker_effects, selection, trend, output."),
    _case("a missing part", "records:\n  file: records.csv\n", "",
          "run.yaml:1:1: the run file has no key 'records'. Where the records are. Add a "
          "line such as 'records: {file: data/records.csv}'."),
    _case("a missing key", "  file: records.csv\n", "  missing: NA\n",
          "run.yaml:2:1: 'records' has no key 'file'. Table of records: .csv, .tsv, .txt "
          "(blank-separated) or .parquet; also .gz. Add a line such as 'file: "
          "data/records.csv'."),
    _case("an empty part",
          "solve: {method: auto, tolerance: 1e-10, threads: 2, memory_limit: 16 GB}",
          "solve:",
          "run.yaml:18:7: 'solve' has no value. Expected keys (method, tolerance, "
          "max_iterations, reliability, threads, start, memory_limit). Give one, or remove the "
          "key."),
    _case("an empty value", "  file: records.csv", "  file:",
          "run.yaml:3:8: 'file' has no value. Expected a file name. Give one, or remove the key."),
    _case("a mapping for a list",
          "fixed: [sex, year:season, {covariate: age, degree: 2}]",
          "fixed: {covariate: age}",
          "run.yaml:8:3: 'fixed' is keys and values. Expected text or a list. Begin each "
          "item with '- '."),
    _case("a list for a name", "column: calf", "column: [calf, cow]",
          "run.yaml:10:22: 'column' is a list. Expected text."),
    _case("a value for a part", "pedigree:\n  file: pedigree.csv\n", "pedigree: pedigree.csv\n",
          "run.yaml:4:11: 'pedigree' is 'pedigree.csv'. Expected keys (file, columns, "
          "unknown, groups, selfing, prune). Write 'file: pedigree.csv' below it."),
    _case("yes for true", "  file: pedigree.csv", "  file: pedigree.csv\n  prune: yes",
          "run.yaml:6:10: 'prune' is 'yes'. Expected true or false."),
    _case("text for a number", "threads: 2", "threads: two",
          "run.yaml:18:50: 'threads' is 'two'. Expected a whole number."),
    _case("a decimal comma", "animal: 20", "animal: 20,5",
          "run.yaml:15:11: 'animal' is '20,5'. Expected a number or a list of rows. Write"
          " decimals with a point."),
    _case("a number in quotes", "animal: 20", 'animal: "20"',
          "run.yaml:15:11: 'animal' is \"20\" in quotes. Expected a number or a list of "
          "rows. Remove the quotes."),
    _case("a fraction for a count", "threads: 2", "threads: 2.5",
          "run.yaml:18:50: 'threads' is '2.5'. Expected a whole number."),
    _case("a number below its limit", "threads: 2", "threads: -2",
          "run.yaml:18:50: 'threads' is -2. Expected a number of at least 0."),
    _case("a number above its limit", "{covariate: age, degree: 2}", "{covariate: age, degree: 13}",
          "run.yaml:8:54: 'degree' is 13. Expected a number of at most 12."),
    _case("a tolerance of one", "tolerance: 1e-10", "tolerance: 1",
          "run.yaml:18:34: 'tolerance' is 1. Expected a number below 1."),
    _case("an unknown choice", "method: auto", "method: choleski",
          "run.yaml:18:17: 'method' is 'choleski'. Expected one of auto, cholesky, cholmod, "
          "lu, pcg. Did you mean 'cholesky'?"),
    _case("a size without unit", "16 GB", "16 gigas",
          "run.yaml:18:67: 'memory_limit' is '16 gigas'. Expected a number and KB, MB, GB"
          " or TB, such as 16 GB."),
    _case("an empty range", "degree: 1}", "degree: 1, range: [305, 5]}",
          "run.yaml:13:85: the range [305, 5] is empty. Expected the smaller end first."),
    _case("a range of three", "degree: 1}", "degree: 1, range: [5, 100, 305]}",
          "run.yaml:13:92: 'range' has 3 items. Expected 2."),
    _case("an infinite variance", "animal: 20", "animal: .inf",
          "run.yaml:15:11: 'animal' is inf. Expected a finite number."),
    _case("no such file", "file: records.csv", "file: record.csv",
          "run.yaml:3:9: there is no file 'record.csv' (looked in FOLDER). Did you mean "
          "'records.csv'?"),
    _case("no such folder", "file: records.csv", "file: data/records.csv",
          "run.yaml:3:9: there is no folder 'FOLDER/data' (for 'data/records.csv'). "
          "Expected a path relative to the run file."),
    _case("a folder for a file", "file: records.csv", "file: kin",
          "run.yaml:3:9: 'kin' is a folder. Expected a file."),
    _case("two files and a key",
          "records:\n  file: records.csv\npedigree:\n  file: pedigree.csv\n",
          "records:\n  file: r.csv\n  mising: NA\npedigree:\n  file: pedigre.csv\n",
          "run.yaml:3:9: there is no file 'r.csv' (looked in FOLDER). Did you mean 'records.csv'?",
          "run.yaml:4:3: unknown key 'mising'. Did you mean 'missing'?",
          "run.yaml:6:9: there is no file 'pedigre.csv' (looked in FOLDER). Did you mean "
          "'pedigree.csv'?"),
    _case("the trait as a fixed effect", "fixed: [sex,", "fixed: [weight,",
          "run.yaml:8:11: 'weight' is the trait and a fixed effect at once. Remove it "
          "from 'fixed', or correct 'traits'."),
    _case("a fixed effect twice", "fixed: [sex, year:season,", "fixed: [season:year, year:season,",
          "run.yaml:8:24: the effect 'year:season' is in the model twice. Remove one of the two."),
    _case("a covariate twice",
          "{covariate: age, degree: 2}]",
          "{covariate: age, degree: 2}, {covariate: age}]",
          "run.yaml:8:58: the regression on 'age' is in the model twice. Remove one of the two."),
    _case("an interaction with nothing", "year:season", "'year:'",
          "run.yaml:8:16: 'year:' has nothing on one side of ':'. Expected a column on "
          "both sides, such as year:season."),
    _case("an interaction with itself", "year:season", "year:year",
          "run.yaml:8:16: the effect 'year:year' uses the column 'year' twice. Remove one"
          " of the two."),
    _case("the trait as weights", "traits: weight", "traits: weight\n  weights: weight",
          "run.yaml:8:12: 'weight' is the trait and the weights at once. Expected a "
          "column of weights. Name another column, or remove 'weights'."),
    _case("a trait twice", "traits: weight", "traits: [weight, weight]",
          "run.yaml:7:3: trait 'weight' is listed twice. Remove one of the two."),
    _case("two effects of one name", "name: maternal", "name: animal",
          "run.yaml:11:13: two random effects have the name 'animal'. Expected a name of "
          "its own for each. Rename one of the two."),
    _case("an effect named residual", "name: maternal", "name: residual",
          "run.yaml:11:13: 'residual' is the name of the residual. Expected another name "
          "for a random effect."),
    _case("a fixed and a random effect of one name", "name: maternal", "name: sex",
          "run.yaml:11:13: a fixed and a random effect have the name 'sex'. Expected a "
          "name of its own for each. Rename the random effect."),
    _case("two equal effects",
          "    - name: maternal",
          "    - {name: again, column: calf, relationship: pedigree}\n    - name: maternal",
          "run.yaml:11:7: the random effects 'animal' and 'again' are the same: same "
          "columns, same relationship. Remove one of the two."),
    _case("column and components", "column: calf,", "column: calf, components: {direct: calf},",
          "run.yaml:10:7: both 'column' and 'components' are given. Keep one of them."),
    _case("neither column nor components", "column: calf, ", "",
          "run.yaml:10:7: neither 'column' nor 'components' is given. Give one of them."),
    _case("a column listed twice", "{dam: dam,", "{dam: {columns: [dam, dam]},",
          "run.yaml:13:26: column 'dam' is listed twice. Remove one of the two."),
    _case("an unknown relationship",
          "column: calf, relationship: pedigree",
          "column: calf, relationship: pedigre",
          "run.yaml:10:50: there is no relationship 'pedigre'. Expected one of: identity,"
          " pedigree, dominance, genomic, genomic_dominance, single_step. Did you mean "
          "'pedigree'?"),
    _case("an undescribed relationship",
          "column: calf, relationship: pedigree",
          "column: calf, relationship: kinship",
          "run.yaml:10:50: there is no relationship 'kinship'. Expected one of: identity,"
          " pedigree, dominance, genomic, genomic_dominance, single_step. Describe 'kinship' "
          "under 'relationships'."),
    _case("no pedigree", "pedigree:\n  file: pedigree.csv\n", "",
          "run.yaml:8:50: relationship 'pedigree' needs a pedigree, and none is named. "
          "Add 'pedigree:' with 'file:' to the run file."),
    _case("pedigree columns twice",
          "  file: pedigree.csv",
          "  file: pedigree.csv\n  columns: {sire: parent, dam: parent}",
          "run.yaml:6:32: 'dam' and 'sire' are the same column 'parent'. Expected a "
          "column for each. Correct one of them."),
    _case("a relationship without kind",
          "solve: {",
          "relationships: {pedigree: {inbreeding: false}}\nsolve: {",
          "run.yaml:18:17: 'pedigree' has no key 'kind'. Expected 'kind:' with one of: "
          "identity, numerator, supplied, dominance, epistasis, genomic, genomic_dominance, "
          "genomic_epistasis, single_step, marker_effects, partial."),
    _case("a misspelled kind", "solve: {", "relationships: {pedigree: {kind: numerater}}\nsolve: {",
          "run.yaml:18:34: 'kind' is 'numerater'. Expected one of: identity, numerator, "
          "supplied, dominance, epistasis, genomic, genomic_dominance, genomic_epistasis, "
          "single_step, marker_effects, partial. Did you mean 'numerator'?"),
    _case("a key of another kind",
          "solve: {",
          "relationships: {pedigree: {kind: numerator, ridge: 0.1}}\nsolve: {",
          "run.yaml:18:45: unknown key 'ridge'. The keys here are: kind, inbreeding, "
          "metafounders, ploidy, double_reduction."),
    _case("a supplied matrix without file",
          "solve: {",
          "relationships: {mine: {kind: supplied}}\nsolve: {",
          "run.yaml:18:17: 'mine' has no key 'file'. A labelled square table, a triplet "
          "file (individual, individual, value), GCTA's binary GRM (.grm.bin with .grm.id), "
          "or .npz as saved by a genomic relationship. Add a line such as 'file: "
          "kinship.csv'."),
    _case("a variance of zero", "animal: 20", "animal: 0",
          "run.yaml:15:11: the variance of 'animal' is 0. Expected a number above 0. To "
          "leave the effect out, remove 'animal' from 'random' and 'variances'."),
    _case("a negative variance", "animal: 20", "animal: -1",
          "run.yaml:15:11: the variance of 'animal' is -1. Expected a number above 0. Correct it."),
    _case("a residual of zero", "residual: 40", "residual: 0",
          "run.yaml:17:13: the residual variance is 0. Expected a number above 0. Correct it."),
    _case("a missing variance", "  animal: 20\n", "",
          "run.yaml:14:1: there is no variance for 'animal'. Add 'animal:' with its "
          "variance under 'variances'."),
    _case("a misspelled effect", "  animal: 20\n", "  anmal: 20\n",
          "run.yaml:15:10: 'anmal' is no random effect of the model. Expected one of: "
          "animal, maternal, residual. Did you mean 'animal'?"),
    _case("a variance too many", "  animal: 20\n", "  animal: 20\n  herd: 3\n",
          "run.yaml:16:9: 'herd' is no random effect of the model. Expected one of: "
          "animal, maternal, residual. Remove 'herd'."),
    _case("one number for three components",
          "maternal: [[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]",
          "maternal: 3",
          "run.yaml:16:13: the variance of 'maternal' is one number. Expected a 3 × 3 "
          "matrix, its rows and columns in the order dam, curve[0], curve[1]."),
    _case("a matrix too small",
          "maternal: [[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]",
          "maternal: [[3, 0], [0, 2]]",
          "run.yaml:16:3: the variance of 'maternal' is a 2 × 2 matrix. Expected a 3 × 3 "
          "matrix, its rows and columns in the order dam, curve[0], curve[1]."),
    _case("a ragged matrix",
          "[[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]",
          "[[3, 0, 0], [0, 2], [0, 0.5, 1]]",
          "run.yaml:16:3: the variance of 'maternal' is rows of different length (3, 2, "
          "3). Expected a 3 × 3 matrix, its rows and columns in the order dam, curve[0], "
          "curve[1]."),
    _case("a row for a matrix", "[[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]", "[3, 2, 1]",
          "run.yaml:16:14: item 1 of 'maternal' is '3'. Expected a list of numbers.",
          "run.yaml:16:17: item 2 of 'maternal' is '2'. Expected a list of numbers.",
          "run.yaml:16:20: item 3 of 'maternal' is '1'. Expected a list of numbers."),
    _case("a matrix for a variance", "animal: 20", "animal: [[20, 1], [1, 20]]",
          "run.yaml:15:3: the variance of 'animal' is a 2 × 2 matrix. Expected a variance"
          " (one number)."),
    _case("an asymmetric matrix", "[0, 0.5, 1]", "[0, 0.4, 1]",
          "run.yaml:16:3: the matrix of 'maternal' is not symmetric: (curve[0], curve[1])"
          " is 0.5 and (curve[1], curve[0]) is 0.4. Expected the same covariance in both "
          "places."),
    _case("an indefinite matrix",
          "[[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]",
          "[[3, 0, 0], [0, 2, 2], [0, 2, 1]]",
          "run.yaml:16:3: the matrix of 'maternal' is not positive definite: its smallest"
          " eigenvalue is -0.5616. Expected every eigenvalue above 0 (a correlation of ±1"
          " gives 0). Correct a covariance, or remove a component."),
    _case("a singular matrix",
          "[[3, 0, 0], [0, 2, 0.5], [0, 0.5, 1]]",
          "[[3, 0, 0], [0, 4, 2], [0, 2, 1]]",
          "run.yaml:16:3: the matrix of 'maternal' is not positive definite: its smallest"
          " eigenvalue is 0. Expected every eigenvalue above 0 (a correlation of ±1 gives"
          " 0). Correct a covariance, or remove a component."),
    _case("a zero on the diagonal", "[[3, 0, 0],", "[[0, 0, 0],",
          "run.yaml:16:3: the variance of 'dam' in 'maternal' is not above 0. Expected "
          "positive numbers on the diagonal. To leave it out, remove 'dam' from the "
          "effect."),
    _case("a genomic relationship without genotypes",
          "column: calf, relationship: pedigree",
          "column: calf, relationship: genomic",
          "run.yaml:10:50: relationship 'genomic' needs genotypes, and none are named. Add "
          "'genotypes:' with 'file:' to the run file."),
    _case("single step without genotypes",
          "column: calf, relationship: pedigree",
          "column: calf, relationship: single_step",
          "run.yaml:10:50: relationship 'single_step' needs genotypes, and none are named. Add "
          "'genotypes:' with 'file:' to the run file."),
)
