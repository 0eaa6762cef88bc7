# Rscript lme4.R CASE: lme4, for models without a pedigree.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages(library(lme4))

case <- single_trait(read_case(), "lme4")
if (length(effect_names(case, TRUE))) refuse("lme4 knows no relationships")
random <- sprintf("(1 | %s)", effect_names(case))
formula <- update(fixed_formula(case), paste("~ . +", paste(random, collapse = " + ")))

report("lme4", function() NULL, function(known) lmer(formula, case$records), lme4_values)
