# What lme4, lmerTest and pbkrtest answer for the field trials in pedigrees/.
#
#   Rscript make_lme4_answers.R PEDIGREES > lme4_field_trials.json
#
# needs lme4, lmerTest, pbkrtest, numDeriv and jsonlite. Fits are driven to the optimum (the largest
# element of the gradient at every fit is written too), not left at lme4's default tolerances.

suppressPackageStartupMessages({
  library(lme4)
  library(lmerTest)
  library(pbkrtest)
})

LEVEL <- 0.95
CONTROL <- lmerControl(
  optimizer = "nloptwrap", calc.derivs = FALSE,
  optCtrl = list(algorithm = "NLOPT_LN_BOBYQA", xtol_abs = 1e-13, ftol_abs = 1e-13, maxeval = 1e5))

TRIALS <- list(
  sorghum_e3 = list(file = "sorghum/records_e3.csv", formula = yield ~ gen + (1 | rep)),
  sorghum = list(file = "sorghum/records.csv",
                 formula = yield ~ env + (1 | env:rep) + (1 | gen) + (1 | gen:env)),
  john_alpha = list(file = "john_alpha/records.csv", formula = yield ~ gen + rep + (1 | rep:block),
                    diagnostics = TRUE),
  john_alpha_random = list(file = "john_alpha/records.csv",
                           formula = yield ~ rep + (1 | gen) + (1 | rep:block)),
  kempton_lattice = list(file = "kempton_slatehall/records.csv",
                         formula = yield ~ gen + (1 | rep) + (1 | rep:row) + (1 | rep:col)))

read_trial <- function(path) {
  data <- read.csv(path)
  for (name in setdiff(names(data), "yield")) data[[name]] <- factor(data[[name]])
  data
}

variances <- function(fit) {
  table <- as.data.frame(VarCorr(fit))
  setNames(as.list(table$vcov), sub("Residual", "residual", table$grp))
}

# Minus twice the log-likelihood (REML or ML) at given variances, from lme4's own deviance function.
criterion <- function(fit) {
  deviance <- update(fit, devFunOnly = TRUE)
  part <- environment(deviance)
  df <- nobs(fit) - if (isREML(fit)) ncol(getME(fit, "X")) else 0
  order <- match(as.data.frame(VarCorr(fit))$grp, names(getME(fit, "cnms")))
  order <- order[!is.na(order)]
  function(values) {
    sigma2 <- values[length(values)]
    theta <- numeric(length(order))
    theta[order] <- sqrt(values[-length(values)] / sigma2)
    deviance(theta)
    wrss <- part$resp$wrss() + part$pp$sqrL(1)
    part$pp$ldL2() + (if (isREML(fit)) part$pp$ldRX2() else 0) + df * log(2 * pi * sigma2) +
      wrss / sigma2
  }
}

# Likelihood-profile limits of every variance: the criterion, minimised over the other variances,
# rises by the chi-square quantile with one degree of freedom.
profile_limits <- function(fit) {
  value <- criterion(fit)
  best <- unlist(variances(fit))
  least <- value(best)
  rise <- qchisq(LEVEL, 1)
  one <- function(k) {
    excess <- function(held) {
      inner <- function(free) {
        values <- best
        values[k] <- held
        values[-k] <- exp(free)
        value(values)
      }
      start <- log(pmax(best[-k], 1e-6 * max(best)))
      found <- nloptr::nloptr(start, inner, opts = list(
        algorithm = "NLOPT_LN_SBPLX", xtol_rel = 1e-12, ftol_abs = 1e-13, maxeval = 2e4))
      found$objective - least - rise
    }
    tiny <- 1e-9 * max(best)
    lower <- if (excess(tiny) < 0) 0 else uniroot(excess, c(tiny, best[k]), tol = 1e-9 * best[k])$root
    top <- best[k]
    while (excess(top) < 0) top <- 3 * top
    c(lower, uniroot(excess, c(best[k], top), tol = 1e-9 * best[k])$root)
  }
  setNames(lapply(seq_along(best), one), names(best))
}

largest_gradient <- function(fit) {
  best <- unlist(variances(fit))
  free <- best > 0
  value <- criterion(fit)
  along <- function(logs) { values <- best; values[free] <- exp(logs); value(values) }
  max(abs(numDeriv::grad(along, log(best[free]))))
}

fit_answers <- function(fit) {
  list(variances = variances(fit), logLik = as.numeric(logLik(fit)),
       minus_two_logLik = -2 * as.numeric(logLik(fit)), parameters = attr(logLik(fit), "df"),
       AIC = AIC(fit), BIC = BIC(fit),
       largest_gradient_of_log_variances = largest_gradient(fit),
       fixed = as.list(fixef(fit)), fixed_se = as.list(sqrt(diag(as.matrix(vcov(fit))))),
       profile_limits = profile_limits(fit))
}

tests <- function(fit, ddf) {
  one_type <- function(type) {
    table <- as.data.frame(anova(fit, ddf = ddf, type = type))
    lapply(split(table, rownames(table)), function(row) list(
      numerator_df = row[["NumDF"]], denominator_df = row[["DenDF"]], F = row[["F value"]],
      p = row[["Pr(>F)"]]))
  }
  table <- coef(summary(fit, ddf = ddf))
  columns <- list(se = "Std. Error", df = "df")
  list(sequential = one_type(1), adjusted_for_all_others = one_type(3),
       coefficients = lapply(columns, function(name) as.list(table[, name])))
}

# Unscaled Wald F of the same terms: b'(L' V L)^-1 b / rank, with the unadjusted covariance matrix.
kenward_roger_scaling <- function(fit) {
  terms <- attr(terms(fit), "term.labels")
  assigned <- attr(getME(fit, "X"), "assign")
  one <- function(k) {
    hypothesis <- diag(ncol(getME(fit, "X")))[assigned == k, , drop = FALSE]
    found <- KRmodcomp(fit, hypothesis)$stats
    found[c("Fstat", "FstatU", "F.scaling", "ndf", "ddf")]
  }
  setNames(lapply(seq_along(terms), one), terms)
}

reduced <- function(fit) {
  table <- as.data.frame(ranova(fit))[-1, ]
  setNames(lapply(seq_len(nrow(table)), function(k) list(
    logLik = table$logLik[k], likelihood_ratio = table$LRT[k])), gsub("\\(1 \\| |\\)", "", rownames(table)))
}

lme4_intervals <- function(fit) {
  limits <- suppressMessages(suppressWarnings(
    confint(as(fit, "lmerMod"), parm = "theta_", method = "profile", level = LEVEL, oldNames = FALSE)))
  lapply(split(limits, rownames(limits)), unname)
}

diagnostics <- function(fit) {
  list(hat = unname(hatvalues(fit)), cooks_distance = unname(cooks.distance(fit)),
       conditional_residual = unname(residuals(fit)),
       marginal_residual = unname(getME(fit, "y") - getME(fit, "X") %*% fixef(fit))[, 1])
}

answer <- function(trial, folder) {
  # update(), inside the packages, looks the data up by name
  assign("trial_data", read_trial(file.path(folder, trial$file)), envir = globalenv())
  fit <- eval(bquote(lmerTest::lmer(.(trial$formula), trial_data, control = CONTROL)))
  likelihood <- eval(bquote(lmerTest::lmer(.(trial$formula), trial_data, REML = FALSE, control = CONTROL)))
  found <- list(
    file = trial$file, formula = paste(deparse(trial$formula, 500), collapse = ""),
    reml = fit_answers(fit), ml = fit_answers(likelihood),
    confint_of_standard_deviations = lme4_intervals(fit), without_term_reml = reduced(fit),
    satterthwaite = tests(fit, "Satterthwaite"), kenward_roger = tests(fit, "Kenward-Roger"),
    kenward_roger_scaling = kenward_roger_scaling(fit))
  if (isTRUE(trial$diagnostics)) found$diagnostics <- diagnostics(fit)
  found
}

NOTES <- list(
  tests = paste("sequential: type I in the order of the formula; adjusted_for_all_others: type III.",
    "Satterthwaite: lmerTest, with the numerical second derivatives of the REML criterion (observed",
    "information). Kenward-Roger: pbkrtest, with the expected information; F is scaled."),
  profile_limits = paste("level 0.95, scale: variance. Points where minus twice the log-likelihood of",
    "that fit (REML or ML), maximised over the other variances, is 3.841459 above its least value; 0",
    "where it is not reached above 0. Computed from lme4's deviance function."),
  confint_of_standard_deviations = paste("level 0.95, scale: standard deviation. Printed by",
    "confint(method = 'profile'), which profiles the ML likelihood also for a REML fit and",
    "interpolates with a spline: good to about 4 digits."),
  diagnostics = paste("lme4's hatvalues (derivative of the conditional fitted value by the observation,",
    "variances held) and cooks.distance ((e/(sigma (1-h)))^2 h/p with the conditional residual e and",
    "p fixed effects); records in the order of the file."),
  AIC = "-2 logLik + 2 parameters, with the REML logLik for a REML fit; parameters: fixed and variances.",
  BIC = "log(number of records) in place of 2.")

folder <- commandArgs(trailingOnly = TRUE)[1]
versions <- sapply(c("lme4", "lmerTest", "pbkrtest"), function(name) as.character(packageVersion(name)))
cat(jsonlite::toJSON(list(
  title = "Field trials by lme4: ML, denominator degrees of freedom, profile limits, diagnostics",
  source = "make_lme4_answers.R beside this file, on the data in pedigrees/ (each with its SOURCE.md)",
  licence = list(values = "numbers computed here; no licence of the programs extends to them"),
  program = c(list(R = paste(R.version$major, R.version$minor, sep = ".")), as.list(versions)),
  call = "lmerTest::lmer(FORMULA, data, control = CONTROL of make_lme4_answers.R)",
  notes = NOTES,
  reference = lapply(TRIALS, answer, folder = folder)),
  auto_unbox = TRUE, digits = I(12), pretty = 1), "\n")
