"""How many random sets find what needs three faults, next to Hypothesis."""
