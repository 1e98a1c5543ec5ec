"""What operators see of calls that a first look answers."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.support.charts import bundle
from tests.support.hooks import call, prefetch
from tests.support.serving import development, serving


def test_what_was_not_needed_is_counted_as_unread(tmp_path: Path) -> None:
    with serving(development(tmp_path)) as url, httpx.Client(base_url=url, trust_env=False) as client:
        call(client, prefetch=prefetch(conditions=bundle([])))
        call(client)
        counted = client.get("/metrics").text.splitlines()
    for source, key in [("prefetch", "conditions"), ("unread", "labs"), ("prefetch", "labs")]:
        times = 2 if key == "conditions" else 1
        assert f'legwork_inputs_total{{input="{key}",source="{source}"}} {times}.0' in counted
    for phase, times in [("decode", 3), ("first-look", 2), ("gather", 1), ("reason", 1), ("render", 1)]:
        assert f'legwork_phase_seconds_count{{phase="{phase}"}} {times}.0' in counted
