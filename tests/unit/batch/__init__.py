"""Many runs from one plan."""
