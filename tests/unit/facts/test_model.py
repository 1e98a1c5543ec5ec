"""Which kind of fact an input that is lacking would have brought."""

from __future__ import annotations

from app.chart.chart import Unavailable
from tests.support.charts import facts_of


def test_each_of_several_inputs_that_are_lacking_is_lacking() -> None:
    facts = facts_of(unavailable=(Unavailable("labs", "was not sent"), Unavailable("reports", "was not sent")))
    assert (facts.lacks("labs"), facts.lacks("studies"), facts.lacks("findings")) == (True, True, False)
