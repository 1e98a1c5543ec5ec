"""Several instances with several workers each, and one PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from tests.serving.load import Size, run
from tests.support.postgres import PostgresServer


def test_nothing_is_counted_twice_and_no_token_is_accepted_twice(postgres: PostgresServer, tmp_path: Path) -> None:
    tally = run(tmp_path, postgres.new_database(), Size(instances=2, workers=2, calls=60, callers=8))
    assert tally.calls[200] == 60
    assert tally.replays.total() == 12
