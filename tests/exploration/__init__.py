"""Explorations of toy systems, whose answers are known."""
