import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from core.pool import hashing
from core.pool.hashing import hash_texts, set_key

TEXTS = st.lists(st.text(max_size=5), max_size=20)


@given(texts=TEXTS, block=st.integers(1, 7))
def test_texts_are_equal_if_their_hashes_are(texts: list[str], block: int):
    before, hashing.BYTES_AT_ONCE = hashing.BYTES_AT_ONCE, block
    try:
        found = hash_texts(texts).tolist()
    finally:
        hashing.BYTES_AT_ONCE = before
    assert found == [int(hash_texts([text])[0]) for text in texts]
    assert len(set(found)) == len(set(texts))


def test_a_part_of_a_table_has_the_hashes_of_the_part():
    texts = ["", "flood", "Flood", "", "floods ", "日本", "\x00", "\x00\x00"]
    whole = hash_texts(pa.array(texts))
    assert np.array_equal(hash_texts(pa.array(texts).slice(2, 4)), whole[2:6])
    assert np.array_equal(hash_texts(texts), whole)
    assert len(np.unique(whole)) == 7


def test_half_a_character_is_hashed_too():
    """Such a text can come from a program; no file holds one."""
    assert len(np.unique(hash_texts(["\ud800", "\ud801", "?"]))) == 3


@given(st.lists(st.sampled_from("abc"), max_size=6), st.randoms())
def test_a_set_of_texts_has_one_key_in_any_order(texts: list[str], draw):
    shuffled = draw.sample(texts, len(texts))
    assert set_key(hash_texts(texts)) == set_key(hash_texts(shuffled))
    assert set_key(hash_texts([*texts, "a"])) != set_key(hash_texts([*texts, "b"]))
    assert set_key(hash_texts(texts)) != set_key(hash_texts([*texts, *texts, "a"]))
