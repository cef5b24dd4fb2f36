"""What central is told at start: pydantic settings from TOML, over them the environment, over all the command line.

`extra="forbid"` everywhere: a typo in a time limit stops the start. Secrets (a database password) need not stand in
the file: `GUANKOU_CENTRAL__DATABASE__URL=…` in the environment sets `database.url`.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from contract.delivery.bus import is_loopback
from contract.ids import Slug

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


class ConfigRefused(Exception):
    """The configuration cannot be used; the text names the key and what it may be."""


class Section(BaseModel):
    """Base of the sections: frozen, and a key that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Web(Section):
    """The duty board."""

    host: str = "127.0.0.1"
    port: Port = 8090
    certificate: Path | None = None
    """PEM chain; with `key` it turns HTTPS on, without which only loopback is served."""
    key: Path | None = None
    names: tuple[str, ...] = ()
    """Host names under which browsers reach it, beside `host` and the loopback's; others are turned away."""
    language: Literal["zh", "en"] = "zh"
    """Of pages nobody chose a language for, and of what is sent to the gates' staff."""

    @model_validator(mode="after")
    def _not_open_without_tls(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: give both or neither")
        if self.certificate is None and not is_loopback(self.host):
            raise ValueError(
                f"{self.host} can be reached by others: give web.certificate and web.key, or listen on 127.0.0.1"
            )
        return self


class Mqtt(Section):
    """The broker: a child process of central by default, any MQTT 3.1.1 broker by URL."""

    host: str = "127.0.0.1"
    """Where the embedded broker listens for gates."""
    port: Port = 1883
    url: str = ""
    """Of a broker that runs elsewhere, `mqtts://host:port`; empty: run the embedded one."""
    server: Path | None = None
    """Another nats-server program than the one that came with Guankou, 2.14.3 or newer."""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    gates: tuple[Slug, ...] = ()
    """With TLS at the embedded broker: those that may connect beside the accepted ones, each to its own topics only.
    Empty: every certificate of the authority, so that a new station can ask to be accepted."""


class Database(Section):
    """Where everything is kept."""

    url: str = ""
    """`postgresql+psycopg://…`; empty: SQLite in the folder given by --var."""


class District(Section):
    """Whose duty room this is."""

    name_zh: str = "本区"
    name_en: str = "This district"
    operator_zh: str = "值班室"
    operator_en: str = "Duty room"


class Clinic(Section):
    """A fever clinic to which people are referred."""

    name_zh: str
    name_en: str
    phone: str
    townships: tuple[str, ...] = ()
    """The townships it serves, as the gates spell them; empty: any."""


class AlertPolicy(Section):
    """How long an alert may wait in each state (`delivery.md` 3.3)."""

    escalate_after_s: tuple[Seconds, ...] = (60.0, 180.0, 600.0)
    """Since it was raised: at each of these somebody further up is told, then again at the last one's interval."""
    remind_after_s: Seconds = 120.0
    """Since it was acknowledged: the board reminds the officer."""
    lapse_after_s: Seconds = 300.0
    """Since it was acknowledged: the acknowledgement lapses and the alert sounds again."""
    confirm_within_s: Seconds = 180.0
    """Since it was decided: the board says that the gate has not confirmed, again at each further interval."""
    late_after_s: Seconds = 600.0
    """An alert that took longer from the gate to here is history: it waits for a decision but never sounds."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if list(self.escalate_after_s) != sorted(set(self.escalate_after_s)):
            raise ValueError("escalate_after_s must grow from step to step")
        if self.remind_after_s >= self.lapse_after_s:
            raise ValueError("remind_after_s must be shorter than lapse_after_s, or the reminder never comes")
        return self


class Access(Section):
    """Sessions and guessing."""

    idle_min: Annotated[float, Field(gt=0, le=120)] = 30.0
    absolute_h: Annotated[float, Field(gt=0, le=24)] = 12.0
    """A shift."""
    failures: Annotated[int, Field(ge=3, le=20)] = 5
    """Wrong passwords for one account from one address before it must wait; four times as many for an address."""
    wait_min: Annotated[float, Field(gt=0)] = 5.0


class Retention(Section):
    """How long personal data and bulk are kept."""

    pictures_h: Annotated[float, Field(gt=0)] = 72.0
    """A face's picture, since it was received."""
    measurements_d: Annotated[float, Field(ge=7)] = 30.0
    """Passages without an alert: at least twice the longest gap between good checks (`science.md` 6)."""
    receipts_d: Annotated[float, Field(ge=7)] = 60.0
    """Ids of messages, by which a repeated one is known."""


class Notify(Section):
    """Whom to tell when nobody reacts at the board."""

    webhook: str = ""
    """A URL that takes a JSON POST; empty: the log only."""

    @field_validator("webhook")
    @classmethod
    def _http(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("webhook must start with https:// or http://")
        return value


class Calibration(Section):
    """Who may vouch for an instrument."""

    trust: tuple[Path, ...] = ()
    """PEM files of the experts' public keys (Ed25519); empty: a certificate need not be signed."""


class Settings(BaseSettings):
    """Central's whole configuration."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="GUANKOU_CENTRAL__", env_nested_delimiter="__"
    )

    web: Web = Web()
    mqtt: Mqtt = Mqtt()
    database: Database = Database()
    district: District = District()
    clinics: tuple[Clinic, ...] = ()
    alerts: AlertPolicy = AlertPolicy()
    access: Access = Access()
    retention: Retention = Retention()
    notify: Notify = Notify()
    calibration: Calibration = Calibration()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  # the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file; `load` merges the command line into the file's content."""
        return env_settings, init_settings


def load(path: Path | None, overrides: dict[str, dict[str, Any]] | None = None) -> Settings:
    """Read central's TOML file and lay the command line's values over it. Raises ConfigRefused."""
    name = path or "the command line"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8")) if path else {}
        for section, values in (overrides or {}).items():
            data[section] = {**data.get(section, {}), **values}
        return Settings(**data)
    except OSError as error:
        raise ConfigRefused(f"cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigRefused(f"{path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise ConfigRefused(f"{name}: {where}: {first['msg'].removeprefix('Value error, ')}") from error
