"""Running load: a profile on an edge, a target or the whole system."""
