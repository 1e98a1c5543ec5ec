"""HAProxy reads its configuration."""

from __future__ import annotations

from tests.deploy.tools import DEPLOY, run

ADDRESSES = {
    "HAPROXY_BIND": "127.0.0.1:8080",
    "LEGWORK_ONE": "127.0.0.1:8001",
    "LEGWORK_TWO": "127.0.0.1:8002",
}


def test_the_configuration_is_valid() -> None:
    run("haproxy", "-c", "-f", str(DEPLOY / "haproxy" / "haproxy.cfg"), **ADDRESSES)
