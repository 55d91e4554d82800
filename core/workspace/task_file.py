"""The `task.toml` of a new task, written so that reading it gives what was meant."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import TaskError
from core.workspace.task import MAX_LABELS, SPLITS, parse_task

Value = str | int | bool

POSITIVE_WORDS = frozenset({"1", "yes", "true", "positive", "pos", "relevant", "related"})
"""Words for labels that say which one is positive."""


@dataclass(frozen=True)
class LabelWish:
    """A label as somebody wants it; no key: its number in the list."""

    value: str
    name: str = ""
    key: str = ""
    positive: bool = False


def task_text(
    title: str, question: str, labels: Sequence[LabelWish], targets: Mapping[str, int]
) -> str:
    """A `task.toml` of these labels; all other numbers are the default ones.

    `question` is what stands above each item. Raises TaskError for what no task can be.
    """
    files = _file_names([wish.name or wish.value for wish in labels])
    lines = [_pair("title", title), "", "[instructions]", _pair("short", question)]
    for wish, file in zip(labels, files, strict=True):
        lines += ["", "[[labels]]", *_label_lines(wish, file)]
    lines += ["", "[targets]", *(_pair(split, targets[split]) for split in SPLITS)]
    text = "\n".join([*lines, ""])
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise TaskError("The new task: a text holds half a character. Type it again.") from error
    parse_task(text, "the new task")
    return text


def labels_of_words(counts: Mapping[str, int]) -> list[LabelWish]:
    """The labels of a task that takes them from a table, where each word stands so many times.

    The positive one is a word that says so, else the rarest. Raises TaskError if there are fewer
    than two words, or more than a task can have.
    """
    if not 2 <= len(counts) <= MAX_LABELS:
        raise TaskError(
            f"The table has {len(counts):,} words for labels, and a task 2 to {MAX_LABELS} labels. "
            "Keep the column as it is with --no-label, or map its words with --label-map."
        )
    said = [word for word in counts if word.casefold() in POSITIVE_WORDS]
    positive = said[0] if said else min(counts, key=lambda word: (counts[word], word))
    # The positive label comes first: its key is 1.
    ordered = sorted(counts, key=lambda word: word != positive)
    return [LabelWish(word, positive=word == positive) for word in ordered]


def _label_lines(wish: LabelWish, file: str) -> list[str]:
    pairs: dict[str, Value] = {"value": wish.value, "name": wish.name or wish.value, "file": file}
    if wish.key:
        pairs["key"] = wish.key
    if wish.positive:
        pairs["positive"] = True
    return [_pair(name, value) for name, value in pairs.items()]


def _pair(name: str, value: Value) -> str:
    if isinstance(value, str):
        # A basic string of TOML is one of JSON, but for this character, which JSON takes as it is.
        quoted = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    else:
        quoted = str(value).lower()
    return f"{name} = {quoted}"


def _file_names(names: Sequence[str]) -> list[str]:
    """A plain file name for each label, all of them different, also where case does not count."""
    files: list[str] = []
    for number, name in enumerate(names, start=1):
        stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or f"label_{number}"
        file = f"{stem}.csv"
        files.append(f"{stem}_{number}.csv" if file in files else file)
    return files
