"""The report in a real browser: it opens alone, shows, moves, and can be used by everyone."""

import re
from typing import Any

import pytest

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS = [("rich", "light"), ("rich", "dark"), ("hostile", "light")]


@pytest.mark.parametrize(("name", "scheme"), LOOKS)
def test_the_report_opens_without_a_complaint_or_a_request(
    visit: Any, name: str, scheme: str
) -> None:
    tab = visit(name, color_scheme=scheme)
    tab.drawn()
    assert tab.complaints == []
    assert all(url.startswith("file:") for url in tab.requests)
    assert len(tab.requests) == 1


def test_the_page_is_there_before_the_library_of_pictures_runs(visit: Any) -> None:
    tab = visit(java_script_enabled=False)
    said = " ".join(tab.page.locator("h1").inner_text().split())
    assert said == "✕ Failed 2 of 21 promises that could be judged were broken"
    tab.page.get_by_text("The same as a table").first.click()
    assert tab.page.get_by_role("cell", name="proxy disabled").first.is_visible()


def test_every_picture_is_drawn_once_it_is_looked_at(visit: Any) -> None:
    tab = visit()
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    count = tab.page.locator("[data-figure]").count()
    assert count > 4
    for figure in range(count):
        tab.drawn(figure)
    assert tab.complaints == []


def test_a_bar_tells_its_moment_when_pointed_at(visit: Any) -> None:
    tab = visit()
    box = tab.drawn()
    fault = box.locator("g.trace.bars").nth(3).locator("path").first
    fault.hover(force=True)
    shown = box.locator(".hoverlayer .hovertext")
    shown.wait_for()
    assert "proxy disabled" in shown.text_content()
    assert "1.000 s to 3.200 s" in shown.text_content()


def test_a_touch_on_a_phone_tells_it_too(visit: Any) -> None:
    tab = visit(**PHONE)
    box = tab.drawn()
    box.locator("g.trace.bars").nth(3).locator("path").first.tap(force=True)
    shown = box.locator(".hoverlayer .hovertext")
    shown.wait_for()
    assert "proxy disabled" in shown.text_content()


def test_a_failures_link_leads_to_its_evidence(visit: Any) -> None:
    tab = visit()
    tab.page.get_by_role("link", name=re.compile("neighbours.*chaos.provider_down")).click()
    row = tab.page.locator("tr:target")
    assert "4 probes reached the provider" in row.inner_text()
    assert row.is_visible()


def test_a_link_from_the_matrix_unfolds_what_it_leads_to(visit: Any) -> None:
    tab = visit()
    tab.page.locator(".matrix a").first.click()
    tab.page.locator("tr:target").wait_for(state="visible")
    assert "The client reads what it expects" in tab.page.locator("tr:target").inner_text()


def test_the_pictures_follow_a_change_to_dark(visit: Any) -> None:
    tab = visit(color_scheme="light")
    box = tab.drawn()
    fill = "(bar) => getComputedStyle(bar).fill"
    bar = box.locator("g.trace.bars").first.locator("path").first
    light = bar.evaluate(fill)
    tab.page.emulate_media(color_scheme="dark")
    tab.page.wait_for_function(
        "([bar, light]) => getComputedStyle(document.querySelector(bar)).fill !== light",
        arg=['[data-figure="0"] g.trace.bars path', light],
    )


@pytest.mark.parametrize("name", ["rich", "hostile", "inferred", "changed"])
def test_a_phone_scrolls_down_and_never_sideways(visit: Any, name: str) -> None:
    tab = visit(name, **PHONE)
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    wide, own = tab.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= own


def test_the_keyboard_reaches_the_findings_first(visit: Any) -> None:
    tab = visit()
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to the findings"
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "main"


def test_a_folded_table_opens_with_the_keyboard(visit: Any) -> None:
    tab = visit()
    summary = tab.page.get_by_text("The same as a table").first
    summary.focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.get_by_role("cell", name="proxy disabled").first.is_visible()


def test_hostile_text_runs_nothing_and_links_nowhere(visit: Any) -> None:
    tab = visit("hostile")
    for figure in range(tab.page.locator("[data-figure]").count()):
        box = tab.drawn(figure)
        assert box.locator("a").count() == 0
        assert "<script>" in box.text_content()
    assert tab.page.evaluate("typeof window.pwned") == "undefined"
    assert tab.page.locator("a[href*='javascript']").count() == 0


def test_hostile_text_in_a_hover_is_shown_as_text(visit: Any) -> None:
    tab = visit("hostile")
    box = tab.drawn()
    box.locator("g.trace.bars path").first.hover(force=True)
    shown = box.locator(".hoverlayer .hovertext")
    shown.wait_for()
    assert "<script>window.pwned = 1</script>" in shown.text_content()
    assert "⟨U+202E⟩" in shown.text_content()


def test_a_script_that_is_not_ours_is_refused(visit: Any) -> None:
    tab = visit()
    tab.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.pwned = 1";
            document.body.append(script);
        }"""
    )
    assert tab.page.evaluate("typeof window.pwned") == "undefined"
    assert "Content Security Policy" in tab.complaints[0]


def test_the_network_is_refused(visit: Any) -> None:
    tab = visit()
    shown = tab.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert shown == "refused"
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)


def test_checks_are_filtered_by_text_and_by_verdict(visit: Any) -> None:
    tab = visit()
    rows = "[...document.querySelectorAll('[data-group] [data-verdict]')]"
    shown = f"{rows}.filter((row) => row.offsetParent).length"
    tab.page.get_by_role("searchbox").fill("provider_down probes")
    assert tab.page.evaluate(shown) == 1
    assert tab.page.locator(".filter output").inner_text() == "1 of 24 checks"
    assert tab.page.get_by_text("4 probes reached the provider").first.is_visible()
    tab.page.get_by_role("searchbox").fill("")
    tab.page.get_by_role("checkbox", name="undecided").check()
    assert tab.page.evaluate(shown) == 2
    assert not tab.page.get_by_role("heading", name="What broke").is_visible()
    tab.page.get_by_role("checkbox", name="undecided").uncheck()
    assert tab.page.get_by_role("heading", name="What broke").is_visible()
    assert tab.page.locator(".filter output").inner_text() == ""
    assert tab.complaints == []


def test_a_link_into_what_is_filtered_out_shows_it_again(visit: Any) -> None:
    tab = visit()
    tab.page.get_by_role("searchbox").fill("caps-probes")
    tab.page.evaluate("location.hash = '#check-1'")
    tab.page.locator("tr:target").wait_for(state="visible")
    assert tab.page.get_by_role("searchbox").input_value() == ""


def test_a_command_is_copied(visit: Any) -> None:
    tab = visit(permissions=["clipboard-read", "clipboard-write"])
    tab.page.get_by_role("button", name="Copy: pytest contracts -k profile").first.click()
    tab.page.get_by_role("button", name="Copy: pytest contracts -k profile").first.wait_for()
    assert tab.page.evaluate("navigator.clipboard.readText()") == "pytest contracts -k profile"


def test_a_table_that_scrolls_sideways_on_a_phone_says_so(visit: Any) -> None:
    tab = visit("rich", **PHONE)
    frame = tab.page.locator(".has-more").first
    frame.wait_for()
    box = frame.locator(".scroll").element_handle()
    wide, own = box.evaluate("(box) => [box.scrollWidth, box.clientWidth]")
    assert wide > own
    box.evaluate("(box) => box.scrollTo(box.scrollWidth, 0)")
    tab.page.wait_for_function(
        "(box) => !box.parentElement.classList.contains('has-more')", arg=box
    )


@pytest.mark.parametrize("options", [{}, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(("name", "scheme"), [*LOOKS, ("inferred", "light"), ("changed", "dark")])
def test_axe_finds_nothing(visit: Any, name: str, scheme: str, options: dict[str, Any]) -> None:
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe: uv sync --group browser"
    )
    # The checker is a script that is not ours, so here the policy is off.
    tab = visit(name, color_scheme=scheme, bypass_csp=True, **options)
    tab.page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    found = axe.Axe().run(tab.page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []
