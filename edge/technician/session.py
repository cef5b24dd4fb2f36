"""What a check and a calibration share while they are under way: the plate, the view, the person, the store."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import anyio
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from contract.calibration import Certificate
from contract.clock import Clock
from contract.delivery.outbox import Outbox
from contract.messages import Body, InstrumentStateBody
from contract.vocabulary import InstrumentState
from edge import records
from edge.config import GateConfig, Instrument
from edge.events import Air
from edge.instruments import Instruments
from edge.store import Store, reason
from edge.technician.duty import Duty
from edge.technician.procedure import Look, Procedure
from edge.technician.stand import BenchRefused
from edge.technician.view import ENDED, BenchView, Stage, next_step
from edge.uplink import Uplink

CHECK: Final = "check:"
CALIBRATION: Final = "calibration:"
OURS: Final = (CHECK, CALIBRATION)
"""How the reason of a state begins that the bench has set and that a good calibration here may lift."""
TRUSTED: Final = frozenset({InstrumentState.IN_SERVICE, InstrumentState.WATCH})


@dataclass(frozen=True, slots=True)
class Keep:
    """What is committed at one step, all or nothing."""

    write: Callable[[Connection], None]
    letters: tuple[Body, ...] = ()
    certificate: Certificate | None = None
    state: InstrumentStateBody | None = None


@dataclass(frozen=True, slots=True)
class Office:
    """The parts of the gate that the bench works with."""

    config: GateConfig
    clock: Clock
    instruments: Instruments
    store: Store
    outbox: Outbox
    uplink: Uplink
    ids: Callable[[datetime], UUID]
    air: Callable[[], Air]

    def keep(self, what: Keep) -> None:
        """Commit a step with its messages to central, a new state among them; blocks on the disk.

        Raises SQLAlchemyError.
        """
        told = what.letters if what.state is None else (*what.letters, what.state)
        letters = [self.uplink.letter(body) for body in told]
        at = self.clock.now().at

        def write(connection: Connection) -> None:
            what.write(connection)
            if what.certificate is not None:
                records.keep_certificate(connection, what.certificate, at)
            if what.state is not None:
                records.keep_state(connection, self.ids(at), what.state)
            for letter in letters:
                self.outbox.add(connection, letter)

        self.store.write(write)
        if letters:
            self.uplink.committed()

    def apply(self, what: Keep) -> None:
        """Let the gate obey what has been committed. On the event loop."""
        if what.certificate is not None:
            self.instruments.certify(what.certificate)
        if what.state is not None:
            self.instruments.state(what.state)


class Session:
    """One piece of work on the bench. Used by the event loop."""

    def __init__(
        self, office: Office, instrument: Instrument, duty: Duty, view: BenchView, show: Callable[[BenchView], None]
    ) -> None:
        """`show` is given the view at every change."""
        self.office, self.instrument, self.duty, self.view = office, instrument, duty, view
        self._show = show
        self._answer: float | bool = False
        self._answered = anyio.Event()
        self.procedure: Procedure | None = None

    @property
    def certificate(self) -> Certificate | None:
        """The one in force."""
        return self.office.instruments.certificates.get(self.instrument.id)

    @property
    def state(self) -> InstrumentState:
        """The lifecycle state of the instrument."""
        return self.office.instruments.state_of(self.instrument.id)

    def update(self, **changes: Any) -> None:
        """Change what is shown."""
        self.view = replace(self.view, **changes)
        if self.view.stage in ENDED:
            self.view = replace(self.view, next=next_step(self.view))
        self._show(self.view)

    def look(self, look: Look) -> None:
        """Show how the measurement stands."""
        now_s = self.office.clock.now().mono_ns / 1e9
        plot = () if self.procedure is None else tuple(self.procedure.plot)
        self.update(
            stage=Stage.READING if look.reading else Stage.SETTLING,
            progress=round(look.progress, 3),
            shown_c=round(look.shown_c, 2),
            apparent_c=round(look.apparent_c, 2),
            indicated_c=None if look.indicated_c is None else round(look.indicated_c, 2),
            steady=look.ready,
            body_c=None if look.body_c is None else round(look.body_c, 2),
            plot=tuple((round(at_s - now_s, 1), round(i, 2), round(a, 2)) for at_s, i, a in plot),
        )

    async def ask(self, stage: Stage, **shown: Any) -> float | bool:
        """Wait for a person's answer."""
        self._answered = anyio.Event()
        self.update(stage=stage, progress=0.0, **shown)
        await self._answered.wait()
        self.update(refused="", values={})
        return self._answer

    def answer(self, value: float | bool) -> None:  # noqa: FBT001  # adjust or leave
        """Give a person's answer."""
        self._answer = value
        self._answered.set()

    def taken_out(self, reason: str, *, firm: bool = False) -> InstrumentStateBody:
        """Return the order that takes the instrument out.

        A reason for which somebody had doubted it already stays in front, so that what lifts this order does not lift
        that one; `firm` puts this one in front, because nothing at the gate may lift it.
        """
        before = self.office.instruments.ordered(self.instrument.id)
        if before is not None and before.state not in TRUSTED:
            ours = before.reason.startswith(OURS)
            reason = reason if firm or ours else f"{before.reason}; {reason}"
        return InstrumentStateBody(
            instrument=self.instrument.id,
            state=InstrumentState.OUT,
            reason=reason,
            ordered_by=self.view.by,
            at=self.office.clock.now().at,
        )

    async def keep(self, what: Keep) -> None:
        """Commit a step, then let the gate obey it. Raises BenchRefused if the disk does not take it."""
        try:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self.office.keep, what)
        except SQLAlchemyError as error:
            raise BenchRefused("technician.refused.store", said=reason(error)) from error
        self.office.apply(what)
