"""Covariances among the coefficients of a random effect, one file per structure."""
