"""Ours next to the peers, in one run: a module has `figures()`, name → number, unit in the name."""
