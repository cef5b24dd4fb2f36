"""A calibration certificate as a PDF, in Chinese and English or in one of them (ISO/IEC 17025 7.8; `science.md` 2.4).

It is rendered from the certificate's data and holds nothing that is not in them; the id and a page number stand on
every page and an end mark closes it.
"""

from io import BytesIO
from pathlib import Path
from typing import Final

from reportlab.graphics import renderSVG
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from contract.calibration import CalibrationPoint, Certificate
from contract.conformity import zone
from contract.phrases import LANGUAGES, Language, Phrases
from contract.printing.lettering import CHINESE, draw, markup, width
from contract.printing.plot import FOUND, GRID, INK, error_plot

LOCALE: Final = Path(__file__).parent / "locale"
MARGIN: Final = 18 * mm
PADDING: Final = 6.0
"""What reportlab leaves free around the text of a page."""
FOOT: Final = 8.0
LISTED: Final = (56 * mm, 118 * mm)
COLUMNS: Final = {"reference": 24, "indicated": 24, "error": 22, "sd": 28, "n": 15, "u": 19, "zone": 42}
"""Millimetres; together as wide as the page."""
_TIGHT: Final = (
    ("TOPPADDING", (0, 0), (-1, -1), 1.0),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.0),
    ("LEFTPADDING", (0, 0), (-1, -1), 4.0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4.0),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
)


def pdf(certificate: Certificate, language: Language | None = None) -> bytes:
    """Return the certificate as a PDF of A4 pages; without a language in both, Chinese first."""
    words = _Words(Phrases.load(LOCALE), LANGUAGES if language is None else (language,))
    pages = _set(certificate, words, of=None)
    return _set(certificate, words, of=pages[1])[0]


def listed(certificate: Certificate, phrases: Phrases, language: Language) -> list[tuple[str, str]]:
    """Return what a certificate says beside its points, for a page: name and content of each line."""
    words = _Words(phrases, (language,))
    rows = _facts(certificate, words) + _findings(certificate, words)
    return [(words.text(f"certificate.{key}"), text) for key, text in rows]


def plot_svg(certificate: Certificate, phrases: Phrases, language: Language) -> str:
    """Return the plot of a certificate that has points, for a page."""
    return str(renderSVG.drawToString(_plot(certificate, _Words(phrases, (language,)))))


def _set(certificate: Certificate, words: "_Words", of: int | None) -> tuple[bytes, int]:
    """Set the document; how many pages it has is known only after it has been set once."""
    out, count = BytesIO(), 0
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN - PADDING,
        rightMargin=MARGIN - PADDING,
        topMargin=15 * mm,
        bottomMargin=MARGIN,
        title=f"{words.text('certificate.title')} {certificate.id}",
        author=certificate.laboratory or certificate.made_by,
        invariant=1,
    )

    def foot(canvas: Canvas, _: SimpleDocTemplate) -> None:
        nonlocal count
        count = canvas.getPageNumber()
        canvas.setFillColor(INK)
        number = f"{words.text('certificate.number')}  {certificate.id}"
        draw(canvas, MARGIN, 10 * mm, number, FOOT)
        page = words.text("certificate.page", page=count, of=count if of is None else of)
        draw(canvas, A4[0] - MARGIN - width(page, FOOT), 10 * mm, page, FOOT)

    document.build(_story(certificate, words), onFirstPage=foot, onLaterPages=foot)
    return out.getvalue(), count


class _Words:
    """Phrases in the languages of the document."""

    def __init__(self, phrases: Phrases, languages: tuple[Language, ...]) -> None:
        self._phrases, self._languages = phrases, languages

    def text(self, key: str, **values: object) -> str:
        """Return a phrase, one language beside the other."""
        return "  ".join(self._phrases.text(key, language, **values) for language in self._languages)

    def stacked(self, key: str, unit: str = "") -> str:
        """Return a phrase, one language above the other, with the unit behind the last."""
        lines = "\n".join(dict.fromkeys(self._phrases.text(key, language) for language in self._languages))
        return f"{lines} / {unit}" if unit else lines


def _paragraph(text: str, size: float, color: colors.Color = INK) -> Paragraph:
    # the face of the style is only for what `markup` leaves: nothing
    style = ParagraphStyle("p", fontName=CHINESE, fontSize=size, leading=size * 1.4, textColor=color, wordWrap="CJK")
    return Paragraph(markup(text), style)


def _story(certificate: Certificate, words: _Words) -> list[Flowable]:
    story: list[Flowable] = [_paragraph(words.text("certificate.title"), 18), Spacer(0, 2 * mm)]
    if certificate.simulated:
        story += [_paragraph(words.text("certificate.simulated"), 11, FOUND), Spacer(0, 1.5 * mm)]
    story += [_listed(_facts(certificate, words), words), Spacer(0, 3 * mm)]
    for key, points in (("as_found", certificate.as_found), ("as_left", certificate.as_left)):
        if points:
            head = _paragraph(words.text(f"certificate.{key}"), 11)
            story += [KeepTogether([head, Spacer(0, 1 * mm), _points(points, certificate, words)]), Spacer(0, 2.5 * mm)]
    if certificate.as_found or certificate.as_left:
        story += [KeepTogether([_plot(certificate, words)]), Spacer(0, 3 * mm)]
    notes = "\n".join(words.text(f"certificate.{key}") for key in ("rule", "expanded_about", "only", "whole"))
    closing = [
        _listed(_findings(certificate, words), words),
        Spacer(0, 2 * mm),
        _paragraph(notes, 8),
        Spacer(0, 4 * mm),
    ]
    closing += [_signatures(words), Spacer(0, 3 * mm), _paragraph(f"— {words.text('certificate.end')} —", 9)]
    return [*story, KeepTogether(closing)]


def _plot(certificate: Certificate, words: _Words) -> Drawing:
    return error_plot(
        certificate,
        error=f"{words.text('certificate.error')} / °C",
        found=words.text("certificate.as_found"),
        left=words.text("certificate.as_left"),
    )


def _facts(certificate: Certificate, words: _Words) -> list[tuple[str, str]]:
    c = certificate
    none = words.text("certificate.none")
    return [
        ("number", str(c.id)),
        ("laboratory", c.laboratory or none),
        ("place", c.place or none),
        ("customer", c.customer or none),
        ("instrument", c.instrument),
        ("model", c.model or none),
        ("serial", c.serial or none),
        ("mode", words.text("certificate.mode.surface")),
        ("calibrated", f"{(c.calibrated_at or c.valid_from):%Y-%m-%d}"),
        ("valid", f"{c.valid_from:%Y-%m-%d} / {c.valid_until:%Y-%m-%d}"),
        ("method", c.procedure),
        ("standard", c.reference_standard),
        ("standard_certificate", c.reference_certificate or none),
        ("conditions", _conditions(c, words)),
        ("supersedes", str(c.supersedes) if c.supersedes else none),
    ]


def _conditions(certificate: Certificate, words: _Words) -> str:
    given = certificate.conditions
    parts = [f"{words.text('certificate.air')} {given.ambient_c:.1f} °C"]
    if given.humidity_pct is not None:
        parts[0] += f", {given.humidity_pct:.0f} % RH"
    if given.reflected_c is not None:
        parts.append(f"{words.text('certificate.reflected')} {given.reflected_c:.1f} °C")
    if given.distance_m is not None:
        parts.append(f"{words.text('certificate.distance')} {given.distance_m:g} m")
    parts.append(f"{words.text('certificate.emissivity')} {given.emissivity:.2f}")
    return "; ".join(parts)


def _findings(certificate: Certificate, words: _Words) -> list[tuple[str, str]]:
    c = certificate.correction
    terms = f"u(a) = {c.u_a_c:.4f} °C, u(b) = {c.u_b:.5f}, cov(a, b) = {c.cov_ab:.2e} °C"
    span = f"{certificate.range_low_c:g} - {certificate.range_high_c:g} °C"
    found = [("correction", f"e = {c.a_c:+.4f} °C {c.b:+.5f} (T - 37 °C)\n{terms}"), ("range", span)]
    if certificate.expanded_c is not None:
        found.append(("expanded", f"U = {certificate.expanded_c:.2f} °C (k=2)"))
    if certificate.mpe_c is not None:
        found.append(("mpe", f"{certificate.mpe_c:.2f} °C  ({certificate.profile})"))
    checked = certificate.checked_by or words.text("certificate.alone")
    signer = certificate.signer or words.text("certificate.unsigned")
    found += [("made_by", certificate.made_by), ("checked_by", checked)]
    return [*found, ("digest", certificate.sha256), ("signer", signer)]


def _listed(rows: list[tuple[str, str]], words: _Words) -> Table:
    cells = [[_paragraph(words.text(f"certificate.{key}"), 9), _paragraph(text, 9)] for key, text in rows]
    style = TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.3, GRID), *_TIGHT, ("LEFTPADDING", (0, 0), (0, -1), 0)])
    return Table(cells, colWidths=LISTED, style=style)


def _points(points: tuple[CalibrationPoint, ...], certificate: Certificate, words: _Words) -> Table:
    mpe_c, expanded_c = certificate.mpe_c, certificate.expanded_c
    heads = {"reference": "°C", "indicated": "°C", "error": "°C", "sd": "°C", "n": ""}
    if expanded_c is not None:
        heads["u"] = "°C"
    if mpe_c is not None and expanded_c is not None:
        heads["zone"] = ""
    rows = [[_paragraph(words.stacked(f"certificate.{head}", unit), 8) for head, unit in heads.items()]]
    for point in points:
        error = point.indicated_c - point.reference_c
        row = [
            f"{point.reference_c:.2f}",
            f"{point.indicated_c:.2f}",
            f"{error:+.3f}",
            f"{point.sd_c:.3f}",
            f"{point.n}",
        ]
        if expanded_c is not None:
            row.append(f"{expanded_c:.2f}")
        if mpe_c is not None and expanded_c is not None:
            row.append(words.text(f"certificate.zone.{zone(error, mpe_c, expanded_c)}"))
        rows.append([_paragraph(cell, 8) for cell in row])
    widths = [COLUMNS[head] * mm for head in heads]
    style = TableStyle([("GRID", (0, 0), (-1, -1), 0.3, GRID), *_TIGHT])
    return Table(rows, colWidths=widths, repeatRows=1, style=style, hAlign="LEFT")


def _signatures(words: _Words) -> Table:
    """Two lines for pen and stamp; what counts for the gate is the signature of the data."""
    made, checked = (_paragraph(words.text(f"certificate.{key}"), 8) for key in ("made_by", "checked_by"))
    style = TableStyle([("LINEABOVE", (0, 0), (0, 0), 0.5, INK), ("LINEABOVE", (2, 0), (2, 0), 0.5, INK), *_TIGHT])
    return Table([[made, "", checked]], colWidths=[70 * mm, 34 * mm, 70 * mm], style=style, spaceBefore=10 * mm)
