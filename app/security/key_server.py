"""One request to a key server, distrusted in every way it can go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection

import httpx

from app.clients.keys import KeySet, read_keys
from app.outbound.client import OutboundClient

MOST_BYTES = 256 * 1024
SECONDS = 3.0

# Not compressed, so that what arrives is what is counted.
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


class KeyServerFailure(Exception):
    """The keys were not had; the message says why and holds nothing of the answer."""


async def fetch_keys(http: OutboundClient, jku: str, algorithms: Collection[str]) -> KeySet:
    """The usable keys at a registered URL; raises KeyServerFailure. Redirects are not followed."""
    try:
        async with asyncio.timeout(SECONDS):
            content = await _get(http, jku)
        keys = read_keys(json.loads(content), algorithms)
    except TimeoutError as error:
        raise KeyServerFailure(f"no answer within {SECONDS:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise KeyServerFailure(type(error).__name__) from error
    except (ValueError, RecursionError):
        # Not chained: a parser's message holds what it read.
        raise KeyServerFailure("the answer is no JWK Set") from None
    if not keys.keys:
        raise KeyServerFailure(f"no usable key: {'; '.join(keys.refused) or 'the set is empty'}")
    return keys


async def _get(http: OutboundClient, jku: str) -> bytes:
    async with http.stream("GET", jku, headers=_HEADERS, seconds=SECONDS) as response:
        if response.status_code != httpx.codes.OK:
            raise KeyServerFailure(f"status 200 was expected, not {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise KeyServerFailure("an answer that is not compressed was expected")
        content = bytearray()
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > MOST_BYTES:
                raise KeyServerFailure(f"more than {MOST_BYTES} bytes")
        return bytes(content)
