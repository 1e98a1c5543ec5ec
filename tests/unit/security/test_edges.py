"""Whom a request is for, and how many files may be open."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest
from starlette.types import Scope

from app.security.host import is_for_this_machine


def _scope(*headers: tuple[str, str]) -> Scope:
    return {"type": "http", "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers]}


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LocalHost", "127.0.0.1", "127.1.2.3:80", "[::1]", "[::1]:8000"]
)
def test_loopback_names_mean_this_machine(host: str) -> None:
    assert is_for_this_machine(_scope(("host", host)))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "evil.example:localhost",
        "127.0.0.1.evil.example",
        "evil.example#@localhost",
        "localhost/evil.example",
        "evil@localhost",
        "localhost:99999",
        "localhost:x",
        "127.0.0.1, evil.example",
        "[::2]",
        "[::1",
        "2130706433",
        "\xa0localhost",
        "127.0.0.1\t",
    ],
)
def test_nothing_else_means_this_machine(host: str) -> None:
    assert not is_for_this_machine(_scope(("host", host)))


def test_every_header_that_names_the_host_must_mean_this_machine() -> None:
    assert not is_for_this_machine(_scope())
    assert not is_for_this_machine(_scope(("x-forwarded-host", "localhost")))
    assert not is_for_this_machine(_scope(("host", "localhost"), ("host", "evil.example")))
    assert not is_for_this_machine(_scope(("host", "localhost"), ("x-forwarded-host", "evil.example")))
    assert is_for_this_machine(_scope(("host", "localhost"), ("x-forwarded-host", "localhost:3000")))


def _in_process(soft: int, hard: int, wanted: int) -> str:
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))\n"
        "from app.security.open_files import raise_open_files\n"
        f"print(raise_open_files({wanted}), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 (ourselves)
    return done.stdout.strip()


def test_the_limit_on_open_files_is_raised_as_far_as_it_may_be_and_never_lowered() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard == resource.RLIM_INFINITY or hard >= 1_024
    assert _in_process(256, 1_024, 512) == "512 512 1024"
    assert _in_process(256, 1_024, 65_536) == "1024 1024 1024"
    assert _in_process(1_000, 1_024, 512) == "1000 1000 1024"
