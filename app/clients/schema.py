"""The clients file as it is written: strict, so that a slip of the pen is a refusal and not an open door."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from app.chart.version import parse_version
from app.clients.address import canonical, host_of, is_loopback, origin_of
from app.clients.client import LONGEST_FETCH_BUDGET
from app.clients.keys import ALGORITHMS, DEFAULT_ALGORITHMS
from app.knowledge.base import Model, nearest

_HOUR = 3600
_DAY = 24 * _HOUR


def _is_url(text: str) -> str:
    origin_of(text)
    return text


def _is_base_url(text: str) -> str:
    canonical(text)
    return text


def _is_origin(text: str) -> str:
    if text != origin_of(text):
        raise ValueError("an origin such as https://ehr.example.org was expected, without path and slash")
    if not text.startswith("https://") and not is_loopback(host_of(text)):
        raise ValueError("https was expected: any page on the way could call in the name of this one")
    return text


def _is_algorithm(text: str) -> str:
    if text not in ALGORITHMS:
        allowed = ", ".join(ALGORITHMS)
        raise ValueError(f"an asymmetric signature algorithm was expected{nearest(text, ALGORITHMS)}: {allowed}")
    return text


def _is_version(text: str) -> str:
    parse_version(text)
    return text


def _is_not_empty(several: tuple[str, ...]) -> tuple[str, ...]:
    if not several:
        raise ValueError("at least one algorithm was expected")
    return several


def _with_url(value: Any) -> Any:
    """A URL alone is short for a mapping with nothing else."""
    return {"url": value} if isinstance(value, str) else value


Identifier = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,255}$")]
Url = Annotated[str, AfterValidator(_is_url)]
BaseUrl = Annotated[str, AfterValidator(_is_base_url)]
Version = Annotated[str, AfterValidator(_is_version)]
Origin = Annotated[str, AfterValidator(_is_origin)]
Algorithm = Annotated[str, AfterValidator(_is_algorithm)]


class Server(Model):
    """A server that this service may call."""

    url: Url = Field(description="its URL; https, unless it is private or on this machine")
    private: bool = Field(
        default=False, description="whether its address may be one of a private network, and http will do"
    )

    @model_validator(mode="after")
    def _is_encrypted(self) -> Server:
        if not self.url.startswith("https://") and not self.private and not is_loopback(host_of(self.url)):
            raise ValueError("https was expected: only a server marked `private: true` may be called over http")
        return self


class RegisteredFhirServer(Server):
    """A FHIR server; a URL alone stands for a server with nothing else to say."""

    url: BaseUrl = Field(description="its base URL; https, unless it is private or on this machine")
    version: Version | None = Field(
        default=None, description="its FHIR version, as R4 or 4.0.1; without it, the server is asked"
    )


class RegisteredClient(Model):
    """One EHR, or one tenant of it."""

    iss: Identifier = Field(
        description="the issuer of its tokens, as the EHR writes it", examples=["https://ehr.hospital.example"]
    )
    jku: Annotated[Server, BeforeValidator(_with_url)] | None = Field(
        default=None,
        description="URL of its public keys, or a mapping of `url` and `private`; this one or `jwks`. A token that "
        "names another `jku` is refused, and that URL is not called",
        examples=["https://ehr.hospital.example/jwks.json"],
    )
    jwks: dict[str, Any] | str | None = Field(
        default=None,
        description="its public keys themselves (a JWK Set), or the path of a file that holds them",
        examples=["keys/ehr.json"],
    )
    audiences: tuple[Identifier, ...] = Field(
        default=(),
        description="values of `aud` that are accepted beside the URL that is called",
        examples=[["https://legwork.hospital.example"]],
    )
    tenant: str | None = Field(
        default=None, min_length=1, description="`tenant` that its tokens must carry", examples=["hospital-1"]
    )
    fhir_servers: tuple[Annotated[RegisteredFhirServer, BeforeValidator(_with_url)], ...] = Field(
        default=(),
        description="FHIR servers that may be called for it: URLs, or mappings of `url`, `version` (as R4 or 4.0.1; "
        "otherwise the server is asked) and `private` (its address may be a private one, and http will do)",
        examples=[["https://fhir.hospital.example/r4"]],
    )
    # Not `min_length`: it would complain of emptiness when each one was refused.
    algorithms: Annotated[tuple[Algorithm, ...], AfterValidator(_is_not_empty)] = Field(
        default=DEFAULT_ALGORITHMS,
        description=f"signature algorithms that are accepted, of {', '.join(ALGORITHMS)}",
        examples=[["ES384"]],
    )
    cors_origins: tuple[Origin, ...] = Field(
        default=(), description="origins from which a browser may call", examples=[["https://ehr.hospital.example"]]
    )
    max_token_lifetime: float = Field(
        default=_HOUR, gt=0, le=_DAY, description="seconds from `iat` to `exp` of a token at most", examples=[300]
    )
    fetch_budget: float | None = Field(
        default=None,
        gt=0,
        le=LONGEST_FETCH_BUDGET,
        description="seconds for all that is fetched in one call",
        examples=[0.8],
    )
    shadow: bool = Field(default=False, description="whether its calls are evaluated and counted, but get no cards")
    patient_users: bool = Field(default=False, description="whether users who are patients or relatives see cards too")

    @model_validator(mode="after")
    def _has_keys(self) -> RegisteredClient:
        if (self.jku is None) == (self.jwks is None):
            raise ValueError("exactly one of `jku` and `jwks` was expected")
        return self


class ClientsFile(Model):
    """The whole file."""

    clients: tuple[RegisteredClient, ...]
