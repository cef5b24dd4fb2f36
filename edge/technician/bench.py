"""The technician's bench of one gate: one piece of work at a time, in the process that owns the devices.

While it works on an instrument that lane decides nothing (`being_checked`): its plate may stand at 42 °C. Afterwards
the blackbody is sent back to where the lane wants it, whatever happened. An instrument whose check is overdue is held
too, until one has passed. Everything is committed step by step, so a killed process leaves an open run or check that
the next one goes on with; a work that ends badly says why in one sentence.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import anyio
import structlog
from anyio import TASK_STATUS_IGNORED
from anyio.abc import TaskStatus
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.exc import SQLAlchemyError

from contract.calibration import Certificate, Conditions
from contract.vocabulary import Reason
from drivers.link import LinkLost
from edge.config import Instrument, InstrumentRole, ReferenceView
from edge.kiosk.second import FormRefused, read_name
from edge.technician import calibrating, checking, sweeping
from edge.technician.calibrating import Order
from edge.technician.duties import Duties
from edge.technician.forms import AbandonForm, CalibrationForm, CheckForm, Form, LinearityForm, plate_temperature
from edge.technician.issue import Letterhead
from edge.technician.procedure import Procedure
from edge.technician.profile import PROFILES
from edge.technician.run import Reference
from edge.technician.session import Office, Session
from edge.technician.stand import BenchRefused, Driven, Stand, Typed
from edge.technician.target import Target
from edge.technician.view import ENDED, BenchView, DutyView, Stage, Work

LOOK_EVERY_S: Final = 5.0
PLATE_U_C: Final = 0.187
"""Standard uncertainty of an ordinary plate that somebody reads and types (`science.md` 2.2)."""
SPOT_RESOLUTION_C: Final = 0.1
FRAME_RESOLUTION_C: Final = 0.05

log = structlog.get_logger()


class Bench:
    """The bench. Used by the event loop."""

    def __init__(self, office: Office, *, show: Callable[[BenchView], None], key: Ed25519PrivateKey | None) -> None:
        """`show` is given the view at every change; `key` signs certificates."""
        self._office, self._show, self._key = office, show, key
        self.duties = Duties(office)
        self.view: BenchView | None = None
        self._session: Session | None = None
        self._scope: anyio.CancelScope | None = None
        self._begin = anyio.Event()
        self._number = 0
        self._job: tuple[Session, Form] | None = None

    # ---- what the technician does

    def check(self, instrument: str, form: CheckForm) -> None:
        """Begin a check. Raises FormRefused."""
        by, one = read_name(form.by), self._free(instrument)
        if form.plate_c is not None:
            form = replace(form, plate_c=plate_temperature(form.plate_c))
        self._start(one, Work.CHECK, by, form)

    def calibrate(self, instrument: str, form: CalibrationForm) -> None:
        """Begin a calibration, or go on with the one that was broken off. Raises FormRefused."""
        by, one = read_name(form.by), self._free(instrument)
        if form.profile not in PROFILES:
            raise BenchRefused("technician.refused.profile", known=", ".join(PROFILES))
        u_c = form.reference_u_c
        if u_c is not None and not 0 < u_c <= 1:
            raise BenchRefused("technician.refused.uncertainty", typed=f"{u_c:g}")
        if form.resolution_c is not None and not 0 < form.resolution_c <= 1:
            raise BenchRefused("technician.refused.uncertainty", typed=f"{form.resolution_c:g}")
        self._start(one, Work.CALIBRATION, by, form)

    def linearity(self, instrument: str, form: LinearityForm) -> None:
        """Begin a linearity sweep, or go on with one that was just broken off. Raises FormRefused."""
        by, one = read_name(form.by), self._free(instrument)
        self._start(one, Work.LINEARITY, by, form)

    def abandon(self, instrument: str, form: AbandonForm) -> None:
        """Give an unfinished calibration up: it stays on record and makes no certificate. Raises FormRefused."""
        by, one = read_name(form.by), self._free(instrument)
        duty = self.duties.of(instrument)
        if duty.run is None and duty.stranger is None:
            raise BenchRefused("technician.refused.no_run", instrument=instrument)
        self._start(one, Work.CALIBRATION, by, form)

    def plate(self, shown_c: float) -> None:
        """Say what the plate shows. Raises FormRefused."""
        session = self._asked(Stage.PLATE)
        shown_c = plate_temperature(shown_c)
        wanted_c = session.view.wanted_c
        if wanted_c is not None and abs(shown_c - wanted_c) > 1.0:
            raise BenchRefused("technician.refused.not_the_plan", typed=f"{shown_c:g}", wanted=f"{wanted_c:.1f}")
        session.answer(shown_c)

    def adjust(self, *, changed: bool) -> None:
        """Apply what the points as found ask for, or leave it as it was. Raises FormRefused."""
        session = self._asked(Stage.ADJUST)
        if changed and session.view.fit is not None and not session.view.fit.fits:
            raise BenchRefused("technician.refused.no_line", p=f"{session.view.fit.p_lack_of_fit:.4f}")
        session.answer(changed)

    def stop(self) -> None:
        """Break off; what is measured stays and can be gone on with."""
        if self._scope is not None:
            self._scope.cancel()

    # ---- the work

    async def serve(self, *, task_status: TaskStatus[None] = TASK_STATUS_IGNORED) -> None:
        """Do what is begun, and look after what is due, until cancelled; started when it is known what is due."""
        await self.duties.look(busy=None)
        task_status.started()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._watch)
            while True:
                await self._begin.wait()
                self._begin = anyio.Event()
                job, self._job = self._job, None
                if job is not None:
                    await self._do(*job)

    async def _watch(self) -> None:
        while True:
            await anyio.sleep(LOOK_EVERY_S)
            await self.duties.look(busy=self._busy_with)

    @property
    def _busy_with(self) -> str | None:
        return None if self._session is None else self._session.instrument.id

    def _start(self, instrument: Instrument, work: Work, by: str, form: Form) -> None:
        self._number += 1
        duty = self.duties.of(instrument.id)
        view = BenchView(self._number, work, instrument.id, by, Stage.SETTLING)
        self._session = Session(self._office, instrument, duty, view, self._shown)
        self._shown(view)
        self._office.instruments.hold(instrument.id, Reason.BEING_CHECKED)
        self._job = (self._session, form)
        self._begin.set()

    async def _do(self, session: Session, form: Form) -> None:
        """Do one piece of work; whatever happens, the lane is let go and the blackbody sent home."""
        name, instruments = session.instrument.id, self._office.instruments
        target = Target(
            session.instrument,
            instruments.specs[name],
            self._office.config.radiometry,
            displayed=isinstance(form, LinearityForm),
        )
        instruments.taps[name] = target.offer
        ended = False
        try:
            with anyio.CancelScope() as self._scope:
                ended = await self._guarded(session, form, target)
            if not ended:
                session.update(stage=Stage.REPEAT, refused=session.view.refused or "technician.refused.stopped")
        finally:
            self._scope = None
            instruments.taps.pop(name, None)
            self._send_home(session.instrument)
            try:
                with anyio.CancelScope(shield=True):
                    await self.duties.look(busy=None)
                    instruments.hold(name, self.duties.hold_of(name))
            finally:
                self._session = None
                self._shown(session.view)
        log.info("bench", work=session.view.work, instrument=name, stage=session.view.stage, by=session.view.by)

    async def _guarded(self, session: Session, form: Form, target: Target) -> bool:
        try:
            # a lane that has just been held finishes the sample under way; the open run is read fresh from the store
            session.duty = await self.duties.fresh(session.instrument.id)
            await self._measure(session, form, target)
        except FormRefused as refused:
            session.update(stage=Stage.REPEAT, refused=refused.key, values=_said(refused))
        except SQLAlchemyError as error:
            session.update(stage=Stage.REPEAT, refused="technician.refused.store", values={"said": str(error)[:200]})
        except Exception as error:  # a fault on the bench must not take the screening down with it
            log.exception("bench", instrument=session.instrument.id)
            session.update(stage=Stage.REPEAT, refused="technician.refused.fault", values={"said": repr(error)[:200]})
        return True

    async def _measure(self, session: Session, form: Form, target: Target) -> None:
        if isinstance(form, AbandonForm):
            await calibrating.abandon(session)
            return
        view = session.instrument.reference or ReferenceView()
        known_c = form.plate_c if isinstance(form, CheckForm) else None
        stand = self._stand(session, view, known_c)
        bench = self._office.config.bench
        session.procedure = Procedure(
            target, stand, self._office.clock, air=self._office.air, pace=bench.pace, tell=session.look
        )
        driven = isinstance(stand, Driven)
        if isinstance(form, CheckForm):
            surface_c = view.set_c if known_c is None else known_c
            outcome = await checking.make(session, surface_c, view.u_c if driven else PLATE_U_C)
            session.update(state=self._office.instruments.state_of(session.instrument.id))
            log.info("check", instrument=session.instrument.id, outcome=outcome)
            return
        if isinstance(form, LinearityForm):
            slope = await sweeping.make(session, target, view.emissivity, self._resolution_c(session.instrument))
            log.info("linearity", instrument=session.instrument.id, outcome=slope, slope=session.view.slope)
            return
        await calibrating.make(session, target, self._order(session, form, view, driven=driven))

    def _order(self, session: Session, form: CalibrationForm, view: ReferenceView, *, driven: bool) -> Order:
        config, instruments = self._office.config, self._office.instruments
        one = session.instrument
        source = self.reference_of(one)
        spec = instruments.specs[one.id]
        title = instruments.specs[source].title if source is not None and driven else "plate"
        serial = instruments.by_id[source].serial if source is not None and driven else ""
        u_c = form.reference_u_c or (view.u_c if driven else PLATE_U_C)
        air = self._office.air()
        gate = config.gate
        return Order(
            profile=form.profile,
            reference=Reference(name=title, serial=serial, certificate=form.reference_certificate, u_c=u_c),
            conditions=Conditions(
                ambient_c=23.0 if air.ambient_c is None else round(air.ambient_c, 1),
                humidity_pct=round(air.humidity_pct),
                reflected_c=config.radiometry.reflected_c,
                distance_m=one.distance_m,
            ),
            resolution_c=form.resolution_c or self._resolution_c(one),
            checked_by=" ".join(form.checked_by.split())[:40] or None,
            head=Letterhead(
                laboratory=config.bench.laboratory,
                place=f"{gate.name_zh} {gate.name_en}",
                model=spec.title,
                simulated=gate.simulated,
                valid_d=config.bench.valid_d,
                pace=config.bench.pace,
                key=self._key,
            ),
            emissivity=view.emissivity,
        )

    def _resolution_c(self, instrument: Instrument) -> float:
        spec = self._office.instruments.specs[instrument.id]
        return SPOT_RESOLUTION_C if spec.shape is None else FRAME_RESOLUTION_C

    # ---- the reference

    def reference_of(self, instrument: Instrument) -> str | None:
        """Return the id of the blackbody that can be driven for an instrument, None if a person sets the plate."""
        instruments = self._office.instruments
        source = instrument.reference.source if instrument.reference else None
        known = [one.id for one in instruments.having(InstrumentRole.REFERENCE)]
        named = [source] if source is not None else known if len(known) == 1 else []
        return next((name for name in named if instruments.specs[name].drives is not None), None)

    def _stand(self, session: Session, view: ReferenceView, known_c: float | None) -> Stand:
        instruments = self._office.instruments
        source = self.reference_of(session.instrument)
        drives = None if source is None else instruments.specs[source].drives
        if source is None or drives is None or known_c is not None:

            async def ask(wanted_c: float) -> float:
                return float(await session.ask(Stage.PLATE, wanted_c=wanted_c))

            return Typed(view.emissivity, ask, known_c)
        return Driven(
            view.emissivity,
            self._office.clock,
            send=instruments.readers[source].send,
            drives=drives,
            read=lambda: instruments.references.get(source),
        )

    def _send_home(self, instrument: Instrument) -> None:
        """Let the blackbody in view go back to the temperature at which the lane wants it."""
        source = self.reference_of(instrument)
        drives = None if source is None else self._office.instruments.specs[source].drives
        if source is None or drives is None or instrument.reference is None:
            return
        try:
            for command in drives(instrument.reference.set_c):
                self._office.instruments.readers[source].send(command)
        except LinkLost as lost:
            log.warning("bench", reference=source, why=str(lost))

    # ---- what is shown

    def duty_views(self) -> tuple[DutyView, ...]:
        """Return what is due on each screening instrument."""
        return self.duties.views({one.id: self.reference_of(one) for one in self._screening()})

    def certificates(self) -> tuple[Certificate, ...]:
        """Return those in force."""
        return tuple(one for one in self._office.instruments.certificates.values() if one is not None)

    def _screening(self) -> tuple[Instrument, ...]:
        return self._office.instruments.having(InstrumentRole.SCREEN)

    def _shown(self, view: BenchView) -> None:
        """Show how the work stands; that it has ended only when what is due has been read anew."""
        if self._session is not None and view.stage in ENDED:
            return
        self.view = view
        self._show(view)

    def _free(self, instrument: str) -> Instrument:
        if self._session is not None:
            raise BenchRefused("technician.refused.busy", instrument=self._session.instrument.id)
        for one in self._screening():
            if one.id == instrument:
                return one
        raise BenchRefused(
            "technician.refused.unknown", typed=instrument, known=", ".join(one.id for one in self._screening())
        )

    def _asked(self, stage: Stage) -> Session:
        if self._session is None or self._session.view.stage is not stage:
            raise BenchRefused("technician.refused.not_asked")
        return self._session


def _said(refused: FormRefused) -> dict[str, str]:
    return {name: str(value) for name, value in refused.values.items()}
