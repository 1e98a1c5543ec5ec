"""What the LEGWORK_ variables say together: what follows from them, and whether they are safe to serve calls with."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.clients.address import is_loopback
from app.environment import (
    PREFIX,
    Problems,
    SettingsError,
    explain,
    secrets_from_files,
    unknown_variables,
    variable,
)
from app.variables import CARDS, Callers, Knowledge, Limits, Listening, Observing, Outbound, Storage

__all__ = ["CARDS", "Settings"]


class Settings(Listening, Limits, Callers, Outbound, Storage, Knowledge, Observing, BaseSettings):
    """All settings, from the environment and from what is given; raises SettingsError with every problem found."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    def __init__(self, **values: Any) -> None:
        fields = type(self).model_fields
        secrets, problems = secrets_from_files(os.environ, fields)
        problems |= unknown_variables(os.environ, fields)
        try:
            super().__init__(**(secrets | values))
        except ValidationError as error:
            # The first word on a variable is the better one: `LEGWORK_PORT` by Kubernetes is no wrong number.
            problems = dict(explain(detail, fields) for detail in error.errors()) | problems
        if problems:
            # Outside of the except clause: pydantic's error would be chained, and it holds the values.
            raise SettingsError(problems)

    @property
    def base_url(self) -> str:
        """Where clients and clinicians reach this service, without a slash at the end."""
        return str(self.public_url or self.listening_url).rstrip("/")

    @property
    def listening_url(self) -> str:
        """Where it listens, whatever clients call it by."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def database_address(self) -> str | None:
        """The database, with its password; None for SQLite in the data folder."""
        return self.database_url.get_secret_value() if self.database_url else None

    @property
    def feedback_retention(self) -> timedelta:
        """How long feedback and issued cards are kept."""
        return timedelta(days=self.feedback_retention_days)

    @property
    def is_development(self) -> bool:
        """Whether it answers without authentication, and only on and to this machine."""
        return self.mode == "development"

    @property
    def requires_authentication(self) -> bool:
        """Whether a call without a valid token is refused."""
        return not self.is_development and not self.allow_unauthenticated

    @property
    def warnings(self) -> tuple[str, ...]:
        """What an operator should be told loudly at start."""
        if self.is_development or not self.allow_unauthenticated:
            return ()
        name = variable("allow_unauthenticated")
        return (f"{name} is true: anyone who reaches this service is answered without a token",)

    def require_servable(self) -> None:
        """Raise SettingsError unless these settings are safe to serve calls with. Files are not opened here."""
        problems = self._development_problems() if self.is_development else self._production_problems()
        if problems:
            raise SettingsError(problems)

    def _development_problems(self) -> Problems:
        if is_loopback(self.host):
            return {}
        return {variable("host"): f"a loopback address such as 127.0.0.1 was expected in development, not {self.host}"}

    def _production_problems(self) -> Problems:
        problems: Problems = {}
        if self.allow_unauthenticated:
            return problems
        if self.clients_file is None:
            problems[variable("clients_file")] = (
                "a file with the registered clients was expected. To answer anyone, on any address, set "
                f"{variable('allow_unauthenticated')}=true; to try the service on this machine, "
                f"{variable('mode')}=development"
            )
        if problem := self._public_url_problem():
            problems[variable("public_url")] = problem
        return problems

    def _public_url_problem(self) -> str | None:
        expected = "the https URL that clients call was expected: their tokens are compared with it"
        if self.public_url is None:
            return expected
        is_safe = self.public_url.scheme == "https" or is_loopback(self.public_url.host or "")
        return None if is_safe else expected
