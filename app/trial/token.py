"""A bearer token in a file: as an argument it would stand in the list of processes."""

from __future__ import annotations

from pathlib import Path

from app.errors import LegworkError


class UnreadableToken(LegworkError):
    """The file holds no token, or cannot be read."""


def read_token(file: Path) -> str:
    """The token, without blanks around it; raises UnreadableToken."""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        # Not chained: the error may hold what the file holds.
        raise UnreadableToken(f"the token file {file} cannot be read ({type(error).__name__})") from None
