"""The file `task.toml`: reading a task from it, and names and values as its lines."""

import json
import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from core.errors import RunError, TaskError
from core.workspace.task import (
    FIRST_COUNTS,
    HOLD,
    KEY_UNSAID,
    MAX_LABELS,
    MOST,
    NONE,
    NONE_FILE,
    SEPARATOR,
    SPLITS,
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
    reader = _Reader(source)
    defaults = tomllib.loads(DEFAULT_TASK_FILE.read_text(encoding="utf-8"))
    reader.known(table, defaults, "the top level")
    # The chapter's instructions go with the chapter's labels.
    unsaid = {"short": "", "detailed": ""} if "labels" in table else defaults["instructions"]
    instructions = reader.table(table, "instructions", unsaid)
    names = ("targets", "batch", "rest", "model", "card", "quality", "keys")
    own = {name: reader.table(table, name, defaults[name]) for name in names}
    batch, card, several = own["batch"], own["card"], reader.flag(table, "several")
    every = _read_labels(reader, table.get("labels", defaults["labels"]), several, own["keys"])
    labels = tuple(label for label in every if not label.retired)
    return Task(
        title=reader.text(table, "title", defaults["title"]),
        short=reader.text(instructions, "short", ""),
        detailed=reader.text(instructions, "detailed", "").strip(),
        labels=labels,
        retired=tuple(label for label in every if label.retired),
        several=several,
        keys=_read_keys(reader, table, labels, defaults["keys"]),
        targets={split: reader.number(own["targets"], split, 0) for split in SPLITS},
        batch_size=reader.number(batch, "size", 1),
        mix=_read_mix(reader, batch),
        stratify_by=reader.text(batch, "stratify_by", ""),
        release_minutes=reader.number(batch, "release_minutes", 0),
        rest_minutes=reader.number(own["rest"], "minutes", 0),
        seed=reader.number({"seed": defaults["seed"], **table}, "seed", 0),
        show=reader.texts(card, "show", 'Write show = ["channel"]'),
        before=reader.text(card, "before", ""),
        frequent_first=reader.flag(card, "frequent_first"),
        source=source,
        rarest=_read_rarest(reader, batch, labels),
        quality=_read_quality(reader, own["quality"]),
        **_read_model(reader, own["model"], several),
    )


def _read_rarest(reader: "_Reader", batch: Mapping[str, Any], labels: Iterable[Label]) -> str:
    """The value of the label that `rarest label` looks for; a former value means today's."""
    rarest = reader.text(batch, "rarest", "")
    meant = next((x.value for x in labels if rarest in (x.value, *x.was)), "")
    if rarest and not meant:
        what = f"names `{rarest}`, which is not a label"
        raise reader.error("[batch] `rarest`", what, "Name a label's value, or leave it empty")
    return meant


def _read_model(reader: "_Reader", model: Mapping[str, Any], several: bool) -> dict[str, str]:
    """`model` and `encoder` of the task, the second of which may be empty."""
    name = reader.text(model, "name", None)
    try:
        require_model(name, several=several)
    except RunError as error:
        raise TaskError(f"{reader.source}: [model] {error}", reader.source) from error
    encoder = reader.text(model, "encoder", "")
    if encoder and name == "book":
        what = f"asks for the encoder `{encoder}`, but the model `book` sees words alone"
        raise reader.error("[model]", what, "Take `linear`, or leave `encoder` empty")
    return {"model": name, "encoder": encoder}


def _read_quality(reader: "_Reader", quality: Mapping[str, Any]) -> Quality:
    disputed = reader.text(quality, "disputed", None)
    if disputed not in (FIRST_COUNTS, HOLD):
        choices = f"Use {listed((FIRST_COUNTS, HOLD))}"
        raise reader.error("[quality] `disputed`", f"is `{disputed}`", choices)
    shares = (reader.share(quality, name) for name in ("overlap", "repeat"))
    return Quality(*shares, reader.number(quality, "start", 0), disputed)


def _read_mix(reader: "_Reader", batch: Mapping[str, Any]) -> dict[str, int]:
    mix = batch["mix"]
    if not isinstance(mix, dict):
        raise reader.error("[batch.mix]", "is not a table", "Write one number a line below it")
    return check_mix(mix, f"{reader.source}, [batch.mix]", reader.source)


def _read_labels(
    reader: "_Reader", entries: object, several: bool, keys: Mapping[str, Any]
) -> tuple[Label, ...]:
    """All labels, retired ones among them; those without a key get the free ones."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise reader.error("labels", "are not tables", "Write one `[[labels]]` for each label")
    labels = tuple(
        _read_label(reader, entry, number) for number, entry in enumerate(entries, start=1)
    )
    offered = [label for label in labels if not label.retired]
    if not 2 <= len(offered) <= MAX_LABELS:
        what = f"{len(offered)} label{'s' * (len(offered) != 1)}"
        raise reader.error("it has", what, f"A task can have 2 to {MAX_LABELS}")
    _refuse_repeated(reader, labels)
    positives = sum(label.positive for label in offered)
    if positives > 1 or (not positives and len(offered) == 2 and not several):
        what = f"name {positives} as positive"
        raise reader.error("labels", what, "Give one `positive = true`")
    if several:
        _check_several(reader, labels)
    elif sum(label.default for label in offered) > 1:
        raise reader.error("labels", "name several as default", "Give at most one `default = true`")
    return with_keys(labels, {str(key).lower() for key in keys.values()})


def _refuse_repeated(reader: "_Reader", labels: Iterable[Label]) -> None:
    uses = {what: [getattr(label, what) for label in labels] for what in ("value", "name", "file")}
    uses["value"] += [value for label in labels for value in label.was]
    for what, values in uses.items():
        if repeated := sorted(value for value, number in Counter(values).items() if number > 1):
            same = f"two labels have the same {what}: {listed(repeated)}"
            raise reader.error("labels and keys:", same, "Make them differ")


def _check_several(reader: "_Reader", labels: Iterable[Label]) -> None:
    for label in labels:
        where = f"label `{label.value}`"
        if any(SEPARATOR in value or value == NONE for value in (label.value, *label.was)):
            what = f"holds `{SEPARATOR}` or is `{NONE}`, which join labels and stand for none"
            raise reader.error(where, what, "Give it another value")
        if label.file.casefold() == NONE_FILE:
            what = f"has the file `{NONE_FILE}`, which holds the texts without a label"
            raise reader.error(where, what, "Give it another file")
        if label.default:
            what = "is the default, but Enter gives the labels that were chosen"
            raise reader.error(where, what, "Take `default` out")


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


def _read_label(reader: "_Reader", entry: dict[str, Any], number: int) -> Label:
    where = f"label {number}"
    reader.known(entry, {each.name for each in fields(Label)}, where)
    value = reader.text(entry, "value", None)
    file = reader.text(entry, "file", None)
    if not value or value != value.strip():
        raise reader.error(where, "has an empty or padded value", "Give it one such as `1`")
    if not re.fullmatch(r"[\w][\w .-]*\.csv", file) or len(file.encode()) > MAX_FILE_NAME:
        what = f"has the file `{file[:60]}`"
        raise reader.error(where, what, "Name a plain file that ends in .csv, in few letters")
    return Label(
        value,
        reader.text(entry, "name", value),
        file,
        reader.text(entry, "key", KEY_UNSAID).lower(),
        **{name: reader.flag(entry, name) for name in ("positive", "default", "retired")},
        description=reader.text(entry, "description", "").strip(),
        examples=reader.texts(entry, "examples", 'Write examples = ["a text"]'),
        was=reader.texts(entry, "was", 'Write was = ["old"]'),
    )


def _read_keys(
    reader: "_Reader",
    table: Mapping[str, Any],
    labels: tuple[Label, ...],
    defaults: Mapping[str, str],
) -> Keys:
    """The action keys; `back` moves to Backspace where a label has taken its default, `2`."""
    if defaults["back"] in {label.key for label in labels}:
        defaults = {**defaults, "back": "backspace"}
    chosen = reader.table(table, "keys", defaults)
    keys = {action: reader.text(chosen, action, None).lower() for action in defaults}
    uses = [(f"label {label.value}", label.key) for label in labels if label.key]
    uses += keys.items()
    for what, key in uses:
        _check_key(reader, what, key)
    user_of: dict[str, str] = {}
    for what, key in uses:
        if key in user_of:
            where = f"the key `{key}`"
            mend = "Give one of them another key"
            raise reader.error(where, f"is used twice, by {user_of[key]} and by {what}", mend)
        user_of[key] = what
    return Keys(**keys)


def _check_key(reader: "_Reader", what: str, key: str) -> None:
    where = f"the key of {what}"
    if key == "enter":
        raise reader.error(where, "is Enter", "Set `default = true` on the label that Enter gives")
    if key in STREAMLIT_KEYS:
        raise reader.error(where, f"is `{key}`, which Streamlit uses", "Choose another")
    if len(key) != 1 and key not in _NAMED_KEYS:
        raise reader.error(where, f"is `{key}`", "Choose one character, Backspace or an arrow key")


@dataclass(frozen=True)
class _Reader:
    """Reads values out of a TOML table and says where one is wrong."""

    source: str

    def error(self, where: str, what: str, mend: str) -> TaskError:
        return TaskError(f"{self.source}: {where} {what}. {mend}.", self.source)

    def known(self, table: Mapping[str, Any], names: Iterable[str], where: str) -> None:
        for name in table:
            if name not in names:
                mend = f"Use {listed(sorted(names))}"
                raise self.error(where, f"has `{name}`, which is not a setting", mend)

    def table(self, table: Mapping[str, Any], name: str, defaults: Mapping[str, Any]) -> dict:
        found = table.get(name, {})
        if not isinstance(found, dict):
            raise self.error(f"`{name}`", "is not a table", f"Write `[{name}]`")
        self.known(found, defaults, f"[{name}]")
        return {**defaults, **found}

    def text(self, table: Mapping[str, Any], name: str, default: str | None) -> str:
        value = table.get(name, default)
        if not isinstance(value, str):
            raise self.error(f"`{name}`", "is missing or not text", 'Write it in "quotes"')
        return value

    def texts(self, table: Mapping[str, Any], name: str, mend: str) -> tuple[str, ...]:
        """A list of texts, each once; nothing is an empty one."""
        values = table.get(name, [])
        if not isinstance(values, list) or not all(isinstance(x, str) and x for x in values):
            raise self.error(f"`{name}`", "is not a list of texts", mend)
        return tuple(dict.fromkeys(values))

    def flag(self, table: Mapping[str, Any], name: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            raise self.error(f"`{name}`", "is neither true nor false", "Write true or false")
        return value

    def number(self, table: Mapping[str, Any], name: str, least: int) -> int:
        value = table[name]
        if type(value) is not int or not least <= value <= MOST:
            mend = f"Give a whole number from {least} to {MOST:,}"
            raise self.error(f"`{name}`", f"is {shortened(value)}", mend)
        return value

    def share(self, table: Mapping[str, Any], name: str) -> float:
        value = table[name]
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise self.error(f"`{name}`", f"is {shortened(value)}", "Give a share from 0 to 1")
        return float(value)


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
