"""A link moves bytes; what they mean is the codec's affair.

Links are named by URLs: `/dev/ttyUSB0`, `usb://VID:PID/SERIAL`, `hwgrep://REGEX`, `socket://host:port`,
`rfc2217://host:port`, `udp://host:port`, `uvc:///dev/video0`, `uvc://1e4e:0100`, `raw+tcp://host:port`, `replay:///path/file.cptv`.
"""

from typing import Protocol


class LinkLost(Exception):
    """The device, its cable or its server is gone; opening again may help."""


class LinkRefused(Exception):
    """The link can never work as configured (no such scheme, wrong geometry); the text says what to change."""


class LinkEnded(Exception):
    """Nothing more will ever come: a recording is over."""


class Link(Protocol):
    """One open connection to a device. Used by one thread."""

    def read(self, timeout_s: float) -> bytes:
        """Return the bytes that arrived, b"" if none came within the time. Raises LinkLost, LinkEnded."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of `data`. Raises LinkLost."""
        ...

    def close(self) -> None:
        """Release the device. Never raises."""
        ...
