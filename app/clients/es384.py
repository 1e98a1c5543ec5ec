"""ES384, the algorithm that CDS Hooks recommends, by AWS-LC: most of a signature's cost is OpenSSL's P-384."""

from __future__ import annotations

from hashlib import sha384

from awscrt.crypto import EC
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm
from jwt.utils import raw_to_der_signature


class Es384(ECAlgorithm):
    """PyJWT's ES384 for the signatures of one public key (RFC 7518, section 3.4)."""

    def __init__(self, key: EllipticCurvePublicKey) -> None:
        super().__init__(ECAlgorithm.SHA384, SECP384R1)
        self._key = EC.new_key_from_der_data(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    def verify(self, msg: bytes, key: EllipticCurvePrivateKey | EllipticCurvePublicKey, sig: bytes) -> bool:
        """Whether `sig` (R and S, 48 bytes each) is this key's signature of `msg`; `key` is the same for PyJWT."""
        try:
            signature = raw_to_der_signature(sig, key.curve)
        except ValueError:
            return False
        holds: bool = self._key.verify(sha384(msg).digest(), signature)
        return holds
