"""Pedigree."""
