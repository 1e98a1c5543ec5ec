"""Operator endpoints open to the bearer of the operator token, and to nobody in production while none is set."""

from __future__ import annotations

import pytest

from app.errors import Forbidden, Unauthorized
from app.security.operator import require_operator

TOKEN = "0123456789abcdef" * 2


def require(*authorization: str, token: str | None = TOKEN, is_development: bool = False) -> None:
    require_operator(authorization, token, open_without_token=is_development)


@pytest.mark.parametrize("is_development", [True, False])
def test_the_operator_token_opens(is_development: bool) -> None:
    require(f"Bearer {TOKEN}", is_development=is_development)
    require(f"bearer {TOKEN}", is_development=is_development)


@pytest.mark.parametrize("is_development", [True, False])
@pytest.mark.parametrize(
    "authorization",
    [
        [],
        [""],
        ["Bearer"],
        ["Bearer "],
        [TOKEN],
        [f"Basic {TOKEN}"],
        [f"Bearer {TOKEN[:-1]}"],
        [f"Bearer {TOKEN}0"],
        [f"Bearer {TOKEN} "],
        [f"Bearer {TOKEN.upper()}"],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
        ["Bearer ünknown"],
        ["Bearer \udcff"],
    ],
)
def test_anything_else_is_refused_without_a_word_of_the_token(authorization: list[str], is_development: bool) -> None:
    with pytest.raises(Unauthorized) as caught:
        require(*authorization, is_development=is_development)
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer realm="operator"'}
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("authorization", [[], ["Bearer "], ["Bearer None"], [f"Bearer {TOKEN}"]])
def test_without_a_token_production_is_closed(authorization: list[str]) -> None:
    with pytest.raises(Forbidden) as caught:
        require(*authorization, token=None)
    assert "LEGWORK_OPERATOR_TOKEN" in str(caught.value)


def test_without_a_token_development_is_open() -> None:
    require(token=None, is_development=True)
    require("Bearer whatever", token=None, is_development=True)
