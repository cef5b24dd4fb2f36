"""The plot of a certificate: errors over temperature, as found and as left, against what is permitted."""

from typing import Final

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect
from reportlab.lib import colors
from reportlab.lib.units import mm

from contract.calibration import CalibrationPoint, Certificate, correct
from contract.printing.lettering import drawn, width

GRID: Final = colors.HexColor("#9aa5b1")
INK: Final = colors.HexColor("#1f2933")
FOUND: Final = colors.HexColor("#b45309")
LEFT: Final = colors.HexColor("#1d6f42")
BAND: Final = colors.HexColor("#eef4ee")
WIDTH: Final = 174 * mm
HEIGHT: Final = 66 * mm
TYPE: Final = 8.0
SIDE_MM: Final = 0.6
"""Points as found stand so far left of their temperature and those as left so far right, so that none hides another."""


def error_plot(certificate: Certificate, *, error: str, found: str, left: str) -> Drawing:
    """Return the plot; the texts are the words for its axis and its two kinds of point.

    Open circles as found, filled as left, each with its expanded uncertainty; the permissible band is shaded, the
    fitted error dashed.
    """
    plot = _Plot(certificate)
    plot.frame()
    plot.fitted()
    plot.points(certificate.as_found, FOUND, filled=False)
    plot.points(certificate.as_left, LEFT, filled=True)
    plot.legend(error, found, left)
    return plot.drawing


class _Plot:
    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self.drawing = Drawing(WIDTH, HEIGHT)
        self._left, self._bottom = 16 * mm, 10 * mm
        self._w, self._h = WIDTH - self._left - 16 * mm, HEIGHT - self._bottom - 9 * mm
        points = [*certificate.as_found, *certificate.as_left]
        self._temperatures = [point.reference_c for point in points]
        self._low, self._high = min(self._temperatures) - 0.5, max(self._temperatures) + 0.5
        largest = max(abs(point.indicated_c - point.reference_c) for point in points)
        guard = certificate.expanded_c or 0.0
        self._span = 1.1 * max(largest + guard, 1.3 * (certificate.mpe_c or 0.2))

    def _x(self, t_c: float) -> float:
        return float(self._left + (t_c - self._low) / (self._high - self._low) * self._w)

    def _y(self, error_c: float) -> float:
        return float(self._bottom + (error_c + self._span) / (2 * self._span) * self._h)

    def frame(self) -> None:
        """Draw the permissible band, the frame and the ticks, each at a temperature that a person would say."""
        mpe, right = self._certificate.mpe_c, self._left + self._w
        if mpe is not None:
            self._box(self._y(-mpe), self._y(mpe), fill=BAND, stroke=None)
            for edge in (-mpe, mpe):
                self._text(right + 3, self._y(edge) - 3, f"MPE {edge:+.2f}")
        self._box(self._bottom, self._bottom + self._h, fill=None, stroke=GRID)
        step = next((step for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if self._span / step <= 5), 10.0)
        count = int(self._span / step)
        for number in range(-count, count + 1):
            y = self._y(number * step)
            self.drawing.add(Line(self._left, y, right, y, strokeColor=GRID, strokeWidth=0.8 if number == 0 else 0.2))
            self._text(self._left - 3, y - 3, f"{number * step:+.1f}" if number else "0", anchor=1.0)
        for t_c in sorted({round(2 * t_c) / 2 for t_c in self._temperatures}):
            self._text(self._x(t_c), self._bottom - 10, f"{t_c:g} °C", anchor=0.5)

    def fitted(self) -> None:
        """Draw the error that the correction takes out, where it lies within the frame."""
        ends = [(self._x(t), self._y(t - correct(self._certificate.correction, t))) for t in (self._low, self._high)]
        if all(self._bottom <= y <= self._bottom + self._h for _, y in ends):
            self.drawing.add(Line(*ends[0], *ends[1], strokeColor=FOUND, strokeWidth=0.7, strokeDashArray=(3, 2)))

    def points(self, points: tuple[CalibrationPoint, ...], color: colors.Color, *, filled: bool) -> None:
        """Draw points with their expanded uncertainty."""
        u = self._certificate.expanded_c or 0.0
        for point in points:
            x = self._x(point.reference_c) + (SIDE_MM if filled else -SIDE_MM) * mm
            error_c = point.indicated_c - point.reference_c
            low, high = self._y(error_c - u), self._y(error_c + u)
            self.drawing.add(Line(x, low, x, high, strokeColor=color, strokeWidth=0.5))
            self._dot(x, self._y(error_c), color, filled=filled)

    def legend(self, error: str, found: str, left: str) -> None:
        """Say what is what, above the frame."""
        x, y = self._left, HEIGHT - 5 * mm
        self._text(x, y, error)
        x += width(error, TYPE) + 8 * mm
        for text, color, filled in ((found, FOUND, False), (left, LEFT, True)):
            self._dot(x, y + 2.8, color, filled=filled)
            self._text(x + 6, y, text)
            x += width(text, TYPE) + 10 * mm

    def _dot(self, x: float, y: float, color: colors.Color, *, filled: bool) -> None:
        fill = color if filled else colors.white
        self.drawing.add(Circle(x, y, 2.4, strokeColor=color, fillColor=fill, strokeWidth=1.1))

    def _text(self, x: float, y: float, text: str, *, anchor: float = 0.0) -> None:
        self.drawing.add(drawn(x, y, text, TYPE, color=INK, anchor=anchor))

    def _box(self, low: float, high: float, *, fill: colors.Color | None, stroke: colors.Color | None) -> None:
        box = Rect(self._left, low, self._w, high - low)
        box.fillColor, box.strokeColor, box.strokeWidth = fill, stroke, 0.5
        self.drawing.add(box)
