"""The harness that judges infer, on planted results."""
