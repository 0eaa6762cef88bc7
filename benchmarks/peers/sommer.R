# Rscript sommer.R CASE [--henderson]: AI-REML on a dense V, or on Henderson's equations.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
source(file.path(here, "common.R"))
suppressPackageStartupMessages({
  library(sommer)
  library(nadiv)
})

case <- with_pedigree(read_case(), "sommer")
henderson <- "--henderson" %in% commandArgs(trailingOnly = TRUE)
genetic <- effect_names(case, TRUE)
others <- effect_names(case, FALSE)
several <- length(case$traits) > 1

matrix_of <- function() {
  everybody <- case$pedigree$individual
  found <- if (henderson) makeAinv(case$pedigree)$Ainv else as.matrix(makeA(case$pedigree))
  if (henderson) found <- as(as(found, "generalMatrix"), "CsparseMatrix")
  dimnames(found) <- list(everybody, everybody)
  if (henderson) attr(found, "inverse") <- TRUE
  found
}

# Several traits: one row for each record and trait that is not missing. The residual covariance is
# that of an effect of the record; the residual of its own is held.
long_form <- function() {
  case$records$record <<- factor(seq_len(nrow(case$records)))
  kept <- unlist(c("record", case$classes, case$covariates, genetic, others))
  rows <- lapply(case$traits, function(trait)
    data.frame(trait = trait, case$records[kept], value = case$records[[trait]]))
  rows <- do.call(rbind, rows)
  rows <- rows[!is.na(rows$value), ]
  rows$trait <- factor(rows$trait, levels = unlist(case$traits))
  droplevels(rows[order(rows$trait, rows$record), ])
}

across <- if (several) "usm(trait), " else ""
terms <- c(sprintf("vsm(%sism(%s), Gu = relationship)", across, genetic),
           sprintf("vsm(%sism(%s))", across, c(others, if (several) "record")))
random <- as.formula(paste("~", paste(terms, collapse = " + ")))
fixed <- fixed_formula(case)
residual <- ~units
data <- droplevels(case$records)
if (several) {
  data <- long_form()
  fixed <- reformulate(terms_by_trait(case), "value")
  held <- diag(3, length(case$traits))
  small <- diag(0.01, length(case$traits))
  residual <- ~vsm(dsm(trait, thetaC = held, theta = small), ism(units))
}

named_variances <- function(fitted) {
  table <- summary(fitted)$varcomp
  if (!several) return(setNames(as.list(table$VarComp), c(genetic, others, "residual")))
  pairs <- t(vapply(strsplit(rownames(table), ":"), tail, c("", ""), 2))
  of <- c(rep(c(genetic, others, "record"), each = choose(length(case$traits) + 1, 2)),
          rep("units", length(case$traits)))
  labels <- ifelse(pairs[, 1] == pairs[, 2], pairs[, 1], paste(pairs[, 1], pairs[, 2], sep = ","))
  values <- setNames(table$VarComp, sprintf("%s(%s)", of, labels))
  own <- unlist(lapply(case$traits, function(trait) values[[sprintf("units(%s)", trait)]]))
  record <- sprintf("record(%s)", case$traits)
  values[record] <- values[record] + own
  values <- values[of != "units"]
  names(values) <- sub("^record", "residual", names(values))
  as.list(values)
}

report("sommer", matrix_of, function(known) {
  relationship <<- known  # the terms of the formula look it up by name
  invisible(capture.output(fitted <- mmes(
    fixed, random = random, rcov = residual, data = data, henderson = henderson,
    dateWarning = FALSE, verbose = FALSE)))
  fitted
}, function(fitted) {
  list(variances = named_variances(fitted), log_likelihood = tail(as.vector(fitted$llik), 1),
       rounds = length(fitted$llik))
})
