"""Measure `seatrial init` on the samples.

`python -m tests.scaffold_samples [NAME…]` prints, for each, the lines to change by hand and, where
its runtime is here, the seconds to a first verdict; `--static` leaves the latter out.
"""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.scaffold_samples.laid_out import LAID_OUT
from tests.scaffold_samples.measure import (
    first_verdict,
    installed,
    laid_out,
    lines_to_change,
    seatrial,
)
from tests.scaffold_samples.samples import SAMPLES


def main() -> None:
    """Print a line for each sample, then the figures."""
    lines, seconds = [], []
    chosen = [one for one in sys.argv[1:] if not one.startswith("-")]
    for name, sample in {**SAMPLES, **LAID_OUT}.items():
        if chosen and name not in chosen:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            folder = laid_out(Path(scratch) / name, sample)
            verdict, took_s = "not run", 0.0
            if sample.runs and "--static" not in sys.argv and installed(folder, sample):
                verdict, took_s = first_verdict(folder)
                seconds.append(took_s)
            else:
                seatrial(folder, "init", "--no-try")
            wrong = lines_to_change((folder / "seatrial.toml").read_text(), sample)
            lines.append(len(wrong))
            print(f"{name:15} lines {len(wrong)} {wrong or ''} verdict {verdict} {took_s:.1f} s")
    figures = {"init_lines_median": statistics.median(lines), "samples": len(lines)}
    if seconds:
        figures |= {"init_first_verdict_s": round(statistics.median(seconds), 1)}
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
