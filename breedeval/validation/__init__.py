"""Validation of predictions: folds, and what predictions are worth. Arrays in, tables out."""
