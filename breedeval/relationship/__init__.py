"""Known covariances among the levels of a random effect; one file each."""
