"""`python -m benchmarks [NAME…]`: print the figures and write them to benchmarks/latest.json."""

import importlib
import json
import pkgutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all.

    Raises:
        SystemExit: there is no benchmark of such a name.
    """
    found = sorted(m.name for m in pkgutil.iter_modules([str(HERE)]) if not m.name.startswith("_"))
    if unknown := set(names) - set(found):
        raise SystemExit(f"there is no benchmark {min(unknown)!r}; there is: {', '.join(found)}")
    figures: dict[str, float] = {}
    for name in names or found:
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "figures"):
            continue  # a part of another one
        for figure, value in module.figures().items():
            print(f"{figure:32} {value:>14,.3f}", flush=True)
            figures[figure] = value
    (HERE / "latest.json").write_text(json.dumps({"figures": figures}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
