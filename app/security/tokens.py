"""Who is calling: the token of a call, checked against the registered clients (protocol S1 to S5).

An algorithm is never taken from a token. The client's registration names the algorithms, each key is prepared for one
of them, and `kid` and `alg` together select a key or nothing: no key exists for `none` or for a symmetric algorithm,
and a public key cannot be taken for a shared secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from jwt import PyJWK, PyJWS, PyJWTError

from app.clients.address import canonical
from app.clients.client import Client
from app.clients.keys import ALGORITHMS
from app.clients.registry import Clients
from app.errors import Forbidden, Unauthorized
from app.security.bearer import Claims, InvalidToken, Token, read_token, token_in
from app.security.keys import KeyCache

# Answers whether this is the first use of a `jti` (second) of an issuer (first), and remembers it until the given time.
FirstUse = Callable[[str, str, datetime], Awaitable[bool]]

_signatures = PyJWS(algorithms=list(ALGORITHMS))


class NoToken(Unauthorized):
    """The call has no Authorization header; RFC 6750, section 3.1: then no error is named."""

    reason = "no-token"

    def __init__(self) -> None:
        super().__init__("a token of a registered client was expected", headers={"WWW-Authenticate": "Bearer"})


class Refused(Unauthorized):
    """The token of a call was refused. `reason` is for logs and metrics: one word, never a part of the token."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})


class NotAllowed(Forbidden):
    """The client is known, and this call is not for it. `reason` as in Refused."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Verifier:
    """Checks tokens against one state of the registered clients; cheap to make anew when that changes.

    `anyone` is the client that a call is counted as when it names no registered issuer; without it, such a call is
    refused. A token of a registered issuer is checked either way.
    """

    clients: Clients
    keys: KeyCache
    first_use: FirstUse
    clock_skew: timedelta
    anyone: Client | None = None

    async def verify(self, authorization: Sequence[str], called: Collection[str], now: datetime) -> Client:
        """The client that is calling a URL, each spelling of which is in `called`.

        These come from configuration, never from the call's Host header. `authorization` holds the values of all
        Authorization headers. Raises NoToken or Refused (401), NotAllowed (403), and Unavailable (503) when the
        client's keys, or the store of used tokens, cannot be reached.
        """
        try:
            token = _read(authorization)
            client = self._named_by(token)
        except Unauthorized:
            if self.anyone is None:
                raise
            return self.anyone
        await self._check_signature(token, client)
        self._check_audience(token.claims, client, called)
        self._check_times(token.claims, client, now)
        if client.tenant is not None and token.claims.tenant != client.tenant:
            raise NotAllowed("tenant", "the token is of a tenant that is not registered")
        await self._check_use(token.claims)
        return client

    def _named_by(self, token: Token) -> Client:
        client = self.clients.by_issuer(token.claims.iss)
        if client is None:
            raise _unproven("issuer")
        return client

    async def _check_signature(self, token: Token, client: Client) -> None:
        """Until the signature holds, every refusal reads the same: who guesses learns nothing."""
        header = token.header
        # A client whose keys were handed over may name where it publishes them: nothing is fetched from there.
        if client.jku is not None and header.jku not in (None, client.jku):
            raise _unproven("jku")
        if header.alg not in client.algorithms:
            raise _unproven("algorithm")
        key = await self.keys.find(client, header.kid, header.alg)
        if key is None:
            raise _unproven("key")
        _verify(token, key)

    def _check_audience(self, claims: Claims, client: Client, called: Collection[str]) -> None:
        accepted, named = {*called, *client.audiences}, claims.audiences
        # Mostly they are spelt alike, and need not be taken apart.
        if accepted.isdisjoint(named) and set(map(_spelling, accepted)).isdisjoint(map(_spelling, named)):
            raise Refused("audience", "the token is for another audience than the URL that is called")

    def _check_times(self, claims: Claims, client: Client, now: datetime) -> None:
        time, skew = now.timestamp(), self.clock_skew.total_seconds()
        if time >= claims.exp + skew:
            raise Refused("expired", "the token has expired")
        if max(claims.iat, claims.nbf) > time + skew:
            raise Refused("not-yet-valid", "the token is not valid yet")
        if not 0 < claims.exp - claims.iat <= client.max_token_lifetime.total_seconds():
            raise Refused("lifetime", "the token is made for longer than a token of this client may live")

    async def _check_use(self, claims: Claims) -> None:
        """Comes last: only its owner can use a token up, and only by a call that would be answered."""
        # Rounded up, so that no store of whole seconds forgets it too early.
        until = datetime.fromtimestamp(ceil(claims.exp + self.clock_skew.total_seconds()), UTC)
        if not await self.first_use(claims.iss, claims.jti, until):
            raise Refused("replay", "the token was used before")


def _read(authorization: Sequence[str]) -> Token:
    if not authorization:
        raise NoToken
    try:
        return read_token(token_in(authorization))
    except InvalidToken as error:
        raise Refused("malformed", str(error)) from error


def _verify(token: Token, key: PyJWK) -> None:
    try:
        _signatures.decode_complete(token.text, key, algorithms=[key.algorithm_name])
    except PyJWTError:
        # Not chained: the library's messages may hold parts of the token.
        raise _unproven("signature") from None


def _unproven(reason: str) -> Refused:
    return Refused(reason, "a token signed by a registered client was expected")


def _spelling(audience: str) -> str:
    """Two spellings of one URL are the same audience; what is no URL is compared as it is."""
    try:
        return canonical(audience)
    except ValueError:
        return audience
