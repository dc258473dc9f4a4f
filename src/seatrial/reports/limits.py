"""Bounds of what one page shows of a result; all of it is in the result.json next to the page."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Limits:
    """Most of each kind that is shown; what is left out is noted where it is left out."""

    name_chars: int = 200
    """Of ids, subjects, labels and keys."""
    sentence_chars: int = 1_000
    """Of explanations, notes and commands."""
    text_chars: int = 12_000
    """Of a log or another text of many lines."""
    facts: int = 100
    lanes: int = 12
    """Of a timeline."""
    spans: int = 1_500
    """Of a timeline's picture."""
    curves: int = 12
    """Of a plot."""
    bands: int = 24
    """Of a plot: its phases and faults."""
    points: int = 4_000
    """Of a curve's picture."""
    rows: int = 500
    """Of a picture's data table."""

    def divided(self, divisor: int) -> "Limits":
        """The same with less evidence: texts, pictures and their tables; names stay readable.

        Args:
            divisor: at least 1.
        """
        return replace(
            self,
            sentence_chars=max(200, self.sentence_chars // divisor),
            text_chars=max(200, self.text_chars // divisor),
            spans=self.spans // divisor,
            points=self.points // divisor,
            rows=self.rows // divisor,
        )
