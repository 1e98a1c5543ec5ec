"""Whether a study came after what it would explain."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from app.facts.model import Finding, Study
from app.facts.moment import Moment


def not_before(study: Moment, event: Moment) -> bool:
    """Whether the study is known to come after the event; on one calendar day without times it counts as after."""
    if study.instant and event.instant:
        return study.instant >= event.instant
    return study.first >= event.last


def follows(study: Study, sign: Finding, undated_within: timedelta) -> bool:
    """Whether the study came after the sign. A sign without any date is taken to be new: the study must be so too."""
    date = sign.onset or sign.recorded
    if date is None or study.when is None:
        return study.age.within(undated_within) is True
    return not_before(study.when, date)


def is_of_this_episode(study: Study, weakness: Iterable[Finding]) -> bool:
    """Whether the study came after the onset of the weakness; with an undated onset any study does (decision 10)."""
    onsets = [finding.onset for finding in weakness if finding.onset]
    return not onsets or (study.when is not None and not_before(study.when, max(onsets)))
