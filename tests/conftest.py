"""What all tests share."""

from hypothesis import HealthCheck, settings

# Shared and first-use machines are slow at times; how long an example takes is no test here.
settings.register_profile(
    "steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
