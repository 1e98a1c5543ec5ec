"""Everything that can be set, by environment variables named LEGWORK_…

docs/configuration.md is generated from the sections below: a docstring heads a section, a description and an example
explain a setting.
"""

from __future__ import annotations

import os
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    DirectoryPath,
    Field,
    FilePath,
    HttpUrl,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.clients.address import canonical, is_loopback
from app.clients.client import LONGEST_FETCH_BUDGET
from app.environment import (
    PREFIX,
    Problems,
    SettingsError,
    explain,
    secrets_from_files,
    unknown_variables,
    variable,
)

CARDS = Path(__file__).resolve().parent.parent / "cards"
LEAST_CHARACTERS = {"operator_token": 16, "audit_key": 32}
_LONGEST_RETENTION = 36_500  # a hundred years; some thousands end before the calendar begins


class Listening(BaseModel):
    """Where it listens"""

    mode: Literal["production", "development"] = Field(
        default="production",
        description="`development` answers without authentication, and only on and to this machine",
        examples=["development"],
    )
    host: str = Field(
        default="127.0.0.1",
        description="address to listen on; in development one of this machine",
        examples=["0.0.0.0"],  # noqa: S104 (an example)
    )
    port: int = Field(
        default=8000, ge=0, le=65535, description="port to listen on; 0 takes a free one", examples=[8080]
    )
    public_url: HttpUrl | None = Field(
        default=None,
        description="the URL under which clients and clinicians reach the service, as they write it: "
        "`aud` of a token is compared with it, and cards link to it. Needed in production, and https there, unless "
        "LEGWORK_ALLOW_UNAUTHENTICATED is true; where it is not needed, host and port stand in",
        examples=["https://legwork.hospital.example"],
    )
    workers: int = Field(default=1, ge=1, le=64, description="number of processes that answer", examples=[4])
    drain_delay: float = Field(
        default=0,
        ge=0,
        le=300,
        description="seconds after SIGTERM in which /readyz says no and calls are still taken",
        examples=[5],
    )
    shutdown_timeout: float = Field(
        default=20,
        gt=0,
        le=600,
        description="seconds that calls in flight and records have to finish, after the drain delay",
        examples=[10],
    )


class Limits(BaseModel):
    """How much it takes"""

    max_body_bytes: int = Field(
        default=10_000_000, ge=10_000, description="bytes of a body; more is refused with 413", examples=[20_000_000]
    )
    header_timeout: float = Field(
        default=10, gt=0, le=300, description="seconds in which the headers of a call must have come", examples=[5]
    )
    body_timeout: float = Field(
        default=10, gt=0, le=300, description="seconds in which the body of a call must have come", examples=[20]
    )
    max_concurrent_calls: int = Field(
        default=100,
        ge=1,
        description="calls that one process works on at a time; more are refused with 503",
        examples=[200],
    )


class Callers(BaseModel):
    """Who may call"""

    clients_file: FilePath | None = Field(
        default=None,
        description="the registered clients (see below); needed in production",
        examples=["/etc/legwork/clients.yaml"],
    )
    allow_unauthenticated: bool = Field(
        default=False,
        description="`true` answers calls without a token in production, for a demonstration without real patients",
        examples=["true"],
    )
    clock_skew: float = Field(
        default=10,
        ge=0,
        le=300,
        description="seconds by which the clock of a client may differ from ours",
        examples=[30],
    )
    operator_token: SecretStr | None = Field(
        default=None,
        description="the token that /metrics, /feedback/summary, /feedback/export, /operator/switches, "
        "/operator/reload and /operator/audit ask for; without it they are closed in production and open in "
        "development. At least 16 characters",
        examples=["(openssl rand -hex 32)"],
    )


class Outbound(BaseModel):
    """Calling FHIR and key servers"""

    fetch_budget: float = Field(
        default=1.5,
        gt=0,
        le=LONGEST_FETCH_BUDGET,
        description="seconds for all that is fetched in one call; a client can be given its own",
        examples=[0.8],
    )
    ca_bundle: FilePath | None = Field(
        default=None,
        description="certificates (PEM) to trust in place of the usual ones",
        examples=["/etc/legwork/ca.pem"],
    )
    proxy: SecretStr | None = Field(
        default=None,
        description="proxy for calls to other servers (a secret, since it may hold a password); "
        "HTTP_PROXY and its like are not heeded",
        examples=["http://proxy.hospital.example:3128"],
    )


class Storage(BaseModel):
    """What it keeps"""

    database_url: SecretStr | None = Field(
        default=None,
        description="the database; without it, SQLite in the data folder",
        examples=["postgresql://legwork:password@db.hospital.example/legwork"],
    )
    data_dir: Path = Field(
        default=Path("data"), description="folder for SQLite, spool and audit files", examples=["/var/lib/legwork"]
    )
    audit_key: SecretStr | None = Field(
        default=None,
        description="key under which patients and users appear in the audit, as HMAC; without it they do not. "
        "At least 32 characters",
        examples=["(openssl rand -hex 32)"],
    )
    audit_retention_days: int = Field(
        default=2190,
        ge=1,
        le=_LONGEST_RETENTION,
        description="days after which audit files may go (six years)",
        examples=[3650],
    )
    feedback_comments: bool = Field(
        default=False,
        description="`true` stores what users write in feedback, which may name people",
        examples=["true"],
    )
    feedback_retention_days: int = Field(
        default=730,
        ge=1,
        le=_LONGEST_RETENTION,
        description="days after which feedback and issued cards go",
        examples=[365],
    )


class Knowledge(BaseModel):
    """What it knows"""

    cards_dir: DirectoryPath = Field(
        default=CARDS, description="folder of the clinical knowledge", examples=["/etc/legwork/cards"]
    )
    time_zone: ZoneInfo = Field(
        default=ZoneInfo("UTC"),
        description="the hospital's time zone: `today` and `yesterday` are its days",
        examples=["Europe/Berlin"],
    )


class Observing(BaseModel):
    """What it tells"""

    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)] = Field(
        default="info", description="least level that is logged", examples=["warning"]
    )
    otlp_endpoint: HttpUrl | None = Field(
        default=None,
        description="OpenTelemetry collector that traces go to (OTLP over HTTP); without it there are none. "
        "OpenTelemetry's own OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS set how many, and with which headers",
        examples=["http://collector.hospital.example:4318"],
    )


class Settings(Listening, Limits, Callers, Outbound, Storage, Knowledge, Observing, BaseSettings):
    """All settings, from the environment and from what is given; raises SettingsError with every problem found."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    @field_validator("operator_token", "audit_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        least = LEAST_CHARACTERS[str(info.field_name)]
        if value is not None and len(value.get_secret_value()) < least:
            raise ValueError(f"at least {least} characters were expected")
        return value

    @field_validator("operator_token")
    @classmethod
    def _fits_in_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else ""
        if not (text.isascii() and text.isprintable() and text == text.strip()):
            raise ValueError("letters, digits and signs of ASCII were expected, with no space at either end")
        return value

    @field_validator("proxy")
    @classmethod
    def _is_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_address(value.get_secret_value()):
            raise ValueError("an http or https URL was expected")
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        try:
            ssl.create_default_context(cafile=value)
        except OSError as error:
            raise ValueError("a file of certificates (PEM) that can be read was expected") from error
        return value

    @field_validator("public_url")
    @classmethod
    def _is_plain(cls, value: HttpUrl | None) -> HttpUrl | None:
        if value is not None:
            canonical(str(value))
        return value

    def __init__(self, **values: Any) -> None:
        fields = type(self).model_fields
        secrets, problems = secrets_from_files(os.environ, fields)
        problems |= unknown_variables(os.environ, fields)
        try:
            super().__init__(**(secrets | values))
        except ValidationError as error:
            # The first word on a variable is the better one: `LEGWORK_PORT` by Kubernetes is no wrong number.
            problems = dict(explain(detail, fields) for detail in error.errors()) | problems
        if problems:
            # Outside of the except clause: pydantic's error would be chained, and it holds the values.
            raise SettingsError(problems)

    @property
    def base_url(self) -> str:
        """Where clients and clinicians reach this service, without a slash at the end."""
        return str(self.public_url or self.listening_url).rstrip("/")

    @property
    def listening_url(self) -> str:
        """Where it listens, whatever clients call it by."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def database_address(self) -> str | None:
        """The database, with its password; None for SQLite in the data folder."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def feedback_retention(self) -> timedelta:
        """How long feedback and issued cards are kept."""
        return timedelta(days=self.feedback_retention_days)

    @property
    def is_development(self) -> bool:
        """Whether it answers without authentication, and only on and to this machine."""
        return self.mode == "development"

    @property
    def requires_authentication(self) -> bool:
        """Whether a call without a valid token is refused."""
        return not self.is_development and not self.allow_unauthenticated

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should be told loudly at start."""
        if self.is_development or not self.allow_unauthenticated:
            return ()
        name = variable("allow_unauthenticated")
        return (f"{name} is true: anyone who reaches this service is answered without a token",)

    def require_servable(self) -> None:
        """Raise SettingsError unless these settings are safe to serve calls with. Files are not opened here."""
        problems = self._development_problems() if self.is_development else self._production_problems()
        if problems:
            raise SettingsError(problems)

    def _development_problems(self) -> Problems:
        if is_loopback(self.host):
            return {}
        return {variable("host"): f"a loopback address such as 127.0.0.1 was expected in development, not {self.host}"}

    def _production_problems(self) -> Problems:
        problems: Problems = {}
        if self.allow_unauthenticated:
            return problems
        if self.clients_file is None:
            problems[variable("clients_file")] = (
                "a file with the registered clients was expected. To answer anyone, on any address, set "
                f"{variable('allow_unauthenticated')}=true; to try the service on this machine, "
                f"{variable('mode')}=development"
            )
        if problem := self._public_url_problem():
            problems[variable("public_url")] = problem
        return problems

    def _public_url_problem(self) -> str | None:
        expected = "the https URL that clients call was expected: their tokens are compared with it"
        if self.public_url is None:
            return expected
        is_safe = self.public_url.scheme == "https" or is_loopback(self.public_url.host or "")
        return None if is_safe else expected


def _is_address(url: str) -> bool:
    """Whether it names a server, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
