"""The file `task.toml`: reading a task from it, and names and values as its lines."""

import json
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import RunError, TaskError
from core.system.findings import counted
from core.workspace.task import (
    BUNDLED,
    FIRST_COUNTS,
    FORMER_STRATEGIES,
    HOLD,
    KEY_UNSAID,
    MAX_LABELS,
    MOST,
    NONE,
    NONE_FILE,
    SEPARATOR,
    Keys,
    Label,
    Quality,
    Task,
    check_mix,
    listed,
    require_model,
    shortened,
)

DEFAULT_TASK_FILE = Path(__file__).with_name("default_task.toml")
MAX_FILE_NAME = 200  # bytes: systems take 255, and a torn line is kept under a longer name
STREAMLIT_KEYS = frozenset({"c", "r"})
"""Streamlit clears its cache with `c` and reruns the page with `r`."""
_NAMED_KEYS = frozenset(
    {"backspace", "delete", "tab", "arrowleft", "arrowright", "arrowup", "arrowdown", " "}
)

PLACES = {
    "seed": ("", "seed"),
    "several": ("", "several"),
    "show": ("card", "show"),
    "before": ("card", "before"),
    "frequent_first": ("card", "frequent_first"),
    "batch_size": ("batch", "size"),
    "first_batch_size": ("batch", "first_size"),
    "release_minutes": ("batch", "release_minutes"),
    "stratify_by": ("batch", "stratify_by"),
    "rarest": ("batch", "rarest"),
    "recheck_bulk": ("batch", "recheck_bulk"),
    "rare_start": ("batch", "rare_start"),
    "model": ("model", "name"),
    "encoder": ("model", "encoder"),
    "words": ("text", "words"),
}
"""The table and the name under which a field of the task is read and written, as it is."""
FORMER = ("rest",)  # tables of earlier versions, which mean nothing any more
OWN_RULES = ("labels", "mix", "searches")
"""What is checked elsewhere: of these the names, or their number, are anybody's choice."""


def default_task() -> Task:
    """The chapter's task: disaster-related or not, 1,200 / 400 / 100 items."""
    return parse_task(DEFAULT_TASK_FILE.read_text(encoding="utf-8"), "the built-in task")


def load_task(path: Path) -> Task:
    """The task in this file; where there is no such file, the chapter's task."""
    if not path.exists():
        return default_task()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name}: {error}. Save it as a readable UTF-8 file."
        raise TaskError(message, path.name) from error
    return parse_task(text, path.name)


def parse_task(text: str, source: str) -> Task:
    """The task that this TOML text describes; raises TaskError with the mend."""
    try:
        table = tomllib.loads(text)
    # Numbers of thousands of digits and tables of thousands of levels are told by other errors.
    except (ValueError, RecursionError) as error:
        message = f"{source} is not valid TOML: {error}. Correct that line."
        raise TaskError(message, source) from error
    try:
        return replace(_task(table), source=source)
    except TaskError as error:
        raise TaskError(f"{source}: {error}", source) from error


def _task(table: Mapping[str, Any]) -> Task:
    """The task of this table; raises TaskError, which does not say in what file it stands."""
    usual = tomllib.loads(DEFAULT_TASK_FILE.read_text(encoding="utf-8"))
    if "labels" in table:  # the chapter's instructions go with the chapter's labels
        usual["instructions"] = dict.fromkeys(usual["instructions"], "")
    table = {name: value for name, value in table.items() if name not in FORMER}
    said = read_table(table, usual, "the top level")
    plain = {field: (said[at] if at else said)[name] for field, (at, name) in PLACES.items()}
    every = _read_labels(said["labels"], plain["several"], said["keys"])
    labels = tuple(label for label in every if not label.retired)
    plain["rarest"] = _read_rarest(plain["rarest"], labels)
    _check_learner(plain["model"], plain["encoder"], plain["words"], plain["several"])
    # Where a label has taken the usual key of back, `2`, that one moves.
    if "back" not in table.get("keys", {}) and said["keys"]["back"] in {x.key for x in labels}:
        said["keys"]["back"] = "backspace"
    return Task(
        title=said["title"],
        short=said["instructions"]["short"],
        detailed=said["instructions"]["detailed"].strip(),
        labels=labels,
        retired=tuple(label for label in every if label.retired),
        keys=_read_keys(said["keys"], labels),
        targets=said["targets"],
        mix=_read_mix(said["batch"]["mix"]),
        former=tuple(name for name in FORMER_STRATEGIES if name in said["batch"]["mix"]),
        quality=_read_quality(said["quality"]),
        **plain,
    )


def _read_rarest(rarest: str, labels: Iterable[Label]) -> str:
    """The value of the label that `rarest label` looks for; a former value means today's."""
    meant = next((x.value for x in labels if rarest in (x.value, *x.was)), "")
    if rarest and not meant:
        what = f"[batch] `rarest` names `{rarest}`, which is not a label"
        raise TaskError(f"{what}. Name a label's value, or leave it empty.")
    return meant


def _check_learner(name: str, encoder: str, words: str, several: bool) -> None:
    try:
        require_model(name, several=several)
    except RunError as error:
        raise TaskError(f"[model] {error}") from error
    if encoder not in ("", BUNDLED) and name == "book":
        what = f"[model] asks for the encoder `{encoder}`, but the model `book` sees words alone"
        raise TaskError(f"{what}. Take `linear`, or leave `encoder` empty.")
    if words not in ("", "icu"):
        raise TaskError(f"[text] `words` is `{words}`. Write `icu`, or leave it empty.")
    if words and not find_spec("icu4py"):
        todo = "Install it (pip install -r requirements-words.txt), or leave `words` empty."
        raise TaskError(f"[text] `words` is `icu`, but icu4py is not installed. {todo}")


def _read_quality(quality: Mapping[str, Any]) -> Quality:
    if (disputed := quality["disputed"]) not in (FIRST_COUNTS, HOLD):
        use = f"Use {listed((FIRST_COUNTS, HOLD))}."
        raise TaskError(f"[quality] `disputed` is `{disputed}`. {use}")
    return Quality(**quality)


def _read_mix(mix: object) -> dict[str, int]:
    if not isinstance(mix, dict):
        raise TaskError("[batch.mix] is not a table. Write one number a line below it.")
    return check_mix(mix, "[batch.mix]", renew=True)


def _read_labels(entries: object, several: bool, keys: Mapping[str, str]) -> tuple[Label, ...]:
    """All labels, retired ones among them; those without a key get the free ones."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise TaskError("labels are not tables. Write one `[[labels]]` for each label.")
    labels = tuple(_read_label(entry, number) for number, entry in enumerate(entries, start=1))
    offered = [label for label in labels if not label.retired]
    if not 2 <= len(offered) <= MAX_LABELS:
        had = counted(len(offered), "label")
        raise TaskError(f"it has {had}. A task can have 2 to {MAX_LABELS}.")
    _refuse_repeated(labels)
    positives = sum(label.positive for label in offered)
    if positives > 1 or (not positives and len(offered) == 2 and not several):
        raise TaskError(f"labels name {positives} as positive. Give one `positive = true`.")
    if several:
        _check_several(labels)
    elif sum(label.default for label in offered) > 1:
        raise TaskError("labels name several as default. Give at most one `default = true`.")
    return with_keys(labels, {key.lower() for key in keys.values()})


def _refuse_repeated(labels: Iterable[Label]) -> None:
    uses = {what: [getattr(label, what) for label in labels] for what in ("value", "name", "file")}
    uses["value"] += [value for label in labels for value in label.was]
    for what, values in uses.items():
        if repeated := sorted(value for value, number in Counter(values).items() if number > 1):
            same = f"two labels have the same {what}: {listed(repeated)}"
            raise TaskError(f"labels and keys: {same}. Make them differ.")


def _check_several(labels: Iterable[Label]) -> None:
    for label in labels:
        if any(SEPARATOR in value or value == NONE for value in (label.value, *label.was)):
            what = f"holds `{SEPARATOR}` or is `{NONE}`, which join labels and stand for none"
            todo = "Give it another value."
        elif label.file.casefold() == NONE_FILE:
            what = f"has the file `{NONE_FILE}`, which holds the texts without a label"
            todo = "Give it another file."
        elif label.default:
            what = "is the default, but Enter gives the labels that were chosen"
            todo = "Take `default` out."
        else:
            continue
        raise TaskError(f"label `{label.value}` {what}. {todo}")


def with_keys(labels: tuple[Label, ...], taken: set[str]) -> tuple[Label, ...]:
    """The labels with keys for those that name none: their number, then free digits and letters.

    If that is not enough for all, letters are left free: they find labels by their names.
    """
    asks = [label for label in labels if label.key == KEY_UNSAID and not label.retired]
    taken = (taken - {"2"}) | {label.key for label in labels}
    digits = [key for key in "1234567890" if key not in taken]
    letters = [key for key in string.ascii_lowercase if key not in taken | STREAMLIT_KEYS]
    free = digits + letters * (len(asks) <= len(digits) + len(letters))
    numbers = {label.value: str(number) for number, label in enumerate(labels, start=1)}
    own = {label.value: numbers[label.value] for label in asks if numbers[label.value] in digits}
    rest = iter([key for key in free if key not in own.values()])
    keys = {label.value: own.get(label.value) or next(rest, "") for label in asks}
    return tuple(
        replace(label, key=keys.get(label.value, "" if label.key == KEY_UNSAID else label.key))
        for label in labels
    )


def _read_label(entry: Mapping[str, Any], number: int) -> Label:
    label = Label(**read_table(entry, asdict(Label("")), f"label {number}"))
    if not label.value or label.value != label.value.strip():
        what = f"label {number} has an empty or padded value"
        raise TaskError(f"{what}. Give it one such as `1`.")
    is_plain = re.fullmatch(r"[\w][\w .-]*\.csv", label.file)
    if not is_plain or len(label.file.encode()) > MAX_FILE_NAME:
        what = f"label {number} has the file `{label.file[:60]}`"
        raise TaskError(f"{what}. Name a plain file that ends in .csv, in few letters.")
    name, key = entry.get("name", label.value), label.key.lower()
    return replace(label, name=name, key=key, description=label.description.strip())


def _read_keys(keys: Mapping[str, str], labels: Iterable[Label]) -> Keys:
    """The action keys; no key is used twice, nor by what it cannot be used for."""
    keys = {action: key.lower() for action, key in keys.items()}
    uses = [(f"label {label.value}", label.key) for label in labels if label.key]
    user_of: dict[str, str] = {}
    for what, key in (*uses, *keys.items()):
        _check_key(what, key)
        if key in user_of:
            both = f"is used twice, by {user_of[key]} and by {what}"
            raise TaskError(f"the key `{key}` {both}. Give one of them another key.")
        user_of[key] = what
    return Keys(**keys)


def _check_key(what: str, key: str) -> None:
    where = f"the key of {what}"
    if key == "enter":
        raise TaskError(f"{where} is Enter. Set `default = true` on the label that Enter gives.")
    if key in STREAMLIT_KEYS:
        raise TaskError(f"{where} is `{key}`, which Streamlit uses. Choose another.")
    if len(key) != 1 and key not in _NAMED_KEYS:
        raise TaskError(f"{where} is `{key}`. Choose one character, Backspace or an arrow key.")


def read_table(table: Mapping[str, Any], usual: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The table, over what it usually holds: those names, and each value of the same kind."""
    for name in table:
        if name not in usual:
            names = listed(sorted(usual))
            raise TaskError(f"{where} has `{name}`, which is not a setting. Use {names}.")
    return {name: _read_value(name, table.get(name, like), like) for name, like in usual.items()}


def _read_value(name: str, value: Any, like: object) -> Any:  # noqa: ANN401 (any of TOML's)
    """The value, if it is of the kind of `like`; a number from 0 on, a share, a list once."""
    if name in OWN_RULES:
        return value
    if refusal := _refusal(name, value, like):
        raise TaskError(f"`{name}` is {refusal}.")
    if isinstance(like, dict):
        return read_table(value, like, f"[{name}]")
    if isinstance(like, list | tuple):
        return tuple(dict.fromkeys(value))
    return float(value) if isinstance(like, float) else value


def _refusal(name: str, value: object, like: object) -> str:
    """What a value is that should be of the kind of `like`, and the mend; empty if it is."""
    least = int(name == "size")  # no batch is empty
    match like:
        case bool():
            is_right = isinstance(value, bool)
            told = "neither true nor false. Write true or false"
        case str():
            is_right = isinstance(value, str)
            told = 'not text. Write it in "quotes"'
        case int():
            is_right = type(value) is int and least <= value <= MOST
            told = f"{shortened(value)}. Give a whole number from {least} to {MOST:,}"
        case float():
            is_right = type(value) in (int, float) and 0 <= value <= 1
            told = f"{shortened(value)}. Give a share from 0 to 1"
        case dict():
            is_right = isinstance(value, dict)
            told = f"not a table. Write `[{name}]`"
        case _:
            is_list = isinstance(value, list | tuple)
            is_right = is_list and all(isinstance(x, str) and x for x in value)
            told = f'not a list of texts. Write {name} = ["one", "another"]'
    return "" if is_right else told


def pair(name: str, value: str | int | float | bool | list) -> str:
    """A name and its value in a line."""
    return f"{name} = {str(value).lower() if isinstance(value, int) else _quoted(value)}"


def long_pair(name: str, text: str) -> str:
    """A text that is read without the space around it: one of several lines stands in as many."""
    if "\n" not in text:
        return pair(name, text)
    lines = [_quoted(line)[1:-1] for line in text.split("\n")]
    return "\n".join([f'{name} = """', *lines, '"""'])


def _quoted(value: str | float | list) -> str:
    """Texts, lists of them, shares: as in JSON, but for a character which JSON takes as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
