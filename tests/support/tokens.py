"""Real keys, and tokens made with them by hand: an attacker does not use a library that minds the rules."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import get_algorithm_by_name

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ISSUER = "https://ehr.example.org"
CALLED = "https://legwork.example.org/cds-services/leg-weakness-workup"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}


@dataclass(frozen=True)
class Signer:
    """A client's private key, under the name that its tokens call it by."""

    private: PrivateKey
    algorithm: str = "ES384"
    kid: str = "key-1"

    def public(self, **changes: Any) -> dict[str, Any]:
        """The public key as JWK."""
        jwk = get_algorithm_by_name(self.algorithm).to_jwk(self.private.public_key(), as_dict=True)
        return {**jwk, "kid": self.kid, "use": "sig", **changes}

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.public()]}

    def private_jwk(self) -> dict[str, Any]:
        jwk = get_algorithm_by_name(self.algorithm).to_jwk(self.private, as_dict=True)
        return {**jwk, "kid": self.kid}

    def token(self, header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token that would be accepted, but for what is given; a claim given as `...` is left out."""
        return self.raw(without({**self.header(), **(header or {})}), without({**good_claims(), **claims}))

    def header(self) -> dict[str, Any]:
        return {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"}

    def raw(self, header: dict[str, Any] | str, claims: dict[str, Any] | str) -> str:
        """Header and claims as they are, truly signed."""
        signed = f"{encode(header)}.{encode(claims)}"
        signature = get_algorithm_by_name(self.algorithm).sign(signed.encode(), self.private)
        return f"{signed}.{encode(signature)}"


def without(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not ...}


def good_claims() -> dict[str, Any]:
    time = int(NOW.timestamp())
    return {"iss": ISSUER, "aud": CALLED, "exp": time + 300, "iat": time, "jti": str(uuid4())}


def encode(content: dict[str, Any] | str | bytes) -> str:
    """base64url without padding, of JSON, text or bytes."""
    if isinstance(content, dict):
        content = json.dumps(content)
    if isinstance(content, str):
        content = content.encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def signer(algorithm: str = "ES384", kid: str = "key-1") -> Signer:
    """A signer with a new key."""
    if algorithm in _CURVES:
        return Signer(ec.generate_private_key(_CURVES[algorithm]), algorithm, kid)
    if algorithm == "EdDSA":
        return Signer(ed25519.Ed25519PrivateKey.generate(), algorithm, kid)
    return Signer(rsa_key(), algorithm, kid)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once: it takes a while."""
    return rsa.generate_private_key(65537, bits)


def shared_secrets(by: Signer) -> list[bytes]:
    """All that an attacker may take a public key for."""
    public = by.private.public_key()
    return [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(by.public()).encode(),
        b"",
    ]
