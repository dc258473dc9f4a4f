"""Load's pure parts, in virtual time."""
