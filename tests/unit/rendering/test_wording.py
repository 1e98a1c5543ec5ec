"""Numbers as they stand on a card."""

from __future__ import annotations

import pytest

from app.rendering.wording import limit


@pytest.mark.parametrize(("cut", "shown"), [(3, "3.0"), (2.5, "2.5"), (0.97, "0.97"), (350, "350"), (1000, "1000")])
def test_a_threshold_is_shown_as_it_is_and_a_small_one_with_its_decimal(cut: float, shown: str) -> None:
    assert limit(cut) == shown
