"""A section of the page: what it makes of a result, and the template that writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from seatrial.reports.limits import Limits
from seatrial.reports.pictures import Figure, Mark, Picture, plot_picture, timeline_picture
from seatrial.results import Check, Plot, Result, Timeline


@dataclass(frozen=True)
class Numbered:
    """A picture and its place among the page's figures."""

    number: int
    picture: Picture


@dataclass
class Layout:
    """A result while its page is laid out: anchors and pictures get their numbers here."""

    result: Result
    limits: Limits
    figures: list[Figure] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the checks."""
        checks = enumerate(self.result.checks, 1)
        self._anchors = {id(check): f"check-{number}" for number, check in checks}

    def anchor(self, check: Check) -> str:
        """Return the id of a check's row."""
        return self._anchors[id(check)]

    def draw(self, evidence: Timeline | Plot, marks: Sequence[Mark] = ()) -> Numbered | None:
        """Return a picture with its number; None where there is nothing to be seen on it."""
        if isinstance(evidence, Timeline):
            if not evidence.spans:
                return None
            picture = timeline_picture(evidence, self.limits, marks)
        else:
            if not any(curve.points for curve in evidence.curves):
                return None
            picture = plot_picture(evidence, self.limits)
        self.figures.append(picture.figure)
        return Numbered(len(self.figures) - 1, picture)


@dataclass(frozen=True)
class Section:
    """A part of the page, in a file of its own and a template of the same name."""

    name: str
    """Of its template, sections/NAME.html.jinja, which gets the view as `view`."""
    lay_out: Callable[[Layout], object | None]
    """Makes all that the template reads; None where the result has nothing of it."""

    @property
    def template(self) -> str:
        """The template's path."""
        return f"sections/{self.name}.html.jinja"
