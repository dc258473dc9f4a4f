"""A real browser, where the machine has one; nothing is ever downloaded."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from seatrial.reports.changes import with_changes
from seatrial.reports.html import write_report
from tests.unit.reports.example import (
    calm_result,
    hostile_result,
    inferred_result,
    rich_result,
)

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@dataclass
class Opened:
    """A report in a tab, and what the browser had to say about it."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    """Messages on the console, uncaught errors, dialogs."""
    requests: list[str] = field(default_factory=list)

    def drawn(self, figure: int = 0) -> Any:
        """Scroll to a picture and wait until it is drawn."""
        box = self.page.locator(f'[data-figure="{figure}"]')
        box.scroll_into_view_if_needed()
        box.locator(".main-svg").first.wait_for()
        return box


def chromium_path() -> str | None:
    """Return the machine's own browser; None where there is none."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


# Of the module: while it is open, its own event loop runs in this thread, and no other can.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The machine's own Chromium without a window."""
    reason = "needs playwright: uv sync --group browser"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    path = chromium_path()
    if path is None:
        pytest.skip(f"none of {', '.join(_BROWSERS)} is on PATH")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=_QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of the made-up results, by name."""
    results = {
        "rich": rich_result(),
        "hostile": hostile_result(),
        "inferred": inferred_result(),
        "changed": with_changes(calm_result(), rich_result()),
    }
    folder = tmp_path_factory.mktemp("reports")
    return {name: write_report(result, folder / name) for name, result in results.items()}


@pytest.fixture
def visit(chromium: Any, reports: dict[str, Path]) -> Iterator[Any]:
    """A function that opens a report by name; options are those of a browser context."""
    contexts = []

    def opened(name: str = "rich", **options: Any) -> Opened:
        context = chromium.new_context(**options)
        contexts.append(context)
        tab = Opened(context.new_page())
        tab.page.on("console", lambda message: tab.complaints.append(message.text))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("dialog", lambda dialog: tab.complaints.append(dialog.message))
        tab.page.on("request", lambda request: tab.requests.append(request.url))
        tab.page.goto(reports[name].as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()
