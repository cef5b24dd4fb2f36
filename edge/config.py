"""What a gate is told at start: pydantic settings read from TOML.

`extra="forbid"` everywhere: a typo in a threshold stops the start. Physics and policy have the defaults of
`science.md` 8; each section says its unit in the key.
"""

import hashlib
import math
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.ids import Slug
from contract.vocabulary import GateKind, Scale, Site
from edge.measure.body import DEFAULT, Coefficients, CoefficientsRefused
from edge.measure.body import load as load_coefficients

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ConfigRefused(Exception):
    """The configuration cannot be used; the text names the key and what it may be."""


class Section(BaseModel):
    """Base of the sections: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Gate(Section):
    """Which gate this is."""

    id: Slug
    name_zh: str
    name_en: str
    township: str = ""
    kind: GateKind = GateKind.COMMUNITY
    simulated: bool = False
    """Shown on every screen and carried in every message."""


class InstrumentRole(StrEnum):
    """What an instrument does at the gate."""

    SCREEN = "screen"
    """Measures people."""
    AMBIENT = "ambient"
    REFERENCE = "reference"
    """The blackbody or plate that the camera has in view, where it has a line of its own."""
    LAMP = "lamp"


class ReferenceView(Section):
    """The thermal reference in a camera's view (`science.md` 2.6)."""

    set_c: float = 36.0
    """Temperature of its surface; replaced by the device's own reading where a REFERENCE instrument reports one."""
    emissivity: Annotated[float, Field(gt=0.5, le=1)] = 0.97
    u_c: Annotated[float, Field(gt=0)] = 0.10
    assumed: bool = False
    """Nobody has measured this reference: readings say so and their uncertainty carries `u_c`."""
    region: tuple[int, int, int] | None = None
    """Centre column, centre row and radius in pixels of the UPRIGHT picture; None: find it."""
    source: Slug | None = None
    """Id of the REFERENCE instrument that reports its temperature."""


class Instrument(Section):
    """One device and how it is plugged in."""

    id: Slug
    driver: str
    link: str
    """URL of the link, see `drivers.link`."""
    role: InstrumentRole = InstrumentRole.SCREEN
    serial: str = ""
    baud: int | None = None
    """Line rate, if not the driver's default."""
    rotate_deg: Literal[0, 90, 180, 270] = 0
    """Turn the picture clockwise by this much to make it upright."""
    mirror: bool = False
    """Then mirror it left to right."""
    hfov_deg: float | None = None
    """Horizontal field of view of the UPRIGHT picture, if not the driver's."""
    distance_m: Annotated[float, Field(gt=0, le=10)] = 1.0
    """Where people stand when they are measured."""
    site: Site | None = None
    """Measure this site; None: the best that the resolution allows (`science.md` 3.3)."""
    mark: tuple[int, int, int] | None = None
    """For arrays that look for no face: centre column, centre row and radius in pixels of the forehead at the mark."""
    reference: ReferenceView | None = None
    second_reference: ReferenceView | None = None
    """Another one in the same picture: carries on where the first is hidden, and tells when one of them is wrong."""
    bench_region: tuple[int, int, int] | None = None
    """Where the technician's plate stands on the bench: column, row, radius; None: `reference.region`, or find it."""
    warm_up_s: Annotated[float, Field(ge=0)] = 1800.0
    certificate: Path | None = None
    """Certificate to start with, if central has sent none."""

    @property
    def references(self) -> tuple[ReferenceView, ...]:
        """What stands in its picture."""
        return tuple(view for view in (self.reference, self.second_reference) if view is not None)

    @model_validator(mode="after")
    def _two_are_told_apart(self) -> "Instrument":
        one, other = self.reference, self.second_reference
        if other is None:
            return self
        if one is None:
            raise ValueError(f"{self.id}: second_reference without reference: call the only one reference")
        if one.region is None or other.region is None:
            raise ValueError(f"{self.id}: two references both need a region: the search cannot tell them apart")
        (x, y, radius), (other_x, other_y, other_radius) = one.region, other.region
        if math.hypot(x - other_x, y - other_y) < radius + other_radius:
            raise ValueError(f"{self.id}: the regions of the two references overlap: each needs a plate of its own")
        if one.source is not None and one.source == other.source:
            raise ValueError(f"{self.id}: {one.source!r} cannot be the source of both references")
        return self


class Radiometry(Section):
    """Radiation between skin and sensor (`science.md` 1)."""

    emissivity: Annotated[float, Field(gt=0.9, le=1)] = 0.98
    u_emissivity: float = 0.0058
    reflected_c: float | None = None
    """Radiant temperature of what faces the face; None: the air's."""
    u_reflected_c: float = 2.9
    window_transmittance: Annotated[float, Field(gt=0.3, le=1)] = 1.0
    """Measured at installation with a blackbody at 37 °C, never guessed."""
    window_c: float | None = None
    humidity_pct: float = 50.0
    """Used where no instrument tells it."""


class Surroundings(Section):
    """The air at the gate, for a gate without an ambient instrument."""

    ambient_c: float | None = None
    u_ambient_c: float = 0.5
    outdoor_c: float | None = None
    ok_low_c: float = 18.0
    ok_high_c: float = 30.0
    hard_low_c: float = 10.0
    hard_high_c: float = 35.0


class Rules(Section):
    """Policy in force; stored with each reading (`science.md` 4.2-4.5)."""

    version: str = "cn-37.3/1"
    threshold_c: Annotated[float, Field(ge=36.0, le=39.0)] = 37.3
    threshold_scale: Scale = Scale.ORAL_EQUIVALENT
    author: str = "district headquarters"
    source: str = "national practice: above 37.3 degC is fever"
    p_alarm: Annotated[float, Field(ge=0.5, lt=1)] = 0.70
    p_amber: Annotated[float, Field(ge=0.05, lt=1)] = 0.50
    low_c: float = 35.3
    hot_c: float = 42.0
    baseline_n: Annotated[int, Field(ge=15)] = 60
    baseline_min: Annotated[int, Field(ge=5)] = 15
    baseline_age_h: float = 2.0
    baseline_rate_c_per_h: float = 0.3
    baseline_clamp_c: Annotated[float, Field(ge=0, le=0.6)] = 0.6
    body_mean_c: float = 36.80

    @model_validator(mode="after")
    def _ordered(self) -> "Rules":
        if self.p_amber > self.p_alarm:
            raise ValueError("p_amber must not exceed p_alarm: a person would alarm before the amber light")
        return self


class Mqtt(Section):
    """The broker."""

    url: str = "mqtt://127.0.0.1:1883"
    """`mqtt://host:port` on loopback only; anything else must be `mqtts://`."""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class ContactThermometer(Section):
    """A thermometer for the second measurement."""

    id: Annotated[str, Field(min_length=1, max_length=40)]
    scale: Scale = Scale.AXILLARY
    """The scale that it reads on, and that the form offers first."""
    calibrated_until: AwareDatetime | None = None


class Kiosk(Section):
    """The local screens."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8100
    allow_network: bool = False
    """Let the screens be opened from other machines: whoever reaches the port can then act as gate staff."""
    language: Literal["zh", "en"] = "zh"
    crops: bool = True
    """Keep the face's picture with an alert; no other picture is ever stored."""
    duty_phone: str = ""
    """Whom staff call when a decision does not come, or is one that this gate does not know."""
    staff: tuple[str, ...] = ()
    """Names to choose from with one touch when a shift begins; a name can also be typed."""
    thermometers: tuple[ContactThermometer, ...] = ()
    """Contact thermometers of this gate, to choose from with one touch."""
    audit_share: Annotated[float, Field(ge=0, le=1)] = 0.01
    """So many of all passages, picked by chance, are measured with a contact thermometer too, where there is one."""

    @model_validator(mode="after")
    def _stays_home(self) -> "Kiosk":
        if not self.allow_network and self.host not in LOOPBACK:
            raise ValueError(f"host {self.host} is no loopback address; set allow_network = true to open it to others")
        return self


class Bench(Section):
    """The technician's bench at this gate: checks and calibrations."""

    laboratory: str = ""
    """Who calibrates; printed on certificates."""
    check_every_h: Annotated[float, Field(gt=0)] = 24.0
    check_grace_h: Annotated[float, Field(ge=0)] = 12.0
    """So long after a missed check the instrument goes out of service."""
    valid_d: Annotated[float, Field(ge=1, le=365)] = 182.0
    """How long a new certificate holds (`science.md` 2.5)."""
    pace: Annotated[float, Field(ge=1, le=100)] = 1.0
    """A rehearsal's speed: settling and pauses are so many times shorter. 1 anywhere but at a simulated gate."""


class TrustedKeys(Section):
    """Whose certificates this gate believes."""

    sign_with: Path | None = None
    """Ed25519 private key (PEM) that signs what the bench makes."""
    keys: tuple[Path, ...] = ()
    """Public keys (PEM). With any, a certificate that none of them signed is refused."""


class Store(Section):
    """Where the gate keeps what it must not lose."""

    path: Path = Path("var/gate.sqlite")
    max_outbox_rows: Annotated[int, Field(ge=100)] = 100_000
    """Above this measurements are thinned and counted; alerts never."""
    retention_d: Annotated[float, Field(gt=0, le=400)] = 30.0
    """Older crops are erased and older passages deleted, alerts that still wait excepted (`science.md` 6)."""


class GateConfig(Section):
    """A gate's whole configuration file."""

    gate: Gate
    instruments: Annotated[tuple[Instrument, ...], Field(min_length=1)]
    radiometry: Radiometry = Radiometry()
    surroundings: Surroundings = Surroundings()
    rules: Rules = Rules()
    sites: Coefficients = DEFAULT
    """Site coefficients; in the file the name of a signed rules file beside it (`make fit` writes one).

    Its `p_alarm`, if it has one, is the rules' unless `[rules]` names another.
    """
    mqtt: Mqtt = Mqtt()
    kiosk: Kiosk = Kiosk()
    store: Store = Store()
    bench: Bench = Bench()
    trust: TrustedKeys = TrustedKeys()

    @model_validator(mode="after")
    def _instruments_fit(self) -> "GateConfig":
        ids = [instrument.id for instrument in self.instruments]
        if doubled := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"two instruments share the id {min(doubled)!r}")
        if self.bench.pace > 1 and not self.gate.simulated:
            raise ValueError("bench.pace above 1 is for a simulated gate: real blackbodies need their time")
        if not any(instrument.role is InstrumentRole.SCREEN for instrument in self.instruments):
            raise ValueError('no instrument screens people; give one the role "screen"')
        for instrument in self.instruments:
            for source in (view.source for view in instrument.references):
                if source is not None and source not in ids:
                    raise ValueError(f"{instrument.id}: reference.source {source!r} is no instrument of this gate")
        return self

    def version(self) -> str:
        """Return a short digest of everything that can change a reading; stored with each."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]


def load(path: Path) -> GateConfig:
    """Read a gate's TOML file. Raises ConfigRefused."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        if isinstance(data.get("sites"), str):
            data["sites"] = sites = load_coefficients(path.parent / data["sites"])
            if sites.p_alarm is not None and isinstance(rules := data.setdefault("rules", {}), dict):
                rules.setdefault("p_alarm", sites.p_alarm)
        config = GateConfig.model_validate(data)
    except CoefficientsRefused as refused:
        raise ConfigRefused(f"{path}: sites: {refused}") from refused
    except OSError as error:
        raise ConfigRefused(f"cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigRefused(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigRefused(f"{path}: {'.'.join(map(str, first['loc'])) or 'file'}: {first['msg']}") from error
    return config
