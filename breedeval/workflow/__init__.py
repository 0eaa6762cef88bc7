"""The one place where files meet numbers."""
