"""Text in Chinese and Latin letters on paper: each in a face that has them, where reportlab knows one face a text.

Chinese is set in the reader's own Song face (an Adobe-GB1 font, not embedded), whose Latin letters and degree sign are
as wide as Chinese ones; so everything else is set in Helvetica, which every reader has too.
"""

import re
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Group, String
from reportlab.lib import colors
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE: Final = "STSong-Light"
LATIN: Final = "Helvetica"
_RUNS: Final = re.compile(r"[\x20-\x7e\xa0-\xff]+|[^\x20-\x7e\xa0-\xff]+")

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text, each with its face."""
    for found in _RUNS.finditer(text):
        piece = found.group()
        yield (LATIN if piece[0] <= "\xff" else CHINESE), piece


def markup(text: str) -> str:
    """Return a text for a Paragraph: each piece in its face, nothing in it taken for markup; a line feed breaks.

    >>> markup("误差 e<1")
    '<font name="STSong-Light">误差</font><font name="Helvetica"> e&lt;1</font>'
    """
    lines = (
        "".join(f'<font name="{face}">{escape(piece)}</font>' for face, piece in runs(line))
        for line in text.split("\n")
    )
    return "<br/>".join(lines)


def width(text: str, size: float) -> float:
    """Return how wide a text is, in points."""
    return float(sum(pdfmetrics.stringWidth(piece, face, size) for face, piece in runs(text)))


def draw(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    """Write a text on a page from `x` to the right."""
    for face, piece in runs(text):
        canvas.setFont(face, size)
        canvas.drawString(x, y, piece)
        x += pdfmetrics.stringWidth(piece, face, size)


def drawn(x: float, y: float, text: str, size: float, *, color: colors.Color, anchor: float = 0.0) -> Group:
    """Return a text for a drawing; `anchor` is the share of its width that lies left of `x`."""
    x -= anchor * width(text, size)
    group = Group()
    for face, piece in runs(text):
        group.add(String(x, y, piece, fontName=face, fontSize=size, fillColor=color))
        x += pdfmetrics.stringWidth(piece, face, size)
    return group
