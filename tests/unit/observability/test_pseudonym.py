from __future__ import annotations

import hashlib
import hmac

import pytest

from app.observability.pseudonym import Pseudonyms

KEY = b"k" * 32
CLIENT = "https://ehr.example.org"


def test_it_is_the_hmac_of_kind_client_and_id() -> None:
    expected = hmac.new(KEY, b"patient\0https://ehr.example.org\x004711", hashlib.sha256).hexdigest()
    assert Pseudonyms(KEY).of("patient", CLIENT, "4711") == expected


def test_the_same_id_elsewhere_is_somebody_else() -> None:
    names = Pseudonyms(KEY)
    several = {
        names.of("patient", CLIENT, "4711"),
        names.of("user", CLIENT, "4711"),
        names.of("patient", "https://other.example.org", "4711"),
        Pseudonyms(b"j" * 32).of("patient", CLIENT, "4711"),
    }
    assert len(several) == 4


def test_without_a_key_there_are_none() -> None:
    assert Pseudonyms(None).of("patient", CLIENT, "4711") is None


@pytest.mark.parametrize("key", [b"", b"secret", b"k" * 31])
def test_a_key_from_which_ids_could_be_guessed_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Pseudonyms(key)
