"""What pydantic-settings leaves open: names nobody knows, secrets from files, and all problems in one message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from app.errors import LegworkError

PREFIX = "LEGWORK_"

# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_A_SERVICE = re.compile(r"\w+_SERVICE_(HOST|PORT)(_\w+)?|\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://\S+")
_KUBERNETES = (
    "was set by Kubernetes for a Service of this name, not by you: "
    "write `enableServiceLinks: false` in the pod's spec, or give the Service another name"
)

Fields = Mapping[str, FieldInfo]
Problems = dict[str, str]


class SettingsError(LegworkError):
    """The settings cannot be used; `problems` says by variable what is wrong with it, without the value of a secret."""

    def __init__(self, problems: Problems) -> None:
        self.problems = dict(sorted(problems.items()))
        lines = (f"  {name}: {message}" for name, message in self.problems.items())
        super().__init__("\n".join(["the settings cannot be used:", *lines]))


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting must not be shown, and can be read from a file."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def unknown_variables(environment: Mapping[str, str], fields: Fields) -> Problems:
    """Every variable with our prefix that is no setting, and what was probably meant."""
    known = {variable(name) for name in fields} | {file_variable(name) for name in _secrets(fields)}
    ours = {name.upper(): value for name, value in environment.items() if name.upper().startswith(PREFIX)}
    of_services = {name: _KUBERNETES for name, value in ours.items() if _is_of_a_service(name, value)}
    return {name: _not_a_setting(name, known) for name in ours.keys() - known} | of_services


def _is_of_a_service(name: str, value: str) -> bool:
    return bool(_OF_A_SERVICE.fullmatch(name) or (name.endswith("_PORT") and _SERVICE_ADDRESS.fullmatch(value)))


def _not_a_setting(name: str, known: Iterable[str]) -> str:
    # Without the prefix, which makes any two of them alike.
    close = get_close_matches(name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1)
    return "is not a setting" + (f" (nearest: {PREFIX}{close[0]})" if close else "")


def file_variable(name: str) -> str:
    """The variable that names the file of a secret."""
    return f"{variable(name)}_FILE"


def _secrets(fields: Fields) -> Iterator[str]:
    return (name for name, field in fields.items() if is_secret(field))


def secrets_from_files(environment: Mapping[str, str], fields: Fields) -> tuple[dict[str, str], Problems]:
    """By name of the setting what its file holds, and by variable what is wrong."""
    environment = {name.upper(): value for name, value in environment.items()}
    values: dict[str, str] = {}
    problems: Problems = {}
    for name in _secrets(fields):
        path = environment.get(file_variable(name))
        if not path:
            continue
        if environment.get(variable(name)):
            problems[variable(name)] = f"stands beside {file_variable(name)}: only one of them can be set"
            continue
        try:
            values[name] = _read(Path(path))
        except ValueError as error:
            problems[file_variable(name)] = str(error)
    return values, problems


def _read(path: Path) -> str:
    """The secret, without the line break that editors and `echo` leave at its end."""
    try:
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        # Not chained: the error holds what the file holds.
        raise ValueError(f"the file {path} is not text in UTF-8") from None
    if not text:
        raise ValueError(f"the file {path} is empty")
    return text


def explain(detail: Mapping[str, Any], fields: Fields) -> tuple[str, str]:
    """One error of pydantic as variable and message."""
    name = str(detail["loc"][0])
    message = detail["msg"].removeprefix("Value error, ")
    found = str(detail["input"])
    # A URL may hold a password.
    shown = name in fields and not is_secret(fields[name]) and "@" not in found
    return variable(name), f"{message}; found `{found}`" if shown else message
