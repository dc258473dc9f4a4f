"""kill -9 at random moments, while the services work; and what must be true afterwards."""
