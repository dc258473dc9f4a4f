"""Consumers made of popular libraries, as their own documentation shows them, under our checks."""
