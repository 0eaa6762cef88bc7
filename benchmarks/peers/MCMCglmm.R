# Rscript MCMCglmm.R CASE: Gibbs sampling, default priors, 13,000 rounds; posterior means.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(MCMCglmm)
  library(nadiv)
})

case <- with_pedigree(read_case(), "MCMCglmm")
several <- length(case$traits) > 1
fixed <- if (several) {
  as.formula(sprintf("cbind(%s) ~ %s - 1", paste(case$traits, collapse = ", "),
                     paste(terms_by_trait(case), collapse = " + ")))
} else fixed_formula(case)
across <- if (several) "us(trait):" else ""
random <- as.formula(paste("~", paste0(across, effect_names(case), collapse = " + ")))
residual <- as.formula(paste0("~", across, "units"))

report("MCMCglmm", function() {
  setNames(list(makeAinv(case$pedigree)$Ainv), effect_names(case, TRUE))
}, function(known) {
  set.seed(1)
  MCMCglmm(fixed, random = random, rcov = residual, data = case$records, verbose = FALSE,
           family = rep("gaussian", length(case$traits)), ginverse = known)
}, function(fitted) {
  values <- colMeans(fitted$VCV)
  list(variances = setNames(as.list(values), sub("units", "residual", names(values))),
       log_likelihood = NA, rounds = 13000)
})
