"""Which addresses are public, private, or nobody's."""

from __future__ import annotations

import pytest

from app.outbound.addresses import is_loopback, is_private, is_public, read_address

_UNSPECIFIED = "0.0.0.0"  # noqa: S104 (refused here, not bound to)


@pytest.mark.parametrize("text", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001::200e"])
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(read_address(text))
    assert not is_private(read_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "169.254.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        _UNSPECIFIED,
        "0.1.2.3",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "2001:db8::1",
        "2001:2::1",
        "100::1",
        "4000::1",
        "64:ff9b:1::5db8:d822",
    ],
)
def test_an_address_that_is_not_of_the_internet_is_not_public(text: str) -> None:
    assert not is_public(read_address(text))


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", _UNSPECIFIED])
def test_an_address_inside_another_form_is_judged_by_itself(inner: str) -> None:
    high, low = (f"{int.from_bytes(read_address(inner).packed[i : i + 2]):x}" for i in (0, 2))
    forms = [f"::ffff:{inner}", f"64:ff9b::{inner}", f"2002:{high}:{low}::1"]
    assert [is_public(read_address(form)) for form in forms] == [False, False, False]


def test_both_ends_of_a_teredo_address_must_be_public() -> None:
    # The client is written with all bits turned over: 127.0.0.1, behind a public server, and the other way round.
    assert not is_public(read_address("2001:0:5db8:d822:0:0:80ff:fffe"))
    assert not is_public(read_address("2001:0:7f00:1:0:0:a247:27dd"))
    assert is_public(read_address("2001:0:5db8:d822:0:0:a247:27dd"))


def test_a_public_address_inside_another_form_stays_public() -> None:
    forms = ("::ffff:93.184.216.34", "64:ff9b::93.184.216.34", "2002:5db8:d822::1")
    assert [is_public(read_address(form)) for form in forms] == [True, True, True]


@pytest.mark.parametrize("text", ["10.0.0.1", "192.168.1.1", "127.0.0.1", "::1", "fc00::1", "100.64.0.1", "192.0.2.1"])
def test_a_registered_server_may_have_a_private_address(text: str) -> None:
    assert is_private(read_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "169.254.1.1",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "fe80::1",
        _UNSPECIFIED,
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "240.0.0.1",
    ],
)
def test_no_server_has_the_address_of_metadata_a_link_or_a_group(text: str) -> None:
    assert not is_private(read_address(text))


def test_every_address_that_means_this_machine_is_loopback() -> None:
    assert all(is_loopback(read_address(text)) for text in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(read_address(text)) for text in (_UNSPECIFIED, "::", "128.0.0.1", "::2"))
