"""Faults on a whole wire of real processes."""
