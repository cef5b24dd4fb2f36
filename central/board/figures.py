"""Numbers as the pages show them: a missing one is a dash, never a zero."""

from datetime import datetime
from typing import Any, Final

from central.gates import Gate
from contract.phrases import Language

DASH: Final = "—"


def degrees(value: float | None, digits: int = 1) -> str:
    """Return a temperature in °C without its unit.

    >>> degrees(38.44), degrees(None)
    ('38.4', '—')
    """
    return DASH if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 2) -> str:
    """Return a correction with its sign.

    >>> signed(-0.314), signed(-0.001), signed(None)
    ('−0.31', '0.00', '—')
    """
    if value is None or round(value, digits) == 0:
        return DASH if value is None else f"{0:.{digits}f}"
    return f"{value:+.{digits}f}".replace("-", "−")


def percent(value: float | None) -> str:
    """Return a probability as a whole percentage that never claims to be sure.

    >>> percent(0.9996), percent(0.031)
    ('>99 %', '3 %')
    """
    if value is None:
        return DASH
    if value > 0.99:
        return ">99 %"
    return "<1 %" if value < 0.01 else f"{100 * value:.0f} %"


def elapsed(since: datetime, now: datetime) -> str:
    """Return how long ago something was, as the page's script writes it too.

    >>> from datetime import UTC, timedelta
    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> elapsed(start, start + timedelta(seconds=65)), elapsed(start, start + timedelta(hours=30))
    ('01:05', '30:00:00')
    """
    seconds = max(round((now - since).total_seconds()), 0)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute:02}:{second:02}"


def gate_name(gate: Gate, language: Language) -> str:
    """Return a gate's name in the reader's language."""
    return (gate.name_zh if language == "zh" else gate.name_en) or gate.id


def other_name(gate: Gate, language: Language) -> str:
    """Return a gate's name in the other language, empty if it is the same."""
    other: Language = "en" if language == "zh" else "zh"
    name = gate_name(gate, other)
    return "" if name == gate_name(gate, language) else name


FIGURES: Final[dict[str, Any]] = {
    "degrees": degrees,
    "signed": signed,
    "percent": percent,
    "elapsed": elapsed,
    "gate_name": gate_name,
    "other_name": other_name,
}
"""What every template may call."""
