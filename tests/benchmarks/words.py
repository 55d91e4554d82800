"""What models learn in scripts without spaces, by each way of splitting texts into words.

    python -m tests.benchmarks.words --seeds 5

Made-up headlines of `tests/scripts.py`, one in four with the beginning of another kind, so that no
single character tells the label: AUC on 600 others after 60 labels, and texts split in a second.
"""

import argparse
import random
import statistics
import time
from collections import Counter
from dataclasses import replace

import numpy as np
from sklearn.metrics import roc_auc_score

from core.features.corpus_counts import count_texts
from core.features.pool_features import space_of
from core.features.vocabulary import MIN_WORD_COUNT, Vocabulary
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.pool.splitting import split_texts
from core.pool.token_parts import tokens_of
from core.pool.tokens import PAIRS, WHITE_SPACE, icu_here
from tests.scripts import UNSPACED, unspaced

N_LABELED, N_OTHERS = 60, 600
N_SPLIT = (
    140_000  # texts whose splitting is timed, of two headlines each, so that most are distinct
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    seeds = range(parser.parse_args().seeds)
    ways = {"white space": WHITE_SPACE, "characters and pairs": PAIRS, "ICU": icu_here()}
    print(f"{'script':10}{'words':22}{'book':>7}{'linear':>8}{'texts/s and core':>18}")
    for script in UNSPACED:
        for name, splitting in ways.items():
            found = np.array([aucs(script, splitting, seed) for seed in seeds])
            book, linear = (f"{statistics.mean(column):.3f}" for column in found.T)
            linear = linear if splitting >= PAIRS else "–"
            speed = pace(script, splitting)
            print(f"{script:10}{name:22}{book:>7}{linear:>8}{speed:18,.0f}", flush=True)


def items_of(script: str, number: int, seed: int) -> LabeledTexts:
    """Headlines with their labels; every fourth with half of another one before it."""
    draw, rows = random.Random(seed), unspaced(script, 2 * number, seed=seed)
    texts = [
        other[: len(other) // 2] + text if draw.random() < 1 / 4 else text
        for (_, text, _), (_, other, _) in zip(rows[:number], rows[number:], strict=True)
    ]
    targets = np.array([int(label != "1") for *_, label in rows[:number]])
    return LabeledTexts(texts, targets, ("1", "0"), 0)


def aucs(script: str, splitting: int, seed: int) -> tuple[float, float]:
    """(that of `book`, that of `linear`) on texts that neither has seen."""
    every = items_of(script, N_LABELED + N_OTHERS, seed)
    labeled = LabeledTexts(every.texts[:N_LABELED], every.targets[:N_LABELED], every.labels, 0)
    others, is_positive = every.texts[N_LABELED:], every.targets[N_LABELED:] == 0
    words, bags = split_texts(labeled.texts, splitting)
    counts = Counter(words[at] for at in bags.ids.tolist())
    kept = tuple(word for word, count in counts.items() if count >= MIN_WORD_COUNT)
    by = max(splitting, PAIRS)  # `linear` knows no words by white space alone
    space = replace(space_of(count_texts(*tokens_of(every.texts), splitting=by)), splitting=by)
    sources = {"book": Vocabulary(kept, splitting), "linear": space}
    found = []
    for name, source in sources.items():
        model = learn(name, source, labeled, seed).model
        found.append(float(roc_auc_score(is_positive, score_texts(model, others)[:, 0])))
    return found[0], found[1]


def pace(script: str, splitting: int) -> float:
    """Texts that one core splits in a second."""
    draw, rows = random.Random(1), [text for _, text, _ in unspaced(script, 5_000, seed=3)]
    texts = ["".join(draw.choices(rows, k=2)) for _ in range(N_SPLIT)]
    began = time.process_time()
    split_texts(texts, splitting)
    return N_SPLIT / (time.process_time() - began)


if __name__ == "__main__":
    main()
