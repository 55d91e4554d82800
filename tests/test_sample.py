"""The shipped sample is what its program makes, and is as large, rare and hard as promised."""

import csv
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "data" / "sample"
POOL = Path("unlabeled_data") / "headlines.csv"
ORACLE = Path("oracle.csv")

# The words of disaster that decoys must hold too, or a word alone would give the label away.
DISASTER_WORDS = """
    avalanche collapse cyclone drought earthquake epidemic eruption evacuation famine fire flood
    hurricane landslide plague quake storm tsunami typhoon wildfire"""
DECOYS = ("metaphor", "memorial", "drill", "hazard policy", "hazard science", "hazard fiction")


def make(out: Path, *arguments: str) -> Path:
    program = ROOT / "data" / "make_sample.py"
    command = [sys.executable, str(program), "--out", str(out), *arguments]
    subprocess.run(command, check=True, capture_output=True)
    return out


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def pool() -> list[dict[str, str]]:
    return read(SAMPLE / POOL)


@pytest.fixture(scope="module")
def oracle() -> list[dict[str, str]]:
    return read(SAMPLE / ORACLE)


@pytest.fixture(scope="module")
def disasters(oracle: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in oracle if row["label"] == "1"]


@pytest.fixture(scope="module")
def others(oracle: list[dict[str, str]]) -> list[dict[str, str]]:
    return [row for row in oracle if row["label"] == "0"]


def test_the_program_makes_the_shipped_files_byte_for_byte(tmp_path: Path) -> None:
    made = make(tmp_path)
    for file in (POOL, ORACLE):
        assert (made / file).read_bytes() == (SAMPLE / file).read_bytes(), file


def test_another_seed_makes_another_sample(tmp_path: Path, pool: list[dict[str, str]]) -> None:
    other = read(make(tmp_path, "--seed", "8") / POOL)
    assert len(other) == len(pool)
    assert {row["text"] for row in other} != {row["text"] for row in pool}


def test_the_files_have_their_headers_and_line_ends() -> None:
    headers = {POOL: b"item_id,text,published,edition\n", ORACLE: b"item_id,text,label,kind\n"}
    for file, header in headers.items():
        content = (SAMPLE / file).read_bytes()
        assert content.startswith(header)
        assert content.endswith(b"\n")
        assert b"\r" not in content


def test_pool_and_oracle_hold_the_same_items_in_the_same_order(
    pool: list[dict[str, str]], oracle: list[dict[str, str]]
) -> None:
    assert [(row["item_id"], row["text"]) for row in pool] == [
        (row["item_id"], row["text"]) for row in oracle
    ]
    assert [row["item_id"] for row in pool] == [f"sun-{n:05}" for n in range(1, len(pool) + 1)]


def test_there_are_six_thousand_distinct_headlines(pool: list[dict[str, str]]) -> None:
    assert 6_000 <= len(pool) <= 7_000
    assert len({" ".join(row["text"].lower().split()) for row in pool}) == len(pool)


def test_about_eight_in_a_hundred_are_disasters(
    oracle: list[dict[str, str]], disasters: list[dict[str, str]]
) -> None:
    assert {row["label"] for row in oracle} == {"0", "1"}
    assert 0.075 <= len(disasters) / len(oracle) <= 0.085


def test_kinds_of_disaster_are_many_and_most_are_rare(disasters: list[dict[str, str]]) -> None:
    counts = Counter(row["kind"] for row in disasters)
    assert len(counts) >= 22
    assert counts.most_common(1)[0][1] >= 100
    assert sum(2 <= count <= 6 for count in counts.values()) >= 5
    assert min(counts.values()) >= 2


def test_no_kind_has_both_labels(
    disasters: list[dict[str, str]], others: list[dict[str, str]]
) -> None:
    assert {row["kind"] for row in disasters}.isdisjoint(row["kind"] for row in others)


def test_headlines_have_three_to_fourteen_words(pool: list[dict[str, str]]) -> None:
    lengths = {len(row["text"].split()) for row in pool}
    assert min(lengths) >= 3
    assert max(lengths) <= 14


def test_no_slot_or_choice_of_a_template_is_left_open(pool: list[dict[str, str]]) -> None:
    broken = [row["text"] for row in pool if set(row["text"]) & set("[]{}|*<>")]
    assert broken == []
    assert [row["text"] for row in pool if row["text"] != " ".join(row["text"].split())] == []


def test_articles_agree_with_the_next_word(pool: list[dict[str, str]]) -> None:
    words = [row["text"].lower().split() for row in pool]
    pairs = {pair for line in words for pair in pairwise(line)}
    assert not [pair for pair in pairs if pair[0] == "an" and pair[1][0] in "bcdgjkpqtvwyz"]
    assert not [pair for pair in pairs if pair[0] == "a" and pair[1][0] in "ai"]


def test_several_hundred_decoys_are_not_disasters(others: list[dict[str, str]]) -> None:
    counts = Counter(row["kind"] for row in others)
    assert sum(counts[kind] for kind in DECOYS) >= 500
    assert min(counts[kind] for kind in DECOYS) >= 30


@pytest.mark.parametrize("word", DISASTER_WORDS.split())
def test_words_of_disaster_stand_in_other_headlines_too(
    word: str, others: list[dict[str, str]]
) -> None:
    assert any(word in row["text"].lower() for row in others)


def test_a_good_many_disasters_use_no_word_of_disaster(disasters: list[dict[str, str]]) -> None:
    indirect = [
        row
        for row in disasters
        if not any(word in row["text"].lower() for word in DISASTER_WORDS.split())
    ]
    assert len(indirect) >= len(disasters) / 4


def test_dates_run_over_ten_years_and_editions_over_ten_newsrooms(
    pool: list[dict[str, str]],
) -> None:
    days = [date.fromisoformat(row["published"]) for row in pool]
    assert 9 <= (max(days) - min(days)).days / 365 <= 10.1
    assert len({row["edition"] for row in pool}) >= 10


def test_neither_order_nor_date_nor_edition_tells_the_label(
    pool: list[dict[str, str]], oracle: list[dict[str, str]]
) -> None:
    labels = [int(row["label"]) for row in oracle]
    by_date = sorted(range(len(pool)), key=lambda at: pool[at]["published"])
    for order in (range(len(pool)), by_date):
        ranks = [rank for rank, at in enumerate(order) if labels[at]]
        assert sum(ranks) / len(ranks) / len(pool) == pytest.approx(0.5, abs=0.05)
    shares = {
        edition: [
            label for row, label in zip(pool, labels, strict=True) if row["edition"] == edition
        ]
        for edition in {row["edition"] for row in pool}
    }
    assert all(0.03 <= sum(found) / len(found) <= 0.2 for found in shares.values())


def test_headlines_are_set_in_more_than_one_style(pool: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in pool]
    n_plain = sum(text == text.lower() for text in texts)
    assert 0.3 <= n_plain / len(texts) <= 0.8
    for sign in ("'", ",", "$", "£", "₹", "€"):
        assert any(sign in text for text in texts)
    assert any(not text.isascii() and any(c.isalpha() and c > "~" for c in text) for text in texts)


def test_each_newsroom_keeps_its_own_spelling(pool: list[dict[str, str]]) -> None:
    american = " ".join(row["text"] for row in pool if row["edition"] == "United States").lower()
    british = " ".join(row["text"] for row in pool if row["edition"] == "Britain").lower()
    assert " per cent" not in american
    assert " percent" not in british
    assert "center" in american
    assert "centre" not in american
    assert "centre" in british


def test_words_are_as_unequal_as_in_the_news(pool: list[dict[str, str]]) -> None:
    counts = Counter(word for row in pool for word in row["text"].lower().split())
    assert len(counts) >= 4_000
    assert sum(count < 3 for count in counts.values()) >= len(counts) / 5


def test_four_hundred_labels_do_not_teach_a_bag_of_words(oracle: list[dict[str, str]]) -> None:
    # Order tells nothing of the label, so the first 400 items are a random sample.
    texts = [row["text"] for row in oracle]
    labels = [int(row["label"]) for row in oracle]
    counts = CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False, min_df=3)
    features = counts.fit_transform(texts)
    model = LogisticRegression(max_iter=500).fit(features[:400], labels[:400])
    assert f1_score(labels[400:], model.predict(features[400:]), zero_division=0) < 0.5


def test_two_thousand_labels_teach_much_and_not_everything(oracle: list[dict[str, str]]) -> None:
    texts = [row["text"] for row in oracle]
    labels = [int(row["label"]) for row in oracle]
    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)
    model = LogisticRegression(C=10, max_iter=500).fit(features[:2_000], labels[:2_000])
    probability = model.predict_proba(features[2_000:])[:, 1]
    assert 0.9 < roc_auc_score(labels[2_000:], probability) < 0.99
