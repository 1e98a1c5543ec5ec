"""Which IP addresses belong to the public Internet, and which are never anybody's server."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_UNICAST_V6 = IPv6Network("2000::/3")  # all that IANA has given out for the public Internet
_TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64: the last four bytes are an IPv4 address (RFC 6052)
# ipaddress calls these global, or did so in a Python that we support.
_NOT_PUBLIC_V4 = (
    IPv4Network("100.64.0.0/10"),  # carrier-grade NAT (RFC 6598); metadata of Alibaba Cloud
    IPv4Network("192.0.0.0/24"),  # protocol assignments (RFC 6890); metadata of Oracle Cloud
    IPv4Network("192.88.99.0/24"),  # 6to4 relays, withdrawn (RFC 7526)
    IPv4Network("168.63.129.16/32"),  # platform service of Azure, from within its machines only
)
_METADATA = frozenset(map(ip_address, ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")))


def read_address(text: str) -> Address:
    """An address as a resolver gives it, with or without a zone (`fe80::1%eth0`); raises ValueError."""
    return ip_address(text.partition("%")[0])


def is_loopback(address: Address) -> bool:
    """127.0.0.0/8 or ::1, in whatever form."""
    return all(one.is_loopback for one in _meant(address))


def is_public(address: Address) -> bool:
    """Whether anyone on the Internet would mean the same host by it."""
    return all(_is_public(one) for one in _meant(address))


def is_private(address: Address) -> bool:
    """Whether a server of one's own may have it: not public, yet neither link-local nor a cloud's metadata."""
    return all(_is_private(one) for one in _meant(address))


def _meant(address: Address) -> tuple[Address, ...]:
    """The address, or all that are embedded in it and could be reached by it."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _TRANSLATED:
        return (IPv4Address(address.packed[-4:]),)
    return (address,)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address.is_global and address in _UNICAST_V6
    reserved = any(address in network for network in _NOT_PUBLIC_V4)
    return address.is_global and not address.is_multicast and not reserved


def _is_private(address: Address) -> bool:
    nobodys = address.is_unspecified or address.is_multicast or address.is_link_local or address in _METADATA
    return not nobodys and not _is_public(address) and not (address.version == 4 and address.is_reserved)  # noqa: PLR2004 (IPv4)
