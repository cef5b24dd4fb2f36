"""A calibration certificate as a PDF, in Chinese and English side by side (ISO/IEC 17025 7.8; `science.md` 2.4).

It is rendered from the certificate's data and holds nothing that is not in them; the id and a page number stand on
every page and an end mark closes it. Chinese type is the reader's own Song face (an Adobe-GB1 font, not embedded).
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from contract.calibration import CalibrationPoint, Certificate, correct
from contract.conformity import zone
from contract.phrases import Phrases

LOCALE: Final = Path(__file__).parent / "locale"
FONT: Final = "STSong-Light"
MARGIN: Final = 18 * mm
_TIGHT: Final = (("TOPPADDING", (0, 0), (-1, -1), 1.0), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.0))
GRID: Final = colors.HexColor("#9aa5b1")
INK: Final = colors.HexColor("#1f2933")
FOUND: Final = colors.HexColor("#b45309")
BAND: Final = colors.HexColor("#eef4ee")
LEFT: Final = colors.HexColor("#1d6f42")


def pdf(certificate: Certificate) -> bytes:
    """Return the certificate as a PDF of A4 pages."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    words = _Words(Phrases.load(LOCALE))
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"{words.both('certificate.title')} {certificate.id}",
        author=certificate.laboratory or certificate.made_by,
        invariant=1,
    )

    def frame(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont(FONT, 8)
        canvas.setFillColor(INK)
        canvas.drawString(MARGIN, 10 * mm, f"{words.both('certificate.number')}  {certificate.id}")
        page = canvas.getPageNumber()
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, words.both("certificate.page", page=page))

    document.build(_story(certificate, words), onFirstPage=frame, onLaterPages=frame)
    return out.getvalue()


class _Words:
    """Both languages of a phrase, Chinese first."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases

    def stacked(self, key: str, unit: str = "") -> str:
        """Both languages one above the other, with the unit behind the second."""
        return f"{self._phrases.text(key, 'zh')}<br/>{self._phrases.text(key, 'en')}{unit and f' / {unit}'}"

    def both(self, key: str, **values: object) -> str:
        return f"{self._phrases.text(key, 'zh', **values)}  {self._phrases.text(key, 'en', **values)}"


def _style(size: float, color: colors.Color = INK) -> ParagraphStyle:
    return ParagraphStyle("p", fontName=FONT, fontSize=size, leading=size * 1.45, textColor=color, wordWrap="CJK")


def _story(certificate: Certificate, words: _Words) -> list[Flowable]:
    story: list[Flowable] = [Paragraph(words.both("certificate.title"), _style(20)), Spacer(0, 3 * mm)]
    if certificate.simulated:
        story += [Paragraph(words.both("certificate.simulated"), _style(11, FOUND)), Spacer(0, 2 * mm)]
    story += [_facts(certificate, words), Spacer(0, 4 * mm)]
    for key, points in (("as_found", certificate.as_found), ("as_left", certificate.as_left)):
        if points:
            story += [Paragraph(words.both(f"certificate.{key}"), _style(12)), Spacer(0, 1 * mm)]
            story += [_points(points, certificate, words), Spacer(0, 3 * mm)]
    if certificate.as_found or certificate.as_left:
        story += [_plot(certificate, words), Spacer(0, 3 * mm)]
    story += [_conclusion(certificate, words), Spacer(0, 4 * mm)]
    story += [Paragraph(f"—— {words.both('certificate.end')} ——", _style(9))]
    return story


def _ruled() -> TableStyle:
    return TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, GRID), *_TIGHT])


def _facts(certificate: Certificate, words: _Words) -> Table:
    c, conditions = certificate, certificate.conditions
    air = f"{conditions.ambient_c:.1f} °C" + (
        f", {conditions.humidity_pct:.0f} % RH" if conditions.humidity_pct is not None else ""
    )
    none = words.both("certificate.none")
    rows = [
        ("number", str(c.id)),
        ("laboratory", c.laboratory or none),
        ("place", c.place or none),
        ("customer", c.customer or none),
        ("instrument", c.instrument),
        ("model", c.model or none),
        ("serial", c.serial),
        ("calibrated", f"{(c.calibrated_at or c.valid_from):%Y-%m-%d}"),
        ("valid", f"{c.valid_from:%Y-%m-%d} / {c.valid_until:%Y-%m-%d}"),
        ("method", c.procedure),
        ("standard", c.reference_standard),
        ("standard_certificate", c.reference_certificate or none),
        ("conditions", air),
        ("supersedes", str(c.supersedes) if c.supersedes else none),
    ]
    cells = [[Paragraph(words.both(f"certificate.{key}"), _style(9)), Paragraph(text, _style(9))] for key, text in rows]
    return Table(cells, colWidths=[62 * mm, 112 * mm], style=_ruled())


def _points(points: tuple[CalibrationPoint, ...], certificate: Certificate, words: _Words) -> Table:
    judged = certificate.mpe_c is not None and certificate.expanded_c is not None
    heads = {"reference": "°C", "indicated": "°C", "error": "°C", "sd": "°C", "n": ""} | (
        {"zone": ""} if judged else {}
    )
    rows = [[Paragraph(words.stacked(f"certificate.{head}", unit), _style(8)) for head, unit in heads.items()]]
    for point in points:
        error = point.indicated_c - point.reference_c
        row = [
            f"{point.reference_c:.2f}",
            f"{point.indicated_c:.2f}",
            f"{error:+.3f}",
            f"{point.sd_c:.3f}",
            f"{point.n}",
        ]
        if certificate.mpe_c is not None and certificate.expanded_c is not None:
            row.append(words.both(f"certificate.zone.{zone(error, certificate.mpe_c, certificate.expanded_c)}"))
        rows.append([Paragraph(cell, _style(8)) for cell in row])
    narrow = 24 * mm
    widths = [narrow] * 5 + [174 * mm - 5 * narrow] * judged
    style = TableStyle([("GRID", (0, 0), (-1, -1), 0.3, GRID), *_TIGHT])
    return Table(rows, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT")


def _conclusion(certificate: Certificate, words: _Words) -> Table:
    c = certificate.correction
    correction = f"e = {c.a_c:+.4f} °C {c.b:+.5f} (T - 37 °C),  u(a) = {c.u_a_c:.4f} °C, u(b) = {c.u_b:.5f}"
    checked = certificate.checked_by or words.both("certificate.alone")
    rows = [("correction", correction)]
    if certificate.expanded_c is not None:
        rows.append(("expanded", f"U = {certificate.expanded_c:.2f} °C"))
    if certificate.mpe_c is not None:
        rows.append(("mpe", f"{certificate.mpe_c:.2f} °C  ({certificate.profile})"))
    rows += [("made_by", certificate.made_by), ("checked_by", checked), ("digest", certificate.sha256)]
    rows.append(("signer", certificate.signer or words.both("certificate.unsigned")))
    cells = [[Paragraph(words.both(f"certificate.{key}"), _style(9)), Paragraph(text, _style(9))] for key, text in rows]
    notes = f"{words.both('certificate.rule')}<br/>{words.both('certificate.only')}"
    cells.append([Paragraph(notes, _style(8)), Paragraph("", _style(8))])
    style = _ruled()
    style.add("SPAN", (0, -1), (-1, -1))
    return Table(cells, colWidths=[62 * mm, 112 * mm], style=style)


def _rectangle(
    x: float, y: float, width: float, height: float, *, fill: colors.Color | None, stroke: colors.Color | None
) -> Rect:
    rectangle = Rect(x, y, width, height)
    rectangle.fillColor, rectangle.strokeColor, rectangle.strokeWidth = fill, stroke, 0.5
    return rectangle


def _plot(certificate: Certificate, words: _Words) -> Drawing:
    """Errors over temperature: open circles as found, filled as left, the permissible band shaded."""
    width, height, left, bottom = 174 * mm, 62 * mm, 16 * mm, 10 * mm
    plot_w, plot_h = width - left - 4 * mm, height - bottom - 8 * mm
    points = [*certificate.as_found, *certificate.as_left]
    temperatures = [point.reference_c for point in points]
    low, high = min(temperatures) - 0.5, max(temperatures) + 0.5
    largest = max(abs(point.indicated_c - point.reference_c) for point in points)
    span = 1.15 * max(largest, 1.3 * (certificate.mpe_c or 0.2))

    def x(t_c: float) -> float:
        return float(left + (t_c - low) / (high - low) * plot_w)

    def y(error_c: float) -> float:
        return float(bottom + (error_c + span) / (2 * span) * plot_h)

    drawing = Drawing(width, height)
    if certificate.mpe_c is not None:
        mpe = certificate.mpe_c
        drawing.add(_rectangle(left, y(-mpe), plot_w, y(mpe) - y(-mpe), fill=BAND, stroke=None))
    drawing.add(_rectangle(left, bottom, plot_w, plot_h, fill=None, stroke=GRID))
    drawing.add(Line(left, y(0), left + plot_w, y(0), strokeColor=GRID, strokeWidth=0.8))
    for value in (-span / 1.15, 0.0, span / 1.15):
        drawing.add(String(left - 2, y(value) - 3, f"{value:+.2f}", fontName=FONT, fontSize=7, textAnchor="end"))
    for t_c in sorted(set(temperatures)):
        drawing.add(String(x(t_c), bottom - 9, f"{t_c:g} °C", fontName=FONT, fontSize=7, textAnchor="middle"))
    for of, color, fill in ((certificate.as_found, FOUND, None), (certificate.as_left, LEFT, LEFT)):
        for point in of:
            at = (x(point.reference_c), y(point.indicated_c - point.reference_c))
            drawing.add(Circle(*at, 2.4, strokeColor=color, fillColor=fill, strokeWidth=1.1))
    fitted = [(x(t), y(t - correct(certificate.correction, t))) for t in (low, high)]
    if all(bottom <= point[1] <= bottom + plot_h for point in fitted):
        drawing.add(Line(*fitted[0], *fitted[1], strokeColor=FOUND, strokeWidth=0.7, strokeDashArray=(3, 2)))
    legend = f"{words.both('certificate.error')} / °C      ○ {words.both('certificate.as_found')}      ● "
    drawing.add(String(left, height - 5 * mm, legend + words.both("certificate.as_left"), fontName=FONT, fontSize=8))
    return drawing
