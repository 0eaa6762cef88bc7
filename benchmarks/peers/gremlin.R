# Rscript gremlin.R CASE: AI-REML on sparse equations; A inverse by nadiv.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(gremlin)
  library(nadiv)
})

case <- with_pedigree(single_trait(read_case(), "gremlin"), "gremlin")
random <- reformulate(effect_names(case))
fixed <- fixed_formula(case)

report("gremlin", function() {
  setNames(list(makeAinv(case$pedigree)$Ainv), effect_names(case, TRUE))
}, function(known) {
  # it reads the formulas in the call as they are written there
  do.call(gremlin, list(fixed, random = random, data = case$records, maxit = 50, v = 0,
                        ginverse = known))
}, function(fitted) {
  last <- fitted$itMat[nrow(fitted$itMat), ]
  names <- c(paste0("G.", effect_names(case)), "ResVar1")
  values <- setNames(as.list(last[paste0(names, "_theta")]), c(effect_names(case), "residual"))
  list(variances = values, log_likelihood = as.numeric(logLik(fitted)),
       rounds = nrow(fitted$itMat))
})
