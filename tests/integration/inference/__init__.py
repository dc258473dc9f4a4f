"""infer on real consumers."""
