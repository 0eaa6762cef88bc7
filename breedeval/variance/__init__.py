"""Estimation of (co)variances: likelihood, average information, EM, standard errors."""
