"""`python -m tests.pictures`: run what fails and what passes, and picture the pages.

The failed run is that of a planted defect (tests/defects). Needs Chromium and the group browser:
`uv sync --group browser`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
DEFECTS = ROOT / "tests" / "defects"
SCENARIOS = ("provider_down", "attempts_fail")
CHAOS = ("chaos", "run", *SCENARIOS, "--edge", "things", "--virtual")
WIDE, TALL, PHONE = (1280, 900), (1280, 1500), (390, 844)
SHOTS = {
    "failed": (WIDE, PHONE),
    "passed": (WIDE,),
    "inferred": (TALL,),
    "changes": (WIDE,),
}
"""By page: the sizes of its pictures."""


def main() -> None:
    """Make the runs that are asked for, and a picture of each page at each of its sizes."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", default=list(SHOTS), help=", ".join(SHOTS))
    names = parser.parse_args().names
    with tempfile.TemporaryDirectory() as scratch, _browser() as browser:
        pages = Pages(Path(scratch))
        for name in names:
            for size in SHOTS[name]:
                suffix = "-phone" if size is PHONE else ""
                target = IMAGES / f"report-{name}{suffix}.png"
                _shoot(browser, pages.page(name), size, target)
                print(f"{target.relative_to(ROOT)} {target.stat().st_size // 1024} KB")


class Pages:
    """The pages, each made when it is first asked for."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def page(self, name: str) -> Path:
        """Return a page's path."""
        folder = self._scratch / name
        if not folder.exists():
            getattr(self, f"_{name}")(folder)
        return folder / "index.html"

    def _failed(self, folder: Path) -> None:
        _seatrial(*CHAOS, "--report", str(folder), DEFECT="opens-late", exits=1)

    def _passed(self, folder: Path) -> None:
        _seatrial(*CHAOS, "--report", str(folder), exits=0)

    def _inferred(self, folder: Path) -> None:
        _seatrial("infer", "things", "--virtual", "--report", str(folder), exits=0)

    def _changes(self, folder: Path) -> None:
        old, new = (self.page(one).with_name("result.json") for one in ("passed", "failed"))
        _seatrial("report", str(new), "--against", str(old), "--report", str(folder), exits=1)


def _seatrial(*words: str, exits: int, **env: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "seatrial.cli", *words, "--quiet"],
        cwd=DEFECTS,
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if ran.returncode != exits:
        sys.exit(f"seatrial {' '.join(words)} exited {ran.returncode} where {exits} is expected")


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    from tests.e2e.report.conftest import chromium_path

    with sync_playwright() as driver:
        yield driver.chromium.launch(executable_path=chromium_path(), args=["--disable-gpu"])


def _shoot(browser: Any, page: Path, size: tuple[int, int], target: Path) -> None:
    width, height = size
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme="light")
    tab.goto(page.as_uri())
    plots = tab.locator(".plot:visible")
    if plots.count():
        plots.first.scroll_into_view_if_needed()
        plots.first.locator(".main-svg").first.wait_for(state="attached")
    tab.evaluate("scrollTo(0, 0)")
    tab.screenshot(path=target)
    tab.close()


if __name__ == "__main__":
    main()
