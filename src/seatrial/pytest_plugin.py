"""The pytest plugin: what `pytest contracts` and `pytest chaos` need."""
