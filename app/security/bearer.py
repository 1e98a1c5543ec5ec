"""A JSON Web Token, taken apart strictly (RFC 7515, RFC 7519). Nothing here says that it is genuine."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec
from msgspec import Meta, Struct

MOST_CHARACTERS = 8192
_THREE_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+")
_END_OF_YEAR_9999 = 253_402_300_799

# What is searched for (`kid`) or stored (`jti`) holds nothing but printable ASCII.
Identifier = Annotated[str, Meta(pattern=r"^[!-~]{1,255}\Z")]
NumericDate = Annotated[float, Meta(ge=0, le=_END_OF_YEAR_9999)]

T = TypeVar("T")


class InvalidToken(ValueError):
    """Not a token of the form that CDS Hooks asks for; the message never holds a part of it."""


class Header(Struct, frozen=True):
    """What is read of the header. `jwk`, `x5u` and `x5c`, by which a token brings its own key, are not."""

    alg: str
    kid: Identifier
    typ: str
    jku: str | None = None
    crit: Any = msgspec.UNSET
    b64: Any = msgspec.UNSET


class Claims(Struct, frozen=True):
    """What is read of the claims; times in seconds since 1970."""

    iss: str
    aud: str | tuple[str, ...]
    exp: NumericDate
    iat: NumericDate
    jti: Identifier
    nbf: NumericDate = 0
    tenant: str | None = None

    @property
    def audiences(self) -> tuple[str, ...]:
        """`aud` as several, however it was written."""
        return (self.aud,) if isinstance(self.aud, str) else self.aud


class Token(Struct, frozen=True):
    """A token whose signature was not looked at yet."""

    text: str
    header: Header
    claims: Claims


def token_in(authorization: Sequence[str]) -> str:
    """The token in the values of all `Authorization` headers of a call; raises InvalidToken unless there is one."""
    if len(authorization) != 1:
        raise InvalidToken("exactly one Authorization header was expected")
    scheme, _, token = authorization[0].partition(" ")
    token = token.lstrip(" ")  # RFC 9110, 11.4: one blank or more
    if scheme.lower() != "bearer" or not token:
        raise InvalidToken("`Authorization: Bearer` and a token were expected")
    return token


def read_token(text: str) -> Token:
    """Take a token apart; raises InvalidToken when anything in it is not as it should be."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidToken(f"a token of at most {MOST_CHARACTERS} characters was expected")
    parts = _THREE_PARTS.fullmatch(text)
    if parts is None:
        raise InvalidToken("a token of three parts in base64url was expected")
    header, claims = _read(parts[1], Header), _read(parts[2], Claims)
    if header.typ.upper() != "JWT":
        raise InvalidToken("`typ` JWT was expected in the token's header")
    if header.crit is not msgspec.UNSET or header.b64 is not msgspec.UNSET:
        raise InvalidToken("a token without critical extensions was expected")
    return Token(text, header, claims)


def _read(part: str, kind: type[T]) -> T:
    try:
        content = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return msgspec.convert(json.loads(content, object_pairs_hook=_once_each, parse_constant=_refuse), kind)
    except (ValueError, RecursionError):
        # Not chained: the messages of parsers hold what they read.
        raise InvalidToken(f"the {kind.__name__.lower()} of the token is not what CDS Hooks asks for") from None


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name stands twice")
    return values


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")
