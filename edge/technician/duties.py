"""What is due on every screening instrument, looked at every few seconds; an overdue check holds the lane."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import anyio
import structlog
from sqlalchemy.exc import SQLAlchemyError

from contract.calibration import refusal
from contract.messages import DriftReport
from contract.vocabulary import HealthFlag, InstrumentState, Reason
from edge.config import InstrumentRole
from edge.kiosk.view import CheckDueView
from edge.readiness import MEASURING
from edge.store import reason
from edge.technician import duty
from edge.technician.duty import Duty
from edge.technician.session import Keep, Office
from edge.technician.view import DutyView

LONG_SILENCE_S: Final = 3600.0
"""After so long nobody knows what was done to an instrument."""

WARNED: Final = timedelta(hours=2)
"""So long before it is held the screen says so, even where there is no grace."""
OVERDUE: Final = UUID("6d1c2b52-5f0f-5c5e-8f5e-0d6c1c1f6a10")
"""Names the reports of missed checks: the same one again, as after a restart, has the same id."""

log = structlog.get_logger()


class Duties:
    """The duties of one gate. Used by the event loop."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._names = tuple(one.id for one in office.instruments.having(InstrumentRole.SCREEN))
        self._duties: dict[str, Duty] = {}
        self._last = dict.fromkeys(self._names, office.clock.now())
        """When each was last heard; from the start on for one that has not been."""
        self._held: dict[str, Reason | None] = {}

    def of(self, instrument: str) -> Duty:
        """Return what was last read of an instrument."""
        return self._duties.get(instrument) or Duty(self._office.clock.now().at)

    async def fresh(self, instrument: str) -> Duty:
        """Read an instrument's duty now. Raises SQLAlchemyError."""
        found = await anyio.to_thread.run_sync(self._read, instrument)
        self._duties[instrument] = found
        return found

    async def look(self, *, busy: str | None) -> None:
        """Read all, and hold or let go what is overdue; `busy` is on the bench and held by it."""
        for name in self._names:
            try:
                await self.fresh(name)
            except SQLAlchemyError as error:
                log.warning("bench", instrument=name, trouble=reason(error))
            except Exception:  # what cannot be read of one instrument's duties must not stop the gate
                log.exception("bench", instrument=name)
            hold = self.hold_of(name)
            if name != busy and self._held.get(name) is not hold:
                self._held[name] = hold
                self._office.instruments.hold(name, hold)
                if hold is Reason.CHECK_OVERDUE:
                    await self._tell_overdue(name)

    async def _tell_overdue(self, instrument: str) -> None:
        """Tell central that a check was missed beyond its grace."""
        found, settings, now = self.of(instrument), self._office.config.bench, self._office.clock.now().at
        missed = DriftReport(
            id=uuid5(OVERDUE, f"{self._office.config.gate.id} {instrument} {found.out_at(settings).isoformat()}"),
            instrument=instrument,
            at=now,
            flag=HealthFlag.CHECK_OVERDUE,
            value=round((now - (found.passed_at or found.since)).total_seconds() / 3600, 1),
            limit=settings.check_every_h + settings.check_grace_h,
        )
        try:
            await anyio.to_thread.run_sync(self._office.keep, Keep(lambda _: None, (missed,)))
        except SQLAlchemyError as error:
            log.warning("bench", instrument=instrument, trouble=reason(error))

    def hold_of(self, instrument: str) -> Reason | None:
        """Return why an instrument that is not on the bench decides nothing."""
        late = self._office.clock.now().at >= self.of(instrument).out_at(self._office.config.bench)
        return Reason.CHECK_OVERDUE if late else None

    def soon(self) -> tuple[CheckDueView, ...]:
        """Return the checks without which an instrument that measures will soon stop, and how soon."""
        now, settings = self._office.clock.now().at, self._office.config.bench
        found = []
        for name in self._names:
            due_at, out_at = self.of(name).due_at(settings), self.of(name).out_at(settings)
            measuring = self._office.instruments.state_of(name) in MEASURING
            if measuring and out_at > now >= min(due_at, out_at - WARNED):
                found.append(CheckDueView(name, int((out_at - now).total_seconds() // 60)))
        return tuple(found)

    def views(self, references: Mapping[str, str | None]) -> tuple[DutyView, ...]:
        """Return all for the page."""
        return tuple(self._view(name, references[name]) for name in self._names)

    def _spoke_again_at(self, instrument: str) -> datetime | None:
        """Return when an instrument spoke again, if it had been silent for long."""
        before, last = self._last[instrument], self._office.instruments.readers[instrument].status().last_sample
        if last is None:
            return None
        self._last[instrument] = last
        silent = last.seconds_since(before) >= LONG_SILENCE_S
        return last.at if silent else None

    def _watched_since(self, instrument: str) -> datetime | None:
        ordered = self._office.instruments.ordered(instrument)
        return ordered.at if ordered is not None and ordered.state is InstrumentState.WATCH else None

    def _read(self, instrument: str) -> Duty:
        certificate = self._office.instruments.certificates.get(instrument)
        now = self._office.clock.now().at
        again, watched = self._spoke_again_at(instrument), self._watched_since(instrument)
        return self._office.store.write(
            lambda connection: duty.read(
                connection, instrument, certificate, now, spoke_again_at=again, watched_since=watched
            )
        )

    def _may_decide(self, instrument: str) -> bool:
        instruments, now = self._office.instruments, self._office.clock.now().at
        serial, certificate = instruments.by_id[instrument].serial, instruments.certificates.get(instrument)
        return (
            instruments.state_of(instrument) in MEASURING
            and self.hold_of(instrument) is None
            and refusal(certificate, instrument, serial, now) is None
            and instruments.readers[instrument].status().up
        )

    def _view(self, name: str, reference: str | None) -> DutyView:
        office, found, settings = self._office, self.of(name), self._office.config.bench
        certificate = office.instruments.certificates.get(name)
        now = office.clock.now().at
        last, learned = found.last[-1] if found.last else None, found.baseline
        return DutyView(
            instrument=name,
            serial=office.instruments.by_id[name].serial,
            state=office.instruments.state_of(name),
            reference=reference,
            certificate=None if certificate is None else certificate.id,
            certificate_until=None if certificate is None else certificate.valid_until,
            certificate_doubt=refusal(certificate, name, office.instruments.by_id[name].serial, now),
            turned_away=office.instruments.turned_away.get(name),
            made_by="" if certificate is None else certificate.made_by,
            checked_at=found.passed_at,
            outcome=None if last is None else last.outcome,
            residual_c=None if last is None else round(last.residual_c, 3),
            r0_c=round(learned.r0_c, 3) if learned.learned else None,
            checks=learned.checks,
            due_at=found.due_at(settings),
            cause=found.due(settings)[1],
            out_at=found.out_at(settings),
            missed=now >= found.due_at(settings),
            overdue=now >= found.out_at(settings),
            open_run=None if found.run is None else round(found.run.progress, 3),
            stranger=None if found.stranger is None else found.stranger.why,
            use_instead=tuple(other for other in self._names if other != name and self._may_decide(other)),
        )
