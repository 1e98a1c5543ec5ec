"""Patient and user in the audit trail: recognisable to who holds the operator's key, and to nobody else."""

from __future__ import annotations

import hmac
from typing import Literal

_SHORTEST = 32
_SEPARATOR = b"\0"


class Pseudonyms:
    """HMAC-SHA256 under the operator's key, or nothing at all when none is set.

    The client is part of what is hashed: two hospitals may use one id for two patients. Raises ValueError for a key
    under 32 bytes, from which ids could be guessed back.
    """

    def __init__(self, key: bytes | None) -> None:
        if key is not None and len(key) < _SHORTEST:
            raise ValueError(f"the audit key has {len(key)} bytes; at least {_SHORTEST} were expected")
        self._keyed = None if key is None else hmac.new(key, digestmod="sha256")

    def of(self, kind: Literal["patient", "user"], client: str, identifier: str) -> str | None:
        """The pseudonym, in hexadecimal. `identifier` is `context.patientId`, or `context.userId` with its type."""
        if self._keyed is None:
            return None
        text = _SEPARATOR.join((kind.encode(), client.encode(), identifier.encode()))
        code = self._keyed.copy()
        code.update(text)
        return code.hexdigest()
