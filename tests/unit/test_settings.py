"""Settings come from the environment; what is wrong there is said all at once, by the name of the variable."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from app.environment import SettingsError
from app.settings import CARDS, Settings

LONG_ENOUGH = "correct horse battery staple, twice over"
SECRETS = ["LEGWORK_OPERATOR_TOKEN", "LEGWORK_AUDIT_KEY", "LEGWORK_DATABASE_URL", "LEGWORK_PROXY"]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Without what the machine that runs the tests has set."""
    for name in list(os.environ):
        if name.upper().startswith("LEGWORK_"):
            monkeypatch.delenv(name)
    return monkeypatch


def problems(environment: pytest.MonkeyPatch, **variables: str) -> dict[str, str]:
    for name, value in variables.items():
        environment.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings()
    for name, message in caught.value.problems.items():
        assert f"{name}: {message}" in str(caught.value)
    return caught.value.problems


def test_nothing_need_be_set() -> None:
    settings = Settings()
    assert (settings.mode, settings.host, settings.port, settings.cards_dir) == ("production", "127.0.0.1", 8000, CARDS)
    assert (settings.base_url, settings.fetch_budget) == ("http://127.0.0.1:8000", 1.5)


def test_variables_are_read(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "clients.yaml").touch()
    for name, value in {
        "LEGWORK_MODE": "development",
        "LEGWORK_PORT": "8080",
        "LEGWORK_PUBLIC_URL": "https://legwork.example.org/base/",
        "LEGWORK_TIME_ZONE": "Europe/Berlin",
        "LEGWORK_CLIENTS_FILE": str(tmp_path / "clients.yaml"),
        "LEGWORK_ALLOW_UNAUTHENTICATED": "true",
        "LEGWORK_LOG_LEVEL": "WARNING",
    }.items():
        environment.setenv(name, value)
    settings = Settings()
    assert (settings.is_development, settings.port, settings.time_zone.key) == (True, 8080, "Europe/Berlin")
    assert settings.base_url == "https://legwork.example.org/base"
    assert (settings.clients_file, settings.log_level) == (tmp_path / "clients.yaml", "warning")


def test_an_empty_variable_is_not_set(environment: pytest.MonkeyPatch) -> None:
    for name in ("LEGWORK_PUBLIC_URL", "LEGWORK_PORT", "LEGWORK_CLIENTS_FILE", *SECRETS):
        environment.setenv(name, "")
    for name in SECRETS:
        environment.setenv(f"{name}_FILE", "")
    assert Settings() == Settings(port=8000)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(Settings(), "port", 1)  # noqa: B010 (the type checker refuses the plain way)


def test_an_address_of_ip_6_is_put_in_brackets() -> None:
    assert Settings(host="::1").base_url == "http://[::1]:8000"


# What is refused


def test_an_unknown_variable_is_refused_with_the_nearest_name(environment: pytest.MonkeyPatch) -> None:
    assert problems(environment, LEGWORK_PUBLIC_ULR="x", LEGWORK_X="1", legwork_clientsfile="y") == {
        "LEGWORK_PUBLIC_ULR": "is not a setting (nearest: LEGWORK_PUBLIC_URL)",
        "LEGWORK_X": "is not a setting",
        "LEGWORK_CLIENTSFILE": "is not a setting (nearest: LEGWORK_CLIENTS_FILE)",
    }


def test_a_file_variable_exists_only_for_secrets(environment: pytest.MonkeyPatch) -> None:
    assert problems(environment, LEGWORK_PORT_FILE="/dev/null")["LEGWORK_PORT_FILE"].startswith("is not a setting")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEGWORK_PORT", "80 80"),
        ("LEGWORK_PORT", "65536"),
        ("LEGWORK_MODE", "prod"),
        ("LEGWORK_PUBLIC_URL", "legwork.example.org"),
        ("LEGWORK_PUBLIC_URL", "https://legwork.example.org/?x=1"),
        ("LEGWORK_PUBLIC_URL", "https://legwork.example.org/#x"),
        ("LEGWORK_TIME_ZONE", "Mars/Olympus"),
        ("LEGWORK_ALLOW_UNAUTHENTICATED", "maybe"),
        ("LEGWORK_CLIENTS_FILE", "/nowhere/clients.yaml"),
        ("LEGWORK_CARDS_DIR", "/nowhere/cards"),
        ("LEGWORK_CA_BUNDLE", "/nowhere/ca.pem"),
        ("LEGWORK_CA_BUNDLE", __file__),
        ("LEGWORK_AUDIT_RETENTION_DAYS", "999999"),
        ("LEGWORK_FEEDBACK_RETENTION_DAYS", "999999"),
        ("LEGWORK_FETCH_BUDGET", "nan"),
        ("LEGWORK_FETCH_BUDGET", "0"),
        ("LEGWORK_DRAIN_DELAY", "nan"),
        ("LEGWORK_DRAIN_DELAY", "inf"),
        ("LEGWORK_WORKERS", "0"),
        ("LEGWORK_CLOCK_SKEW", "-1"),
        ("LEGWORK_LOG_LEVEL", "loud"),
        ("LEGWORK_MAX_BODY_BYTES", "10MB"),
    ],
)
def test_an_invalid_value_is_refused_by_name_and_value(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    found = problems(environment, **{name: value})
    assert list(found) == [name]
    assert found[name].endswith(f"found `{value}`")


def test_all_problems_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    found = problems(
        environment,
        LEGWORK_PORT="x",
        LEGWORK_MODE="y",
        LEGWORK_Z="z",
        LEGWORK_PROXY_FILE="/nowhere",
        LEGWORK_AUDIT_KEY="k",
    )
    assert list(found) == ["LEGWORK_AUDIT_KEY", "LEGWORK_MODE", "LEGWORK_PORT", "LEGWORK_PROXY_FILE", "LEGWORK_Z"]


def test_the_variables_of_a_kubernetes_service_are_refused_with_the_way_out(environment: pytest.MonkeyPatch) -> None:
    """As Kubernetes sets them in every pod of a namespace that has Services `legwork` and `legwork-postgres`."""
    address = {"LEGWORK_PORT": "tcp://10.0.0.1:8000", "LEGWORK_POSTGRES_PORT": "tcp://10.0.0.2:5432"}
    others = [
        "LEGWORK_SERVICE_HOST",
        "LEGWORK_SERVICE_PORT",
        "LEGWORK_SERVICE_PORT_HTTP",
        "LEGWORK_PORT_8000_TCP",
        "LEGWORK_PORT_8000_TCP_PROTO",
        "LEGWORK_PORT_8000_TCP_PORT",
        "LEGWORK_PORT_8000_TCP_ADDR",
        "LEGWORK_POSTGRES_SERVICE_HOST",
        "LEGWORK_POSTGRES_PORT_5432_TCP",
    ]
    found = problems(environment, **address, **dict.fromkeys(others, "10.0.0.1"))
    assert found.keys() == {*address, *others}
    assert all("enableServiceLinks: false" in message for message in found.values())


def test_a_wrong_port_of_ones_own_is_not_blamed_on_kubernetes(environment: pytest.MonkeyPatch) -> None:
    found = problems(environment, LEGWORK_PORT="abc", LEGWORK_HTTP_PORT="8080")
    assert not [message for message in found.values() if "Kubernetes" in message]


# Secrets


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_read_from_a_file(environment: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    value = "http://proxy.example.org" if name == "LEGWORK_PROXY" else LONG_ENOUGH
    (tmp_path / "secret").write_text(f"{value}\n")
    environment.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    settings = Settings()
    held = getattr(settings, name.removeprefix("LEGWORK_").lower())
    assert held.get_secret_value() == value
    assert value not in repr(settings) + str(settings)


def test_a_secret_and_its_file_cannot_both_be_set(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(LONG_ENOUGH)
    both = {"LEGWORK_AUDIT_KEY": LONG_ENOUGH, "LEGWORK_AUDIT_KEY_FILE": str(tmp_path / "secret")}
    assert problems(environment, **both) == {
        "LEGWORK_AUDIT_KEY": "stands beside LEGWORK_AUDIT_KEY_FILE: only one of them can be set"
    }


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), (b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe" * 20, "UTF-8")]
)
def test_a_file_that_holds_no_secret_is_refused(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    found = problems(environment, LEGWORK_OPERATOR_TOKEN_FILE=str(path))
    assert list(found) == ["LEGWORK_OPERATOR_TOKEN_FILE"]
    assert said in found["LEGWORK_OPERATOR_TOKEN_FILE"]


@pytest.mark.parametrize("name", ["LEGWORK_OPERATOR_TOKEN", "LEGWORK_AUDIT_KEY", "LEGWORK_PROXY"])
def test_a_bad_secret_is_refused_without_telling_it(environment: pytest.MonkeyPatch, name: str) -> None:
    value = "hunter2"
    environment.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        Settings()
    assert name in str(caught.value)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    assert not [error for error in chain if error is not None and value in f"{error}{error!r}"]


@pytest.mark.parametrize("token", ["correct horse bättery staple", "correct horse battery staple "])
def test_an_operator_token_that_no_header_can_carry_is_refused(environment: pytest.MonkeyPatch, token: str) -> None:
    assert list(problems(environment, LEGWORK_OPERATOR_TOKEN=token)) == ["LEGWORK_OPERATOR_TOKEN"]


@pytest.mark.parametrize(
    "url", ["http://proxy:abc", "http://proxy:99999", "http://:3128", "http://[proxy", "proxy:3128"]
)
def test_a_proxy_that_names_no_server_or_no_port_is_refused(environment: pytest.MonkeyPatch, url: str) -> None:
    assert problems(environment, LEGWORK_PROXY=url) == {"LEGWORK_PROXY": "an http or https URL was expected"}


def test_a_password_in_a_url_is_not_told(environment: pytest.MonkeyPatch) -> None:
    found = problems(environment, LEGWORK_PUBLIC_URL="https://ann:hunter2@legwork.example.org")
    assert "hunter2" not in found["LEGWORK_PUBLIC_URL"]


# Modes


def not_servable(settings: Settings) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        settings.require_servable()
    return list(caught.value.problems)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "legwork.example.org", "localhost.example.org", ""])  # noqa: S104 (not bound)
def test_development_on_another_address_than_loopback_does_not_start(host: str) -> None:
    assert not_servable(Settings(mode="development", host=host)) == ["LEGWORK_HOST"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_development_on_a_loopback_address_starts(host: str) -> None:
    settings = Settings(mode="development", host=host)
    settings.require_servable()
    assert not settings.requires_authentication
    assert settings.warnings == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 (not bound)
def test_production_without_a_clients_file_does_not_start_on_any_address(host: str) -> None:
    settings = Settings(host=host, public_url="https://legwork.example.org")
    assert settings.requires_authentication
    assert not_servable(settings) == ["LEGWORK_CLIENTS_FILE"]


def test_production_that_allows_anyone_starts_and_warns() -> None:
    settings = Settings(host="0.0.0.0", allow_unauthenticated=True)  # noqa: S104 (not bound)
    settings.require_servable()
    assert not settings.requires_authentication
    assert re.search("LEGWORK_ALLOW_UNAUTHENTICATED is true: .* without a token", settings.warnings[0])


@pytest.mark.parametrize("url", [None, "http://legwork.example.org"])
def test_production_without_a_public_https_url_does_not_start(tmp_path: Path, url: str | None) -> None:
    (tmp_path / "clients.yaml").touch()
    assert not_servable(Settings(clients_file=tmp_path / "clients.yaml", public_url=url)) == ["LEGWORK_PUBLIC_URL"]


@pytest.mark.parametrize("url", ["https://legwork.example.org", "http://127.0.0.1:8000", "http://localhost:8000"])
def test_production_with_clients_and_its_url_starts(tmp_path: Path, url: str) -> None:
    (tmp_path / "clients.yaml").touch()
    settings = Settings(clients_file=tmp_path / "clients.yaml", public_url=url)
    settings.require_servable()
    assert settings.requires_authentication
    assert settings.warnings == ()


def test_settings_that_cannot_serve_can_be_read() -> None:
    """As `legwork check` and `legwork explain` do, which need no clients."""
    assert Settings(mode="production", clients_file=None).base_url
