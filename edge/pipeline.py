"""What happens to a lane's events, in the order of duties: the screen first, then the lamp, then the store.

A picture is turned into bytes on its lane's thread; only the newest waits for the event loop. A verdict crosses to the
event loop at once and is never dropped. There it is entered, shown, and only then handed to the store's thread, which
commits it with its message to central; the screen waits for neither disk nor network.
"""

import threading
from collections.abc import Callable
from functools import partial

from contract.clock import Clock
from contract.messages import Alert
from contract.vocabulary import VerdictKind
from contract.web.feed import Feed
from edge import records
from edge.config import GateConfig
from edge.events import LaneEvent, PassageDecided, Picture
from edge.kiosk.pictures import PictureEncoder, crop_png
from edge.kiosk.screen import Screen
from edge.metrics import Metrics
from edge.passages import Entry, Ledger
from edge.uplink import Uplink
from edge.writer import Deed, Writer

Soon = Callable[[Callable[[], object]], None]
"""Runs a function on the event loop soon; may be called on any thread."""


class Pipeline:
    """The way of a lane's events through the gate."""

    def __init__(
        self,
        config: GateConfig,
        clock: Clock,
        *,
        screen: Screen,
        live: Feed,
        ledger: Ledger,
        writer: Writer,
        uplink: Uplink,
        metrics: Metrics,
        soon: Soon,
        lamps: Callable[[], None],
    ) -> None:
        """`lamps` switches the tower light to what the screen says now."""
        self._config, self._clock = config, clock
        self._screen, self._live, self._lamps = screen, live, lamps
        self._ledger, self._writer, self._uplink = ledger, writer, uplink
        self._metrics, self._soon = metrics, soon
        self._encoders = {lane: PictureEncoder() for lane in screen.lanes}
        self._newest: dict[str, tuple[Picture, str]] = {}
        self._lock = threading.Lock()
        self.pictures: dict[str, Picture] = {}
        """The newest picture of each lane that the event loop has seen."""
        self.seen_ns: dict[str, int] = {}
        """When it was seen, monotonic."""
        self.passages: dict[VerdictKind, int] = dict.fromkeys(VerdictKind, 0)
        """Verdicts since the start."""
        self.baseline_c: float | None = None
        """Of the newest measurement that had one."""

    def deliver(self, event: LaneEvent) -> None:
        """Take a lane's event; called on the lane's thread."""
        if isinstance(event, PassageDecided):
            self._soon(partial(self.decided, event))
            return
        encoded = self._encoders[event.instrument].encode(event)
        with self._lock:
            replaced = event.instrument in self._newest
            self._newest[event.instrument] = (event, encoded)
        if replaced:
            self._metrics.pictures_dropped.labels(event.instrument).inc()
        else:
            self._soon(partial(self._pictured, event.instrument))

    def decided(self, event: PassageDecided) -> None:
        """Show a verdict, then have it kept. On the event loop."""
        entry = self._ledger.enter(event, self._clock.now().at)
        self._screen.passage(entry)
        took_s = (self._clock.now().mono_ns - event.decided_by_mono_ns) / 1e9
        self._lamps()
        self._metrics.decided(event.verdict.kind, took_s)
        self.passages[event.verdict.kind] += 1
        if event.measurement.baseline_c is not None:
            self.baseline_c = event.measurement.baseline_c
        self._keep(entry)

    def _pictured(self, instrument: str) -> None:
        with self._lock:
            picture, encoded = self._newest.pop(instrument)
        self._live.show(f"picture-{instrument}", encoded)
        self._screen.picture(picture)
        self.pictures[instrument] = picture
        self.seen_ns[instrument] = self._clock.now().mono_ns
        self._metrics.pictured(picture.costs_us)

    def _keep(self, entry: Entry) -> None:
        body, png = entry.body, None
        crop_c = entry.decided.crop_c
        if isinstance(body, Alert) and crop_c is not None and self._config.kiosk.crops:
            png = crop_png(crop_c)
            body = body.model_copy(update={"crop_png": png})
        reflected_c = self._config.radiometry.reflected_c
        self._writer.put(
            Deed(
                "alert" if isinstance(body, Alert) else "measurement",
                lambda connection: records.keep_passage(connection, entry, reflected_c, png),
                self._uplink.letter(body),
                vital=isinstance(body, Alert),
            )
        )
