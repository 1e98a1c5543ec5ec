"""Public keys of a client (RFC 7517), each bound to the one algorithm that it may verify."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from app.clients.es384 import Es384

# Key type and curve that each algorithm needs (RFC 7518, RFC 8037). An algorithm that is not here cannot be
# registered, and no key is ever made for it: `none` and HMAC have no way in.
ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "EdDSA": ("OKP", "Ed25519"),
}
# What CDS Hooks recommends.
DEFAULT_ALGORITHMS = ("ES384", "RS384")

_LEAST_RSA_BITS, _MOST_RSA_BITS = 2048, 8192
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class KeySet:
    """Prepared keys by `kid` and algorithm, and what is wrong with the keys that were left out."""

    keys: Mapping[tuple[str, str], PyJWK]
    refused: tuple[str, ...] = ()

    def find(self, kid: str, algorithm: str) -> PyJWK | None:
        """The key for a token's header; None when it has no key of that name or not for that algorithm."""
        return self.keys.get((kid, algorithm))


def read_keys(jwks: Any, algorithms: Collection[str]) -> KeySet:
    """The usable keys of a decoded JWK Set; raises ValueError when it is no JWK Set at all."""
    entries = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(entries, list):
        raise ValueError("a JWK Set was expected: a mapping with a list of `keys`")
    keys: dict[tuple[str, str], PyJWK] = {}
    refused: list[str] = []
    for number, entry in enumerate(entries, start=1):
        try:
            made = dict(_prepare(entry, algorithms))
            _require(not keys.keys() & made.keys(), "its `kid` stands twice")
            keys |= made
        except ValueError as error:
            refused.append(f"key {number}: {error}")
    return KeySet(keys, tuple(refused))


def _prepare(entry: Any, algorithms: Collection[str]) -> Iterator[tuple[tuple[str, str], PyJWK]]:
    _require(isinstance(entry, dict), "a mapping was expected")
    kid = entry.get("kid")
    _require(isinstance(kid, str) and kid, "`kid` is missing")
    _require(not _PRIVATE_MEMBERS & entry.keys(), "it is a private or symmetric key: only public keys belong here")
    _require(entry.get("use", "sig") == "sig", "`use` is not `sig`")
    operations = entry.get("key_ops", ["verify"])
    _require(isinstance(operations, list) and "verify" in operations, "`key_ops` is without `verify`")
    suitable = [algorithm for algorithm in algorithms if _suits(entry, algorithm)]
    _require(suitable, f"it is for none of the algorithms {', '.join(algorithms)}")
    yield from (((kid, algorithm), _build(entry, algorithm)) for algorithm in suitable)


def _suits(entry: Mapping[str, Any], algorithm: str) -> bool:
    key_type, curve = ALGORITHMS[algorithm]
    return (
        entry.get("kty") == key_type
        and (curve is None or entry.get("crv") == curve)
        and entry.get("alg", algorithm) == algorithm
    )


def _build(entry: dict[str, Any], algorithm: str) -> PyJWK:
    try:
        key = PyJWK(entry, algorithm)
    except (PyJWTError, TypeError, ValueError):
        # Not chained: the library's message holds the whole key.
        raise ValueError("its numbers make no valid key") from None
    if isinstance(key.key, RSAPublicKey):
        bits = key.key.key_size
        _require(_LEAST_RSA_BITS <= bits <= _MOST_RSA_BITS, f"{_LEAST_RSA_BITS} to {_MOST_RSA_BITS} bits were expected")
    if algorithm == "ES384":
        key.Algorithm = Es384(key.key)
    return key


def _require(holds: Any, message: str) -> None:
    if not holds:
        raise ValueError(message)
