"""Every variable, by section.

docs/configuration.md is generated from this page: a docstring heads a section, a description and an example explain a
variable.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Annotated, Literal
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
    field_validator,
)

from app.clients.address import canonical
from app.clients.client import LONGEST_FETCH_BUDGET

CARDS = Path(__file__).resolve().parent.parent / "cards"
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

    @field_validator("public_url")
    @classmethod
    def _is_plain(cls, value: HttpUrl | None) -> HttpUrl | None:
        if value is not None:
            canonical(str(value))
        return value


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

    @field_validator("operator_token")
    @classmethod
    def _fits_in_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else ""
        if not (text.isascii() and text.isprintable() and text == text.strip()):
            raise ValueError("letters, digits and signs of ASCII were expected, with no space at either end")
        return _long_enough(value, 16)


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

    @field_validator("audit_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        return _long_enough(value, 32)


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


def _is_address(url: str) -> bool:
    """Whether it names a server, and a port that there can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _long_enough(value: SecretStr | None, least: int) -> SecretStr | None:
    if value is not None and len(value.get_secret_value()) < least:
        raise ValueError(f"at least {least} characters were expected")
    return value
