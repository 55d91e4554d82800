import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import PasswordError
from core.system.password import check_hash, hash_password, is_password

WORDS = "lamp otter seven harbour"


@settings(max_examples=5)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=10, max_size=50))
def test_a_password_is_known_by_its_hash_and_no_other_is(password: str):
    stored = hash_password(password)
    assert is_password(password, stored)
    for other in (password + "x", password + "\0", password[:-1]):
        assert not is_password(other, stored)
    assert password not in stored


def test_the_same_password_has_another_hash_each_time():
    assert hash_password(WORDS) != hash_password(WORDS)


@pytest.mark.parametrize("password", ["", "short", "123456789", "x" * 1_001])
def test_a_poor_password_is_refused(password: str):
    with pytest.raises(PasswordError, match="characters"):
        hash_password(password)


@pytest.mark.parametrize(
    "stored",
    [
        WORDS,
        "",
        "scrypt",
        "scrypt$1$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA",
        "scrypt$33554432$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
        "scrypt$32768$8000$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
        "scrypt$32768$8$100$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
        "scrypt$32767$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
        "scrypt$-32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
        "md5$32768$8$1$AAAAAAAAAAAAAAAAAAAAAA==$" + "A" * 43 + "=",
    ],
)
def test_what_is_no_hash_of_ours_is_refused_and_costs_nothing(stored: str):
    for ask in (check_hash, lambda stored: is_password(WORDS, stored)):
        with pytest.raises(PasswordError, match="python -m core password"):
            ask(stored)


def test_half_a_character_is_no_password():
    assert not is_password("lamp otter \ud800", hash_password(WORDS))
