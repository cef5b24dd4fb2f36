"""What staff do at the screen: shown at once, then kept and told to central.

An act carries a key that the page made. The key is the id of what it makes, so that the same act sent twice is kept
once; acts that make no record of their own are remembered here by their key.
"""

from collections import OrderedDict
from typing import Final
from uuid import UUID

import anyio
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from contract.clock import Clock
from contract.ids import thermometer_slug
from contract.messages import Confirmation, MeasurementBody, SecondMeasurement
from contract.vocabulary import InstrumentState
from edge import recall, records
from edge.config import GateConfig
from edge.instruments import Instruments
from edge.kiosk.screen import Screen
from edge.kiosk.second import FormRefused, SecondForm, read_name, read_second
from edge.metrics import Metrics
from edge.passages import Ledger
from edge.store import Store, reason
from edge.uplink import Uplink
from edge.writer import Deed, Writer

REMEMBERED: Final = 1000

log = structlog.get_logger()


class Desk:
    """The acts of gate staff. Used by the event loop."""

    def __init__(
        self,
        config: GateConfig,
        clock: Clock,
        *,
        screen: Screen,
        ledger: Ledger,
        instruments: Instruments,
        writer: Writer,
        store: Store,
        uplink: Uplink,
        metrics: Metrics,
    ) -> None:
        self._config, self._clock = config, clock
        self._screen, self._ledger, self._instruments = screen, ledger, instruments
        self._writer, self._store, self._uplink, self._metrics = writer, store, uplink, metrics
        self._acts: OrderedDict[UUID, None] = OrderedDict()

    def taken(self, passage: UUID, lane: str, by: str) -> None:
        """The person was taken aside."""
        name, at = read_name(by), self._clock.now().at
        self._known_lane(lane)
        card = self._screen.cards.of_passage(passage)
        self._screen.taken(lane, passage)
        if card is not None:
            alert = card.id
            self._writer.put(Deed("taken", lambda connection: records.keep_taken(connection, alert, at, name)))

    def remeasure(self, passage: UUID, lane: str, by: str) -> None:
        """The next person before that lane is this passage's person again."""
        read_name(by)
        self._known_lane(lane)
        self._instruments.intakes[lane].order(lambda one: one.remeasure(passage))

    async def second(self, form: SecondForm, *, key: UUID, passage: UUID, alert: UUID | None) -> bool:
        """Keep a contact measurement; a fever of whom there is no alert yet raises one. Says whether it did."""
        thermometers, at = self._config.kiosk.thermometers, self._clock.now().at
        audit = self._screen.audits.drawn(passage)
        body = read_second(form, thermometers, id=key, passage=passage, alert=alert, at=at, audit=audit)
        if self._again(key):
            return False
        raised = await self._report(body)
        if raised is not None:
            body = body.model_copy(update={"alert": raised})
        self._screen.second(body)
        letter = self._uplink.letter(body)
        self._writer.put(Deed("second", lambda connection: records.keep_second(connection, body), letter))
        return raised is not None

    async def _report(self, body: SecondMeasurement) -> UUID | None:
        """Raise the alert that a contact measurement calls for: its threshold has no guard (`science.md` 4.3)."""
        attempts = self._ledger.attempts(body.passage)
        if not attempts:
            try:
                attempts = await anyio.to_thread.run_sync(self._quiet, body.passage)
            except SQLAlchemyError as error:  # the reading itself is kept and sent all the same
                log.warning("second", passage=str(body.passage), trouble=reason(error))
        if not attempts or body.value_c < attempts[-1].verdict.threshold_c:
            return None
        alert = self._ledger.report(body.passage, attempts, body.at)
        if alert is None:
            return None
        self._screen.reported(alert, attempts)

        def keep(connection: Connection) -> None:
            records.keep_alert(connection, alert, None)
            records.keep_taken(connection, alert.id, body.at, body.measured_by)

        self._writer.put(Deed("alert", keep, self._uplink.letter(alert), vital=True))
        return alert.id

    def confirm(self, decision: UUID, alert: UUID, by: str, *, key: UUID, carried_out: bool, remark: str) -> None:
        """Keep that a decision was, or could not be, carried out."""
        name = read_name(by)
        if key in self._acts:
            return
        card = self._screen.cards.get(alert)
        if card is None or card.decision is None or card.decision.id != decision:
            raise FormRefused("kiosk.unknown_decision")
        self._again(key)
        body = Confirmation(
            id=key,
            decision=decision,
            alert=alert,
            at=self._clock.now().at,
            confirmed_by=name,
            carried_out=carried_out,
            remark=remark.strip(),
        )
        self._screen.confirmed(body)
        letter = self._uplink.letter(body)
        self._writer.put(Deed("confirmation", lambda connection: records.keep_confirmation(connection, body), letter))

    def doubted(self, thermometer: str) -> bool:
        """Say whether central doubts a contact thermometer: its orders name it like any instrument."""
        return self._instruments.state_of(thermometer_slug(thermometer)) is not InstrumentState.IN_SERVICE

    async def passage(self, passage: UUID) -> tuple[tuple[MeasurementBody, ...], tuple[SecondMeasurement, ...]]:
        """Return what is known of a passage: from memory while it is young, else from the store."""
        attempts = self._ledger.attempts(passage)
        card = self._screen.cards.of_passage(passage)
        if attempts and card is not None:
            return attempts, tuple(card.seconds)
        return await anyio.to_thread.run_sync(self._read_passage, passage, attempts)

    async def crop(self, alert: UUID) -> bytes | None:
        """Return an alert's stored picture."""
        return await anyio.to_thread.run_sync(self._read_crop, alert)

    def ready(self) -> dict[str, bool]:
        """Return what this gate needs to screen, and whether it is there; central is not among it."""
        links = {f"instrument {name}": said.up for name, said in self._instruments.status().items()}
        lanes = {f"lane {lane.id} screens": lane.screening for lane in self._screen.lanes.values()}
        return {"store": not self._writer.status().trouble, **links, **lanes}

    def metrics(self) -> bytes:
        """Return the figures for Prometheus."""
        return self._metrics.text()

    def _read_passage(
        self, passage: UUID, attempts: tuple[MeasurementBody, ...]
    ) -> tuple[tuple[MeasurementBody, ...], tuple[SecondMeasurement, ...]]:
        with self._store.reading() as connection:
            return attempts or recall.attempts_of(connection, passage), recall.seconds_of(connection, passage)

    def _quiet(self, passage: UUID) -> tuple[MeasurementBody, ...]:
        """Return the stored attempts of a passage, none if it has raised an alert."""
        with self._store.reading() as connection:
            if recall.alert_of(connection, passage) is not None:
                return ()
            return recall.attempts_of(connection, passage)

    def _read_crop(self, alert: UUID) -> bytes | None:
        with self._store.reading() as connection:
            return recall.crop_of(connection, alert)

    def _known_lane(self, lane: str) -> None:
        if lane not in self._screen.lanes:
            raise FormRefused("kiosk.unknown_lane")

    def _again(self, key: UUID) -> bool:
        """Remember an act by its key; say whether it was there already."""
        before = key in self._acts
        self._acts[key] = None
        while len(self._acts) > REMEMBERED:
            self._acts.popitem(last=False)
        return before
