"""Genotypes: markers, calls in 2 bits, frequencies, quality control."""
