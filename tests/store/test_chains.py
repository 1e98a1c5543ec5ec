"""Audit chains are registered by their first and last record."""

from __future__ import annotations

import pytest

from app.store.chains import (
    Chain,
    Mark,
    UnknownChain,
    advance_chain,
    close_chain,
    forget_chain,
    list_chains,
    open_chain,
)
from app.store.database import Database
from tests.support.store import LATER, NOW


async def test_a_chain_is_known_from_its_first_record_to_its_last(database: Database) -> None:
    await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    await open_chain(database, "b", Mark(0, "g0"), process="host:2", at=LATER)
    await advance_chain(database, "a", Mark(7, "h7"))
    await close_chain(database, "b", Mark(2, "g2"), at=LATER)
    assert await list_chains(database) == (
        Chain("a", "host:1", NOW, Mark(0, "h0"), Mark(7, "h7")),
        Chain("b", "host:2", LATER, Mark(0, "g0"), Mark(2, "g2"), LATER),
    )


async def test_a_closed_chain_does_not_go_on(database: Database) -> None:
    await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    await close_chain(database, "a", Mark(1, "h1"), at=NOW)
    with pytest.raises(UnknownChain):
        await advance_chain(database, "a", Mark(2, "h2"))
    with pytest.raises(UnknownChain):
        await close_chain(database, "never opened", Mark(2, "h2"), at=NOW)
    assert [chain.last for chain in await list_chains(database)] == [Mark(1, "h1")]


async def test_a_chain_that_is_opened_again_stays_as_it_is(database: Database) -> None:
    await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    await advance_chain(database, "a", Mark(3, "h3"))
    await open_chain(database, "a", Mark(0, "forged"), process="host:9", at=LATER)
    assert await list_chains(database) == (Chain("a", "host:1", NOW, Mark(0, "h0"), Mark(3, "h3")),)


async def test_what_is_registered_twice_is_registered_once(database: Database) -> None:
    for _ in range(2):
        await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    for _ in range(2):
        await advance_chain(database, "a", Mark(4, "h4"))
    for at in (NOW, LATER):
        await close_chain(database, "a", Mark(9, "h9"), at=at)
    await advance_chain(database, "a", Mark(9, "h9"))
    assert await list_chains(database) == (Chain("a", "host:1", NOW, Mark(0, "h0"), Mark(9, "h9"), NOW),)


async def test_a_chain_never_gets_shorter_and_its_end_is_never_replaced(database: Database) -> None:
    await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    await advance_chain(database, "a", Mark(4, "h4"))
    with pytest.raises(UnknownChain):
        await advance_chain(database, "a", Mark(3, "h3"))
    await close_chain(database, "a", Mark(4, "h4"), at=NOW)
    with pytest.raises(UnknownChain):
        await close_chain(database, "a", Mark(4, "forged"), at=NOW)
    assert [chain.last for chain in await list_chains(database)] == [Mark(4, "h4")]


async def test_a_chain_is_forgotten_only_when_it_is_as_old_as_is_said(database: Database) -> None:
    await open_chain(database, "a", Mark(0, "h0"), process="host:1", at=NOW)
    await open_chain(database, "b", Mark(0, "g0"), process="host:1", at=NOW)
    await forget_chain(database, "a", NOW)
    assert [chain.chain for chain in await list_chains(database)] == ["a", "b"]
    await forget_chain(database, "a", LATER)
    assert [chain.chain for chain in await list_chains(database)] == ["b"]
