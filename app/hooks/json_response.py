"""An answer in JSON."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from fastapi import Response

_encode = msgspec.json.Encoder().encode


def json_response(body: object, headers: Mapping[str, str] | None = None) -> Response:
    """200, with whatever msgspec can encode."""
    return Response(_encode(body), media_type="application/json", headers=headers)
