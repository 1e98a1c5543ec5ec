"""URLs as they are compared: two spellings of one address are the same text here."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

# A name in ASCII, or an address; an underscore is no part of a host name, but of names that hospitals have.
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(host: str) -> bool:
    """Whether the name or address of a host can only mean this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of an http or https URL, in lower case; raises ValueError as `origin_of` does."""
    return _split(url).hostname or ""


def origin_of(url: str) -> str:
    """`scheme://host[:port]` in lower case, without the scheme's own port (RFC 6454).

    Raises ValueError for what is no plain http or https URL: with a user name, a fragment or odd characters.
    """
    parts = _split(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def canonical(url: str) -> str:
    """The origin and the path, without a slash at its end; raises ValueError for what is no plain base URL."""
    if "?" in url:
        raise ValueError("an http or https URL without a query was expected")
    return origin_of(url) + _split(url).path.rstrip("/")


def _split(url: str) -> SplitResult:
    expected = "an http or https URL without user name and fragment was expected"
    # urlsplit drops line breaks and tabs inside a URL in silence: another reader of it would not.
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError(expected)
    parts = urlsplit(url)
    is_plain = parts.scheme in _DEFAULT_PORTS and "@" not in parts.netloc and _HOST.fullmatch(parts.hostname or "")
    if not is_plain or "#" in url or parts.port == 0:
        raise ValueError(expected)
    return parts
