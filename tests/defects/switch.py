"""Which defect is planted: the one that the environment names."""

import os


class Switch:
    """Says of each defect whether it is there."""

    def __init__(self, name: str) -> None:
        """Plant one; an empty name is none."""
        self.name = name

    def __call__(self, name: str) -> bool:
        """Whether it is this one."""
        return self.name == name


has = Switch(os.environ.get("DEFECT", ""))
