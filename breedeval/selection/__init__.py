"""Decisions: an index of breeding values, who is selected, how much they are used, and mated."""
