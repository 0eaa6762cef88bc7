"""What a run file asks to be decided, and cannot be: each with its messages.

Every case is the text of ``selection:`` and ``trend:`` at the end of the run file of
:mod:`tests.unit.workflow.bad_inputs`, which they begin on line 10.
"""

from __future__ import annotations

from tests.unit.workflow.bad_inputs import GOOD

GAIN = "selection:\n  index: {weights: {gain: 1}}\n"
FILES = {**GOOD, "culled.csv": "id\nc1\nzz\n", "use.csv": "individual,minimum\nc1,0.1\n",
         "headless.csv": "c1\nc2\n"}

CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "a criterion that is not evaluated": (
        "selection:\n  index: {weights: {gian: 1}}\n",
        ("run.yaml:11:27: there are no breeding values called 'gian'. Expected one of: gain. "
         "Did you mean 'gain'?",)),
    "two kinds of index": (
        "selection:\n  index: {weights: {gain: 1}, smith_hazel: {gain: 1}}\n",
        ("run.yaml:11:31: both 'weights' and 'smith_hazel' are given. Expected one of weights, "
         "smith_hazel and desired_gains. Remove one of them.",)),
    "no index": (
        "selection:\n  index: {standardise: true}\n",
        ("run.yaml:11:3: no weights are given. Expected one of weights, smith_hazel and "
         "desired_gains. Add 'weights:'.",)),
    "weights of nothing": (
        "selection:\n  index: {weights: {gain: 0}}\n",
        ("run.yaml:11:11: all weights are 0. Expected one that is not. Give a weight.",)),
    "restrictions beside desired gains": (
        "selection:\n  index: {desired_gains: {gain: 1}, restricted: [gain]}\n",
        ("run.yaml:11:37: 'restricted' has no use beside 'desired_gains', which say the gain "
         "of every criterion. Remove 'restricted', or write a gain of 0.",)),
    "restrictions on all that has a weight": (
        "selection:\n  index: {weights: {gain: 1}, restricted: [gain]}\n",
        ("run.yaml:11:11: all that has a weight is restricted, so that nothing is left to be "
         "selected for. Restrict less, or give another criterion a weight.",)),
    "conditions that cannot be read, and on what there is not": (
        GAIN + "  candidates:\n    where: [gain >, herd == 3, age > 90]\n",
        ("run.yaml:13:13: the condition 'gain >' cannot be read at 'gain >'. Expected a "
         "column, one of == != < <= > >= in, and a value, such as birth_year >= 2022; joined "
         "by and, or, not. Put names and labels with blanks in quotes.",
         "run.yaml:13:21: there is no column 'herd' to compare. Expected one of: sire, dam, "
         "sex, birth_year, generation, calf, age, litter, w, gain, individual, records, "
         "inbreeding, index, accuracy, reliability.",)),
    "an order of labels": (
        GAIN + "  candidates: {where: sex > 1}\n",
        ("run.yaml:12:23: 'male' in column 'sex' is no number, so that it has no place in an "
         "order ('>'). Expected numbers. Use ==, != or in for labels.",)),
    "nobody is left": (
        GAIN + "  candidates: {where: [age > 105, sex == F]}\n",
        ("run.yaml:12:3: nobody is a candidate: 5 not age > 105; 1 not sex == F. Expected at "
         "least one. Widen the conditions.",)),
    "nobody of a sex": (
        GAIN + "  candidates: {where: sex == F}\n  select: {females: 1, males: 1}\n",
        ("run.yaml:13:31: there is no male candidate (3 not sex == F). Expected up to 1. Widen "
         "the conditions, or remove 'males'.",)),
    "no number": (
        GAIN + "  select: {}\n",
        ("run.yaml:12:3: no number is given. Expected females, males, or a number alone. Say "
         "how many are selected.",)),
    "numbers of a sex and of all": (
        GAIN + "  select: {females: 1, individuals: 3}\n",
        ("run.yaml:12:37: a number of individuals is given beside one of a sex. Expected one "
         "or the other. Remove one of them.",)),
    "a list that is not there": (
        GAIN + "  candidates: {exclude: cull.csv}\n",
        ("run.yaml:12:25: there is no file 'cull.csv' (looked in FOLDER). Did you mean "
         "'culled.csv'?",)),
    "a list without a header": (
        GAIN + "  candidates: {exclude: headless.csv}\n",
        ("headless.csv:1: the first line begins with 'c1', an individual. Expected a header line. "
         "Write one above it, such as 'individual'.",)),
    "matings of nobody": (
        GAIN + "  mating: {max_inbreeding: 0.1}\n",
        ("run.yaml:12:3: nobody is selected for the matings. Expected 'select' or "
         "'contributions'. Say how many are selected.",)),
    "no limit on coancestry": (
        GAIN + "  contributions: {max_per_candidate: 0.5}\n",
        ("run.yaml:12:3: the limit on coancestry is missing. Expected one of max_coancestry "
         "and max_delta_f. Give one of them.",)),
    "carriers of what is not recorded": (
        GAIN + "  select: 2\n  mating: {avoid: [blad]}\n",
        ("run.yaml:13:20: there is no column 'blad'. Expected one of: sire, dam, sex, "
         "birth_year, generation, calf, age, litter, w, gain.",)),
    "a trend along what there is not": (
        "trend: {by: yaer, within: herd}\n",
        ("run.yaml:10:13: there is no column 'yaer'. Expected one of: sire, dam, sex, "
         "birth_year, generation, calf, age, litter, w, gain.",
         "run.yaml:10:27: there is no column 'herd'. Expected one of: sire, dam, sex, "
         "birth_year, generation, calf, age, litter, w, gain.",)),
    "a trend along labels": (
        "trend: {by: sex}\n",
        ("run.yaml:10:13: 'male' in column 'sex' is no number. Expected a column of numbers, "
         "such as a year. Use it under 'within', or name another.",)),
    "a trend along years that nobody knows": (
        "trend: {by: birth_year}\n",
        ("run.yaml:10:13: 'birth_year' is not known of any individual. Expected a column of "
         "numbers, such as a year. Name another; 'generation' comes with every pedigree.",)),
    "a base of nobody": (
        "trend: {by: generation, base: {generation: 7}}\n",
        ("run.yaml:10:25: nobody meets generation == 7. Expected at least one individual. "
         "Widen the base.",)),
    "mistakes in both": (
        "selection:\n  index: {weights: {gian: 1}}\ntrend: {by: yaer}\n",
        ("run.yaml:11:27: there are no breeding values called 'gian'. Expected one of: gain. "
         "Did you mean 'gain'?",
         "run.yaml:12:13: there is no column 'yaer'. Expected one of: sire, dam, sex, "
         "birth_year, generation, calf, age, litter, w, gain.",)),
}
