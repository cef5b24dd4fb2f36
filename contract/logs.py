"""A program's log: one line an event, key=value, on standard error.

Where it cannot be written (a full disk, a terminal that is gone) the line is lost and counted, and the work that it
tells of goes on: a thermometer is not left unread because of a log.
"""

import io
import logging
import sys
from typing import Final, TextIO, cast

import structlog

LOGFMT: Final = "level=%(levelname)s event=%(message)s"


class StandardError(io.TextIOBase):
    """Standard error as it is at each write; what it does not take is dropped."""

    def __init__(self) -> None:
        self.lost = 0

    def write(self, text: str, /) -> int:
        """Write, or count the loss."""
        try:
            return sys.stderr.write(text)
        except (OSError, ValueError):  # full, gone, or closed
            self.lost += 1
            return len(text)

    def flush(self) -> None:
        """Flush, or count the loss."""
        try:
            sys.stderr.flush()
        except (OSError, ValueError):
            self.lost += 1


def set_up(level: str) -> StandardError:
    """Send the program's events of at least this level there, and what libraries log from warnings on."""
    stream = StandardError()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event"), bool_as_flag=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", stream)),
    )
    logging.basicConfig(stream=stream, level=logging.WARNING, format=LOGFMT)
    return stream
