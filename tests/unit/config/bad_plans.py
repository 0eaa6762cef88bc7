"""Broken plans, each with the messages a person gets.

Every case changes one thing of :data:`GOOD`: the text to replace, what stands there instead, and
all the messages that follow. ``FOLDER`` stands for the folder of the plan.
"""

from __future__ import annotations

from dataclasses import dataclass

RUN = """\
records: {file: records.csv}
pedigree: {file: pedigree.csv}
model:
  traits: weight
  random:
    - {name: animal, column: calf, relationship: pedigree}
variances: reml
"""

GOOD = """\
title: Monthly
output: results
jobs: 2
memory_limit: 16 GB
runs:
  variances_<trait>:
    each: {trait: [weight, gain]}
    run: run.yaml
    set: {model.traits: <trait>}
  values_<trait>:
    each: {trait: [weight, gain]}
    run: run.yaml
    set: {model.traits: <trait>, solve.method: pcg}
    variances_from: variances_<trait>
    start_from: previous
  check: {run: run.yaml, after: [values_<trait>]}
"""


@dataclass(frozen=True)
class Case:
    """One broken plan."""

    name: str
    old: str
    new: str
    messages: tuple[str, ...]

    @property
    def text(self) -> str:
        """The plan."""
        assert GOOD.count(self.old) == 1, self.old
        return GOOD.replace(self.old, self.new)


def _case(name: str, old: str, new: str, *messages: str) -> Case:
    return Case(name, old, new, messages)


CASES = (
    _case("a misspelt key",
          "title: Monthly",
          "titel: Monthly",
          "plan.yaml:1:1: unknown key 'titel'. Did you mean 'title'?"),
    _case("no output",
          "output: results\n",
          "",
          "plan.yaml:1:1: the plan has no key 'output'. Folder of the batch; every run has a "
          "folder in it, by its name. Add a line such as 'output: ../results/monthly'."),
    _case("no runs",
          GOOD[GOOD.index("runs:"):],
          "runs: {}\n",
          "plan.yaml:5:1: 'runs' is empty. Expected at least one."),
    _case("runs as a list",
          "runs:\n",
          "runs: [a]\nx:\n",
          "plan.yaml:5:1: 'runs' is a list. Expected keys of your own, each with keys (run, "
          "set, each, after, variances_from, start_from).",
          "plan.yaml:6:1: unknown key 'x'. The keys here are: title, output, jobs, "
          "memory_limit, limits, runs."),
    _case("too few jobs",
          "jobs: 2",
          "jobs: 0",
          "plan.yaml:3:7: 'jobs' is 0. Expected a number of at least 1."),
    _case("memory without a unit",
          "memory_limit: 16 GB",
          "memory_limit: much",
          "plan.yaml:4:15: 'memory_limit' is 'much'. Expected a number and KB, MB, GB or TB, "
          "such as 16 GB."),
    _case("a misspelt key of a run",
          "variances_from: v",
          "variance_from: v",
          "plan.yaml:14:5: unknown key 'variance_from'. Did you mean 'variances_from'?"),
    _case("a key of a run file",
          "check: {run: run.yaml,",
          "check: {run: run.yaml, model: x,",
          "plan.yaml:16:26: unknown key 'model'. The keys here are: run, set, each, after, "
          "variances_from, start_from."),
    _case("no run file",
          "check: {run: run.yaml, ",
          "check: {",
          "plan.yaml:16:3: 'check' has no key 'run'. The run file. Add a line such as 'run: "
          "milk.yaml'."),
    _case("another run file",
          "check: {run: run.yaml",
          "check: {run: rum.yaml",
          "plan.yaml:16:16: there is no file 'rum.yaml' (looked in FOLDER). Expected a run "
          "file. Did you mean 'run.yaml'?"),
    _case("set as text",
          "set: {model.traits: <trait>}\n",
          "set: model.traits=weight\n",
          "plan.yaml:9:10: 'set' is 'model.traits=weight'. Expected keys of your own, each with "
          "any value."),
    _case("no path in set",
          "set: {model.traits: <trait>}\n",
          "set: {model..traits: <trait>}\n",
          "plan.yaml:9:11: 'model..traits' is not the path of a key. Expected key.path, such as "
          "solve.threads."),
    _case("each as text",
          "each: {trait: [weight, gain]}\n    run: run.yaml\n    set: {model.traits: <trait>}\n",
          "each: trait\n    run: run.yaml\n",
          "plan.yaml:7:11: 'each' is 'trait'. Expected a list of keys and values or keys of your "
          "own, each with text or a list of text."),
    _case("each without values",
          "each: {trait: [weight, gain]}\n    run: run.yaml\n    set: {model.traits: <trait>}\n",
          "each: {trait: []}\n    run: run.yaml\n",
          "plan.yaml:7:5: 'each' of 'variances_<trait>' gives no run. Expected at least one "
          "value of each placeholder."),
    _case("items with other placeholders",
          "each: {trait: [weight, gain]}\n    run: run.yaml\n    set: {model.traits: <trait>}\n",
          "each: [{trait: weight, h: 1}, {trait: gain}]\n    run: run.yaml\n",
          "plan.yaml:7:35: there is no 'h' here. Expected the same placeholders in every item: "
          "trait, h."),
    _case("a misspelt placeholder",
          "variances_from: variances_<trait>",
          "variances_from: variances_<trai>",
          "plan.yaml:14:21: there is no placeholder '<trai>'. Expected one of: <trait>. Did you "
          "mean '<trait>'?"),
    _case("a placeholder without each",
          "check: {run: run.yaml",
          "check: {run: <what>.yaml",
          "plan.yaml:16:16: there is no placeholder '<what>'. The run has no 'each'. Give its "
          "values: 'each: {what: […]}'."),
    _case("a placeholder that is not in the name",
          "values_<trait>:",
          "values:",
          "plan.yaml:10:3: several runs are called 'values'. Expected a name for each. Write "
          "every placeholder into the name: values_<trait>."),
    _case("a name twice",
          "check: {run",
          "variances_gain: {run",
          "plan.yaml:16:3: 'variances_gain' gives a run 'variances_gain', and so does "
          "'variances_<trait>'. Expected a name for each. Rename one of them."),
    _case("a repeated value",
          "variances_<trait>:\n    each: {trait: [weight, gain]}",
          "variances_<trait>:\n    each: {trait: [weight, weight]}",
          "plan.yaml:6:3: several runs are called 'variances_weight'. Expected a name for each. "
          "Remove the value that is repeated in 'each'."),
    _case("a repeated key",
          "check: {run: run.yaml, after: [values_<trait>]}",
          "check: {run: run.yaml}\n  check: {run: run.yaml}",
          "plan.yaml:17:3: key 'check' is repeated; it stands at line 16 already. Keep one of "
          "the two."),
    _case("a name that is no folder",
          "check: {run",
          "a/b: {run",
          "plan.yaml:16:3: 'a/b' cannot be the name of a run. Expected letters, digits and . _ "
          "+ -, as in the name of a folder. Rename it."),
    _case("a name that is taken",
          "check: {run",
          "previous: {run",
          "plan.yaml:16:3: 'previous' cannot be the name of a run. The batch keeps something "
          "else by this name. Rename it."),
    _case("a run that is not there",
          "after: [values_<trait>]",
          "after: [value_weight]",
          "plan.yaml:16:26: there is no run 'value_weight'. Expected the name of a run of the "
          "plan. Did you mean 'values_weight'?"),
    _case("variances of its own",
          "variances_from: variances_<trait>",
          "variances_from: values_<trait>",
          "plan.yaml:10:3: 'values_weight' waits for itself (values_weight → values_weight). "
          "Expected runs that can be put in order. Remove one of these.",
          "plan.yaml:10:3: 'values_gain' waits for itself (values_gain → values_gain). Expected "
          "runs that can be put in order. Remove one of these."),
    _case("previous out of place",
          "after: [values_<trait>]",
          "after: [previous]",
          "plan.yaml:16:26: there is no run 'previous'. Expected the name of a run of the plan. "
          "Correct it."),
    _case("a circle",
          "set: {model.traits: <trait>}\n",
          "set: {model.traits: <trait>}\n    after: values_<trait>\n",
          "plan.yaml:6:3: 'variances_weight' waits for itself (variances_weight → values_weight "
          "→ variances_weight). Expected runs that can be put in order. Remove one of these.",
          "plan.yaml:6:3: 'variances_gain' waits for itself (variances_gain → values_gain → "
          "variances_gain). Expected runs that can be put in order. Remove one of these."),
    _case("a folder in set",
          "set: {model.traits: <trait>}\n",
          "set: {output.directory: x}\n",
          "plan.yaml:9:11: 'output.directory' is set. The batch gives every run its folder. "
          "Remove it; 'output' of the plan says where they are."),
    _case("variances twice",
          "set: {model.traits: <trait>, solve.method: pcg}",
          "set: {variances: reml}",
          "plan.yaml:13:11: 'variances' is set, and 'variances_from' gives the variances. "
          "Expected one of the two. Remove one of them."),
    _case("an unknown key in set",
          "set: {model.traits: <trait>}\n",
          "set: {model.trait: <trait>}\n",
          "plan.yaml:9:11: unknown key 'trait'. The keys here are: traits, intercept, fixed, "
          "weights, random, residual."),
    _case("a wrong value in set",
          "solve.method: pcg}",
          "solve.method: pgc, solve.tolerance: 2}",
          "plan.yaml:13:48: 'method' is 'pgc'. Expected one of auto, cholesky, cholmod, lu, "
          "pcg. Did you mean 'pcg'?",
          "plan.yaml:13:70: 'tolerance' is 2. Expected a number below 1."),
    _case("a path in set",
          "set: {model.traits: <trait>}\n",
          "set: {records.file: sub/<trait>.csv}\n",
          "plan.yaml:9:25: there is no folder 'FOLDER/sub' (for 'sub/weight.csv'). Expected a "
          "path relative to the plan.",
          "plan.yaml:9:25: there is no folder 'FOLDER/sub' (for 'sub/gain.csv'). Expected a "
          "path relative to the plan."),
    _case("several places at once",
          "title: Monthly\noutput: results\njobs: 2",
          "titel: Monthly\noutput: results\njobs: x",
          "plan.yaml:1:1: unknown key 'titel'. Did you mean 'title'?",
          "plan.yaml:3:7: 'jobs' is 'x'. Expected a whole number."),
)
