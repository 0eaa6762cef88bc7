"""Breeding values from a model, its data and its variances."""
