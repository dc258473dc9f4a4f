"""What was measured, as numbers."""

from collections.abc import Mapping

from seatrial.reports.sections.section import Layout, Section


def _lay_out(layout: Layout) -> Mapping[str, float] | None:
    return layout.result.figures or None


FIGURES = Section("figures", _lay_out)
