"""Bodies that are inflated step by step."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fhir.inflate import STEP, Inflation, NotInflatable


def inflated(encoding: str, *chunks: bytes) -> bytes:
    inflation = Inflation(encoding)
    return b"".join([*(piece for chunk in chunks for piece in inflation.pieces(chunk)), inflation.rest()])


@given(st.binary(max_size=5000), st.integers(1, 500), st.sampled_from(["gzip", "GZIP ", "x-gzip"]))
def test_what_was_compressed_comes_out_again_however_it_was_cut(content: bytes, size: int, encoding: str) -> None:
    packed = gzip.compress(content)
    assert inflated(encoding, *(packed[at : at + size] for at in range(0, len(packed), size))) == content


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_compressed_is_left_as_it_is(encoding: str) -> None:
    assert inflated(encoding, b"one", b"", b"two") == b"onetwo"


def test_a_bomb_comes_out_in_small_pieces() -> None:
    bomb = gzip.compress(b" " * 20_000_000)
    pieces = list(Inflation("gzip").pieces(bomb))
    assert max(map(len, pieces)) <= STEP
    assert sum(map(len, pieces)) == 20_000_000


def test_every_byte_of_a_size_around_a_step_comes_out() -> None:
    for size in (STEP - 1, STEP, STEP + 1, 2 * STEP):
        assert len(inflated("gzip", gzip.compress(bytes(size)))) == size


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,identity", "deflate", "br", "zstd", "*", "gzip;q=1"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with pytest.raises(NotInflatable):
        inflated(encoding, gzip.compress(b"{}"))


@pytest.mark.parametrize("body", [b"", b"{}", gzip.compress(b"{}" * 9)[:-9], b"\x1f\x8b" + b"x" * 20])
def test_what_is_not_gzip_or_breaks_off_is_refused(body: bytes) -> None:
    with pytest.raises(NotInflatable):
        inflated("gzip", body)


def test_what_comes_after_the_end_is_not_looked_at() -> None:
    assert inflated("gzip", gzip.compress(b"{}") + gzip.compress(b" " * 9), b"more") == b"{}"
