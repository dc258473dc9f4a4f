"""The wire and virtual time must say the same of each check that both run."""
