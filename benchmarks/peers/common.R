# What the R peers share: reading a case (records.csv, pedigree.csv, model.json), and the answer.

read_case <- function() {
  folder <- commandArgs(trailingOnly = TRUE)[1]
  case <- jsonlite::fromJSON(file.path(folder, "model.json"), simplifyDataFrame = FALSE)
  case$records <- read.csv(file.path(folder, "records.csv"), na.strings = c("", "NA"))
  for (name in case$classes) case$records[[name]] <- factor(case$records[[name]])
  path <- file.path(folder, "pedigree.csv")
  if (file.exists(path)) {
    case$pedigree <- read.csv(path, colClasses = "character", na.strings = "")
  }
  # a column for each effect under its own name: one column of the file may serve two effects
  for (effect in case$random) {
    known <- if (effect$pedigree) case$pedigree$individual
             else sort(unique(case$records[[effect$column]]))
    case$records[[effect$name]] <- factor(case$records[[effect$column]], levels = known)
  }
  case
}

effect_names <- function(case, pedigree = c(TRUE, FALSE)) {
  kept <- Filter(function(effect) effect$pedigree %in% pedigree, case$random)
  vapply(kept, `[[`, "", "name")
}

fixed_formula <- function(case, response = case$traits[1]) {
  terms <- unlist(c(case$classes, case$covariates))
  reformulate(if (length(terms)) terms else "1", response)
}

# Terms of several traits in one column, or in MCMCglmm's words.
terms_by_trait <- function(case) {
  c("trait", sprintf("trait:%s", unlist(c(case$classes, case$covariates))))
}

refuse <- function(why) {
  cat(jsonlite::toJSON(list(refused = why), auto_unbox = TRUE), "\n")
  quit(status = 0)
}

single_trait <- function(case, program) {
  if (length(case$traits) > 1) refuse(paste(program, "fits one trait at a time"))
  case
}

with_pedigree <- function(case, program) {
  if (length(effect_names(case, TRUE)) != 1) {
    refuse(paste(program, "is here for models with one pedigree effect"))
  }
  case
}

# relate() makes what the package needs of the pedigree, fit(its result) the fit; both are timed.
# values(fitted) is a list of variances, log_likelihood and rounds.
report <- function(package, relate, fit, values) {
  before <- system.time(known <- relate())[["elapsed"]]
  seconds <- system.time(fitted <- fit(known))[["elapsed"]]
  versions <- list(R = paste(R.version$major, R.version$minor, sep = "."))
  versions[[package]] <- as.character(packageVersion(package))
  cat(jsonlite::toJSON(c(list(program = package, versions = versions,
                         relationship_seconds = before, fit_seconds = seconds),
                         values(fitted)), auto_unbox = TRUE, digits = I(10)), "\n")
}

# Variances of a fit by lme4 or a package made from it.
lme4_values <- function(fitted) {
  table <- as.data.frame(lme4::VarCorr(fitted))
  list(variances = setNames(as.list(table$vcov), sub("Residual", "residual", table$grp)),
       log_likelihood = as.numeric(logLik(fitted)), rounds = fitted@optinfo$feval)
}
