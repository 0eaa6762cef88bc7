# Rscript LMMsolver.R CASE: sparse equations, derivatives by automatic differentiation of Cholesky.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(LMMsolver)
  library(nadiv)
})

case <- single_trait(read_case(), "LMMsolver")
genetic <- effect_names(case, TRUE)
random <- reformulate(effect_names(case))
fixed <- fixed_formula(case)

# It takes a precision of the animals with records only; without the others that is dense.
precision <- function() {
  recorded <- levels(droplevels(case$records[[genetic]]))
  everybody <- case$pedigree$individual
  if (length(recorded) == length(everybody)) {
    inverse <- makeAinv(case$pedigree)$Ainv
    dimnames(inverse) <- list(everybody, everybody)
    return(inverse)
  }
  among <- as.matrix(makeA(case$pedigree))
  dimnames(among) <- list(everybody, everybody)
  among <- solve(among[recorded, recorded])
  (among + t(among)) / 2
}

report("LMMsolver", function() {
  if (length(genetic)) as.ginverse(setNames(list(precision()), genetic))
}, function(known) {
  LMMsolve(fixed, random = random, data = droplevels(case$records), ginverse = known,
           tolerance = 1e-8)
}, function(fitted) {
  values <- setNames(as.list(fitted$VarDf$Variance), fitted$VarDf$VarComp)
  list(variances = values, log_likelihood = fitted$logL + fitted$constantREML,
       rounds = fitted$nIter)
})
