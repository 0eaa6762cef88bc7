"""Run files that are broken in the model or in its variances, each with the messages a person gets.

As in :mod:`tests.unit.config.bad_run_files`: several traits, covariance structures, classes and
covariates of the residual variance, and the estimation of variances.
"""

from __future__ import annotations

from tests.unit.config.bad_run_files import GOOD, VARIANCES, Case

SOLVE = GOOD[GOOD.index("solve:"):GOOD.index("output:")]

BAD_MODELS = (
    Case("several traits, variances of one", "traits: weight", "traits: [weight, milk]", (
          "run.yaml:15:11: the variance of 'animal' is one number. Expected a 2 × 2 "
          "matrix, its rows and columns in the order weight, milk.",
          "run.yaml:16:3: the variance of 'maternal' is a 3 × 3 matrix. Expected a 6 × 6 "
          "matrix, its rows and columns in the order dam:weight, dam:milk, "
          "curve[0]:weight, curve[0]:milk, curve[1]:weight, curve[1]:milk.",
          "run.yaml:17:13: the variance of 'residual' is one number. Expected a 2 × 2 "
          "matrix, its rows and columns in the order weight, milk.",)),
    Case("a wrong key of a trait", "traits: weight", "traits: {weight: {fixd: [sex]}}", (
          "run.yaml:7:21: unknown key 'fixd'. Did you mean 'fixed'?",)),
    Case("a word for the model of a trait", "traits: weight", "traits: {weight: sex}", (
          "run.yaml:7:20: 'weight' is 'sex'. Expected keys (fixed, intercept, weights).",)),
    Case("a model for no trait", "traits: weight", "traits: {weight: {fixed: [sex]}}", (
          "run.yaml:8:3: 'fixed' is used by no trait: each has its own. Remove it here, or "
          "from the traits that are to have it.",)),
    Case("a trait as its own weights", "traits: weight", "traits: {weight: {weights: weight}}", (
          "run.yaml:7:30: 'weight' is the trait and the weights at once. Expected a column "
          "of weights. Name another column, or remove 'weights'.",)),
    Case("no traits", "traits: weight", "traits: []", (
          "run.yaml:7:3: 'traits' is empty. Expected at least one.",)),
    Case("an effect on an unknown trait", "column: calf,", "column: calf, traits: [wight],", (
          "run.yaml:10:36: there is no trait 'wight'. Expected one of: weight. Did you "
          "mean 'weight'?",)),
    Case("an effect on no trait", "column: calf,", "column: calf, traits: [],", (
          "run.yaml:10:36: 'traits' is empty. Expected at least one.",)),
    Case("an effect on a trait twice", "column: calf,", "column: calf, traits: [weight, weight],", (
          "run.yaml:10:36: trait 'weight' is listed twice. Remove one of the two.",)),
    Case("an effect named method", "name: animal", "name: method", (
          "run.yaml:10:14: 'method' is a key of 'variances'. Expected another name for a "
          "random effect.",)),
    Case("falling knots", "{covariate: age, degree: 2}", "{bspline: age, knots: [1, 5, 3]}", (
          "run.yaml:8:44: the knots [1, 5, 3] do not rise. Expected rising values.",)),
    Case("one place of a knot", "{covariate: age, degree: 2}", "{bspline: age, knots: [1]}", (
          "run.yaml:8:44: there are fewer than two knots. Expected both ends at least.",)),
    Case("one knot", "{covariate: age, degree: 2}", "{bspline: age, knots: 1}", (
          "run.yaml:8:51: 'knots' is 1. Expected a number of at least 2.",)),
    Case("a word for knots", "{covariate: age, degree: 2}", "{bspline: age, knots: many}", (
          "run.yaml:8:51: 'knots' is 'many'. Expected a whole number or a list of numbers.",)),
    Case("knots and a range", "{covariate: age, degree: 2}",
         "{bspline: age, knots: [1, 2], range: [0, 3]}", (
          "run.yaml:8:59: both the places of 'knots' and a 'range' are given. Expected a "
          "range only where 'knots' is a number. Remove one of the two.",)),
    Case("classes as a fixed basis", "{covariate: age, degree: 2}", "{classes: age}", (
          "run.yaml:8:29: the keys of item 3 of 'fixed' are 'classes'. Expected one of "
          "'covariate', 'legendre', 'bspline' among them.",)),
    Case("no classes", "{legendre: dim, degree: 1}", "{classes: herd, levels: []}", (
          "run.yaml:13:74: 'levels' is empty. Expected at least one.",)),
    Case("a class twice", "{legendre: dim, degree: 1}", "{classes: herd, levels: [a, a]}", (
          "run.yaml:13:74: the class 'a' is listed twice. Remove one of the two.",)),
    Case("a B-spline and its variances", "{legendre: dim, degree: 1}", "{bspline: dim, knots: 5}", (
          "run.yaml:16:3: the variance of 'maternal' is a 3 × 3 matrix. Expected an 8 × 8 "
          "matrix, its rows and columns in the order dam, curve[0], curve[1], curve[2], "
          "curve[3], curve[4], curve[5], curve[6].",)),
    Case("a misspelled covariance", "column: calf,", "column: calf, covariance: diagnal,", (
          "run.yaml:10:48: 'covariance' is 'diagnal'. Expected one of unstructured, "
          "diagonal, compound_symmetry, autoregressive or keys with 'kind' "
          "(factor_analytic, scaled). Did you mean 'diagonal'?",)),
    Case("a misspelled kind of covariance", "column: calf,",
         "column: calf, covariance: {kind: diagnal},", (
          "run.yaml:10:55: 'kind' is 'diagnal'. Expected one of: unstructured, diagonal, "
          "compound_symmetry, autoregressive, factor_analytic, scaled. Did you mean "
          "'diagonal'?",)),
    Case("factors without an order", "column: calf,",
         "column: calf, covariance: factor_analytic,", (
          "run.yaml:10:48: 'covariance' is 'factor_analytic'. Expected one of "
          "unstructured, diagonal, compound_symmetry, autoregressive or keys with 'kind' "
          "(factor_analytic, scaled). Write {kind: factor_analytic, order: 1}.",)),
    Case("a misspelled word that needs an option", "column: calf,",
         "column: calf, covariance: factoranalytic,", (
          "run.yaml:10:48: 'covariance' is 'factoranalytic'. Expected one of unstructured, "
          "diagonal, compound_symmetry, autoregressive or keys with 'kind' "
          "(factor_analytic, scaled). Write {kind: factor_analytic, order: 1}.",)),
    Case("a kind of covariance without its option", "column: calf,",
         "column: calf, covariance: {kind: factor_analytic},", (
          "run.yaml:10:36: 'covariance' has no key 'order'. Number of factors. Add a line "
          "such as 'order: 1'.",)),
    Case("no factors", "name: maternal",
         "name: maternal\n      covariance: {kind: factor_analytic, order: 0}", (
          "run.yaml:12:50: 'order' is 0. Expected a number of at least 1.",)),
    Case("too many factors", "name: maternal",
         "name: maternal\n      covariance: {kind: factor_analytic, order: 3}", (
          "run.yaml:12:7: 3 factors of 3 coefficients would have 9 parameters for 6 "
          "(co)variances. The matrix of 'maternal' is of: dam, curve[0], curve[1]. Choose "
          "a covariance that fits.",)),
    Case("a known matrix too small", "name: maternal",
         "name: maternal\n      covariance: {kind: scaled, matrix: [[1, 0.5], [0.5, 1]]}", (
          "run.yaml:12:7: the scaled matrix is 2 × 2, and there are 3 coefficients. The "
          "matrix of 'maternal' is of: dam, curve[0], curve[1]. Choose a covariance that "
          "fits.",)),
    Case("a known matrix that is asymmetric", "name: maternal",
         "name: maternal\n      covariance: {kind: scaled, matrix: [[1, 0.5], [0.4, 1]]}", (
          "run.yaml:12:34: 'matrix' is a list. Expected a symmetric matrix.",)),
    Case("a known matrix that is indefinite", "name: maternal",
         "name: maternal\n      covariance: {kind: scaled, matrix: [[1, 2], [2, 1]]}", (
          "run.yaml:12:34: 'matrix' is a list. Expected a positive-definite matrix.",)),
    Case("an option of another covariance", "name: maternal",
         "name: maternal\n      covariance: {kind: diagonal, order: 2}", (
          "run.yaml:12:36: unknown key 'order'. The keys here are: kind, variances.",)),
    Case("a word for the residual", "  random:\n", "  residual: herd\n  random:\n", (
          "run.yaml:9:13: 'residual' is 'herd'. Expected keys (by, covariance, log_linear).",)),
    Case("a misspelled key of the residual", "  random:\n",
         "  residual: {bye: herd}\n  random:\n", (
          "run.yaml:9:14: unknown key 'bye'. Did you mean 'by'?",)),
    Case("a factor of one trait", "  random:\n",
         "  residual: {covariance: {kind: factor_analytic, order: 1}}\n  random:\n", (
          "run.yaml:9:14: 1 factor of 1 coefficient would have 2 parameters for 1 "
          "(co)variance. The matrix of 'residual' is of: weight. Choose a covariance that "
          "fits.",)),
    Case("a trait as a class of residuals", "  random:\n",
         "  residual: {by: weight}\n  random:\n", (
          "run.yaml:9:3: 'weight' is the trait and a column of the residual at once. "
          "Correct one of the two.",)),
    Case("a covariate of the residual twice", "  random:\n",
         "  residual: {log_linear: [age, age]}\n  random:\n", (
          "run.yaml:9:14: column 'age' is listed twice. Remove one of the two.",)),
    Case("no slopes", "  random:\n", "  residual: {log_linear: age}\n  random:\n", (
          "run.yaml:15:1: there are no slopes for 'log_linear'. Add 'log_linear: {age: 0}' "
          "under 'variances'.",)),
    Case("slopes for nothing", "residual: 40", "residual: 40\n  log_linear: {age: 0.1}", (
          "run.yaml:18:3: 'log_linear' is no random effect of the model. Expected one of: "
          "animal, maternal, residual. Name the covariates as 'log_linear' of the model's "
          "'residual', or remove 'log_linear'.",)),
    Case("classes of one residual", "residual: 40", "residual: {a: 40, b: 30}", (
          "run.yaml:17:3: 'residual' has keys. Expected a number or a matrix. Only a "
          "residual with 'by:' has one for each class.",)),
    Case("classes of an effect", "animal: 20", "animal: {a: 20}", (
          "run.yaml:15:3: 'animal' has keys. Expected a number or a matrix. Only a "
          "residual with 'by:' has one for each class.",)),
    Case("a misspelled method", VARIANCES, "variances: remml\n", (
          "run.yaml:14:12: 'variances' is 'remml'. Expected one of: reml, ml. Did you mean "
          "'reml'?",)),
    Case("a misspelled key for the method", VARIANCES, "variances: {methd: reml}\n", (
          "run.yaml:14:13: unknown key 'methd'. Did you mean 'method'?",)),
    Case("options without a method", VARIANCES, "variances: {start: {animal: 3}}\n", (
          "run.yaml:14:1: 'variances' has no key 'method'. reml: restricted maximum "
          "likelihood; ml: maximum likelihood. Add a line such as 'method: reml'.",)),
    Case("a list for variances", VARIANCES, "variances: [1, 2]\n", (
          "run.yaml:14:1: 'variances' is a list. Expected the method (reml or ml) or keys "
          "(method, start, fix, tie, bound, engine, algorithm, max_rounds, tolerance, "
          "profile, tests) or keys of your own, each with a number or a list of rows.",)),
    Case("a misspelled option", VARIANCES, "variances: {method: reml, fixed: [animal]}\n", (
          "run.yaml:14:27: unknown key 'fixed'. Did you mean 'fix'?",)),
    Case("an unknown algorithm", VARIANCES, "variances: {method: reml, algorithm: fisher}\n", (
          "run.yaml:14:38: 'algorithm' is 'fisher'. Expected one of auto, ai, em.",)),
    Case("no rounds", VARIANCES, "variances: {method: reml, max_rounds: 0}\n", (
          "run.yaml:14:39: 'max_rounds' is 0. Expected a number above 0.",)),
    Case("a start for an unknown effect", VARIANCES,
         "variances: {method: reml, start: {anmal: 3}}\n", (
          "run.yaml:14:42: 'anmal' is no random effect of the model. Expected one of: "
          "animal, maternal, residual. Did you mean 'animal'?",)),
    Case("a start of the wrong shape", VARIANCES,
         "variances: {method: reml, start: {maternal: 3}}\n", (
          "run.yaml:14:45: the variance of 'maternal' is one number. Expected a 3 × 3 "
          "matrix, its rows and columns in the order dam, curve[0], curve[1].",)),
    Case("a singular start", VARIANCES,
         "variances: {method: reml, start: {maternal: [[3, 0, 0], [0, 4, 2], [0, 2, 1]]}}\n", (
          "run.yaml:14:35: the matrix of 'maternal' is not positive definite: its smallest "
          "eigenvalue is 0. Expected every eigenvalue above 0 (a correlation of ±1 gives "
          "0). Correct a covariance, or remove a component.",)),
    Case("a negative start", VARIANCES, "variances: {method: ml, start: {animal: -3}}\n", (
          "run.yaml:14:41: the variance of 'animal' is -3. Expected a number above 0. "
          "Correct it.",)),
    Case("an unknown parameter to fix", VARIANCES, "variances: {method: reml, fix: [anmal]}\n", (
          "run.yaml:14:33: 'anmal' is no parameter of the model. Expected one of animal, "
          "maternal, residual, or a parameter such as 'animal(a,b)'. Did you mean 'animal'?",)),
    Case("an unknown parameter to profile", VARIANCES,
         "variances: {method: reml, profile: dam}\n", (
          "run.yaml:14:27: 'dam' is no parameter of the model. Expected one of animal, "
          "maternal, residual, or a parameter such as 'animal(a,b)'.",)),
    Case("an unknown parameter to bound", VARIANCES,
         "variances: {method: reml, bound: {anmal: [1, 2]}}\n", (
          "run.yaml:14:35: 'anmal' is no parameter of the model. Expected one of animal, "
          "maternal, residual, or a parameter such as 'animal(a,b)'. Did you mean 'animal'?",)),
    Case("a flat list of ties", VARIANCES, "variances: {method: reml, tie: [animal, residual]}\n", (
          "run.yaml:14:33: 'animal' is tied to nothing. Expected lists of two names or "
          "more. Write 'tie: [[one, other]]'.",
          "run.yaml:14:41: 'residual' is tied to nothing. Expected lists of two names or "
          "more. Write 'tie: [[one, other]]'.",)),
    Case("a word for ties", VARIANCES, "variances: {method: reml, tie: animal}\n", (
          "run.yaml:14:32: 'tie' is 'animal'. Expected a list of lists.",)),
    Case("a parameter tied twice", VARIANCES,
         "variances: {method: reml, tie: [[animal, residual], [animal, maternal]]}\n", (
          "run.yaml:14:27: 'animal' is tied twice. Put everything that is equal to it into "
          "one list.",)),
    Case("a falling bound", VARIANCES, "variances: {method: reml, bound: {animal: [10, 1]}}\n", (
          "run.yaml:14:35: the bounds [10, 1] of 'animal' are empty. Expected the smaller "
          "end first.",)),
    Case("a bound of one number", VARIANCES, "variances: {method: reml, bound: {animal: 10}}\n", (
          "run.yaml:14:43: 'animal' is '10'. Expected a list of 2 numbers.",)),
    Case("a bound that holds", VARIANCES, "variances: {method: reml, bound: {animal: [2, 2]}}\n", (
          "run.yaml:14:35: the bounds [2, 2] of 'animal' are empty. Expected the smaller "
          "end first. To hold it, use 'fix: [animal]'.",)),
    Case("REML by conjugate gradients", VARIANCES + SOLVE,
         "variances: reml\nsolve: {method: pcg}\n", (
          "run.yaml:15:17: variances cannot be estimated by conjugate gradients. Expected "
          "a direct solver: the likelihood needs a factorisation. Remove 'method', or give "
          "values under 'variances'.",)),
)
