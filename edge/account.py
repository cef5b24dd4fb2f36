"""How a verdict came about, in lines from which an expert can redo it by hand (`science.md` 0, 2.6, 4.3).

Everything comes from what was stored with the verdict; nothing is computed anew but what follows from it: the k and c
that were applied. One text for the command and for the page, in either language; temperatures in °C, eight digits.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from contract.messages import Measurement, MeasurementBody, SecondMeasurement, Verdict
from contract.phrases import Language, Phrases
from edge.evidence import Evidence
from edge.records import heat_balance_k

_LABEL_COLUMNS: Final = 24
_LEAST_K: Final = 0.5
"""Closer to the air than this, a coefficient cannot be told from a correction."""


def account(evidence: Evidence, phrases: Phrases, language: Language) -> str:
    """Return all that was stored of a passage and how the numbers follow from each other."""
    return "\n".join(_Teller(evidence, phrases, language).lines())


class _Teller:
    def __init__(self, evidence: Evidence, phrases: Phrases, language: Language) -> None:
        self._known, self._phrases, self._language = evidence, phrases, language

    def lines(self) -> Iterator[str]:
        """Yield the account, line by line."""
        yield self._say("passage", passage=self._known.passage, n=len(self._known.attempts))
        for body in self._known.attempts:
            yield ""
            yield from self._attempt(body)
        for second in self._known.seconds:
            yield ""
            yield from self._second(second)

    def _attempt(self, body: MeasurementBody) -> Iterator[str]:
        m, v = body.measurement, body.verdict
        reasons = ", ".join(f"{self._phrases.word(reason, self._language)} ({reason})" for reason in v.reasons)
        verdict = f"{self._phrases.word(v.kind, self._language)} ({v.kind.value.upper()})"
        yield f"{self._say('attempt', n=m.attempt)} {verdict} {reasons}".rstrip()
        yield self._row("at", f"{m.at.isoformat()}, {m.instrument}, {m.gate}")
        yield self._row("measurement", f"{m.id}{'  SIMULATED' if body.simulated else ''}")
        yield self._row("configuration", m.config_version or "-")
        yield from self._certificate(m)
        if m.ambient_c is not None:
            yield self._row("air", f"T_air  = {_number(m.ambient_c)}")
        if m.adjusted_c is None:
            yield self._say("no_temperature")
            return
        yield from self._circumstances(m)
        yield from self._temperatures(m)
        yield from self._steps(m)
        yield from self._decision(m, v)

    def _certificate(self, m: Measurement) -> Iterator[str]:
        yield self._row("certificate", str(m.certificate_id or "-"))
        known = self._known.certificates.get(m.certificate_id) if m.certificate_id else None
        if known is not None:
            a, b = known.correction.a_c, known.correction.b
            yield self._row("", f"e = a + b (T - 37), a = {_number(a)}, b = {_number(b)}; {known.procedure}")
            until = known.valid_until.date().isoformat()
            yield self._row("", f"{self._say('until')} {until}, {known.made_by}, {known.reference_standard}")

    def _circumstances(self, m: Measurement) -> Iterator[str]:
        if self._known.reflected_c is not None:
            yield self._row("reflected", f"T_refl = {_number(self._known.reflected_c)}")
        config = self._known.config
        if config is not None and config.version() == m.config_version:
            yield self._row("emissivity", f"epsilon = {config.radiometry.emissivity}")
        site = self._phrases.word(m.site, self._language) if m.site else "-"
        yield self._row("site", self._say("site_frames", site=site, n=m.frames_used))

    def _temperatures(self, m: Measurement) -> Iterator[str]:
        for key, symbol, value in (
            ("indicated", "T_ind ", m.indicated_c),
            ("skin", "T_skin", m.skin_c),
            ("body", "T_body", m.body_c),
            ("adjusted", "T_adj ", m.adjusted_c),
        ):
            yield self._row(key, f"{symbol} = {_number(value)}")

    def _steps(self, m: Measurement) -> Iterator[str]:
        heads = (self._say(key) for key in ("size", "share", "after"))
        yield f"  {_padded(self._say('term'))} {''.join(_right(head, 14) for head in heads)}"
        now_c, before_spot_c = m.indicated_c or 0.0, None
        for term in m.terms:
            before_spot_c = now_c if term.name == "spot" else before_spot_c
            now_c += term.size_c
            name = self._phrases.text(f"kiosk.term.{term.name}", self._language)
            yield f"  {_padded(name)} {term.size_c + 0.0:+14.8f}{term.u_c:14.8f}{now_c:14.8f}  {term.name}"
        if m.reference_offset_c is not None:
            yield self._row("reference", f"-m, m = {_number(m.reference_offset_c)}")
        if (c := _spot(m, before_spot_c)) is not None:
            yield self._row("spot", f"c (T - T_air), c = {_number(c)}")
        if (k := heat_balance_k(m)) is not None:
            yield self._row("body", f"T_body = T_skin + k (T_skin - T_air), k = {_number(k)}")
        if m.coefficients:
            yield self._row("coefficients", m.coefficients)
        yield self._row(
            "adjusted", f"T_adj = T_ind + {self._say('sum_of_sizes')} = T_body - B, B = {_number(m.baseline_c)}"
        )
        yield self._row("doubt", f"u = sqrt({self._say('sum_of_squares')}) = {_number(m.u_c)}")

    def _decision(self, m: Measurement, v: Verdict) -> Iterator[str]:
        scale = self._phrases.word(v.threshold_scale, self._language)
        yield self._row("threshold", f"T_thr = {_number(v.threshold_c)}, {scale}, {v.rule}")
        if v.author or v.source:
            yield self._row("", f"{self._say('set_by')} {v.author}: {v.source}")
        yield self._row("probability", f"p = Phi((T_adj - T_thr) / u) = {_number(m.p_fever)}")
        yield self._row("alarm_from", f"p >= {_number(v.p_alarm)}")

    def _second(self, second: SecondMeasurement) -> Iterator[str]:
        scale = self._phrases.word(second.scale, self._language)
        picked = f", {self._phrases.text('kiosk.audit', self._language)}" if second.audit else ""
        yield f"{self._phrases.text('kiosk.second', self._language)} {second.value_c:.2f}, {scale}{picked}"
        yield self._row("at", f"{second.at.isoformat()}, {second.measured_by}")
        until = second.calibrated_until.isoformat() if second.calibrated_until else self._say("unknown")
        yield self._row("thermometer", f"{second.thermometer}, {self._say('until')} {until}")
        adjusted = (body.measurement.adjusted_c for body in reversed(self._known.attempts))
        last_c = next((value for value in adjusted if value is not None), None)
        if last_c is not None:
            yield self._row("difference", f"{second.value_c:.2f} - T_adj = {second.value_c - last_c:+.8f}")

    def _say(self, key: str, **values: object) -> str:
        return self._phrases.text(f"kiosk.account.{key}", self._language, **values)

    def _row(self, key: str, value: str) -> str:
        return f"  {_padded(self._say(key) if key else '')} {value}".rstrip()


def _spot(m: Measurement, before_c: float | None) -> float | None:
    """Return the c that was applied for the picture's coarseness: the correction is c (T - T_air)."""
    size_c = next((term.size_c for term in m.terms if term.name == "spot"), None)
    if size_c is None or before_c is None or m.ambient_c is None or abs(before_c - m.ambient_c) < _LEAST_K:
        return None
    return size_c / (before_c - m.ambient_c)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.8f}"


def _columns(text: str) -> int:
    """Return how wide a text is in a terminal: a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str) -> str:
    return text + " " * max(0, _LABEL_COLUMNS - _columns(text))


def _right(text: str, columns: int) -> str:
    return " " * max(1, columns - _columns(text)) + text
