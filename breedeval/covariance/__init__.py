"""Covariance."""
