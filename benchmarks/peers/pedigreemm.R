# Rscript pedigreemm.R CASE: lme4 with the Cholesky factor of A (Vazquez et al. 2010).

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(pedigreemm))

case <- with_pedigree(single_trait(read_case(), "pedigreemm"), "pedigreemm")
random <- sprintf("(1 | %s)", effect_names(case))
formula <- update(fixed_formula(case), paste("~ . +", paste(random, collapse = " + ")))
# one record an animal is an error in lme4, unless told otherwise
control <- lmerControl(check.nobs.vs.nlev = "ignore", check.nobs.vs.rankZ = "ignore",
                       check.nobs.vs.nRE = "ignore")

report("pedigreemm", function() {
  known <- with(case$pedigree, pedigree(sire = sire, dam = dam, label = individual))
  setNames(list(known), effect_names(case, TRUE))
}, function(known) {
  pedigreemm(formula, droplevels(case$records), pedigree = known, control = control)
}, lme4_values)
