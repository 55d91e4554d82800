"""What is labeled: labels, keys, instructions and numbers, read from `task.toml`."""

import re
import string
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from core.errors import RunError, TaskError

DEFAULT_TASK_FILE = Path(__file__).with_name("default_task.toml")
SPLITS = ("evaluation", "validation", "training")
"""In the order in which the loop fills them (chapter 2: evaluation data first)."""
SPLIT_NAMES = dict(zip(SPLITS, ("test set", "validation set", "training data"), strict=True))
"""As people read them."""
STRATEGIES = (
    "random", "stratified length", "stratified column",
    "low confidence", "mean confidence", "margin", "ratio", "entropy", "diverse",
    "outlier", "novel words", "underrepresented words", "representative",
    "most likely positive", "rarest label",
)  # fmt: skip
"""In the order in which a batch is filled; the spellings that stand in the files."""
NOT_RECORDED = "not recorded"
"""Stands where a label file says neither strategy nor annotator."""
SUNLIGHT = "sunlight"
"""Stands where a strategy does for items that a person labeled while looking around. No batch can
ask for it: they are no sample of anything."""
SECOND_OPINION, REPEAT, ADJUDICATION = "second opinion", "repeat", "adjudication"
"""Stand where a strategy does for items that are proposed once more: to another person, to the same
one, to one who decides. No batch can ask for them."""
OPINIONS = (SECOND_OPINION, REPEAT)
"""Those that never change a label."""
MODELS = ("linear", "book")
"""The first is the default."""
FORMER_MODELS = ("hidden",)
"""Models of earlier versions: older files name them."""
GONE = "a model of earlier versions, which was no better than `linear`, and slower"
ONE_LABEL = "is the chapter's: it gives a text one label, and this task has several"
MOST = 10**12
"""The highest number that a task may name: more minutes than that are no length of time."""
MAX_LABELS = 200
MAX_FILE_NAME = 200  # bytes: systems take 255, and a torn line is kept under a longer name
LEAST_TEXTS = 5
"""Training texts that a label needs before a model tells it, where a text can have several."""
NONE = "-"
"""The answer that no label fits, where a text can have several."""
SEPARATOR = "|"
"""Between the labels of one text."""
NONE_FILE = "none.csv"
"""Holds the texts that no label fits, in each split's folder."""
STREAMLIT_KEYS = frozenset({"c", "r"})
"""Streamlit clears its cache with `c` and reruns the page with `r`."""
KEY_UNSAID = "unsaid"
"""The key of a label that names none."""
_NAMED_KEYS = frozenset(
    {"backspace", "delete", "tab", "arrowleft", "arrowright", "arrowup", "arrowdown", " "}
)


@dataclass(frozen=True)
class Label:
    """One label of the task; `file` holds its items in each split's folder.

    What is left out, `task_file.completed` fills in. An empty `key`: found by typing. `description`
    says when it is given, `examples` are texts of it. `was` are former values that mean it now. A
    `retired` label is not offered any more, and nothing is learned from it.
    """

    value: str
    name: str = ""
    file: str = ""
    key: str = KEY_UNSAID
    positive: bool = False
    default: bool = False
    description: str = ""
    examples: tuple[str, ...] = ()
    was: tuple[str, ...] = ()
    retired: bool = False

    @property
    def group(self) -> str:
        """What stands before a `/` in the name; empty without one."""
        return self.name.rpartition("/")[0].strip()


@dataclass(frozen=True)
class Keys:
    """The keys of the card's actions, as `KeyboardEvent.key` in lower case."""

    back: str
    skip: str
    flag: str
    definitions: str
    model: str
    help: str
    save: str


FIRST_COUNTS, HOLD = "first", "hold"
"""What is learned from training items whose opinions differ: what was said first, or nothing."""


@dataclass(frozen=True)
class Quality:
    """Who is asked again: shares of what chance has chosen, in [0, 1], and items to start with.

    `overlap` goes to a second person, `repeat` to the same one later; the first `start` items are
    the same for everybody who joins. `disputed` is `first` or `hold`.
    """

    overlap: float = 0.0
    repeat: float = 0.0
    start: int = 0
    disputed: str = FIRST_COUNTS


@dataclass(frozen=True)
class Task:
    """A task: everything that a person chose about the labeling, and nothing derived.

    `labels` are those that are offered. With `several`, a text has any number of them: its answer
    is their values joined by `|` in the task's order, `-` for none. `show` names the pool's columns
    that stand under a text on the card, `before` the one that stands above it, dimmed.
    """

    title: str
    short: str
    detailed: str
    labels: tuple[Label, ...]
    keys: Keys
    targets: Mapping[str, int]
    batch_size: int
    mix: Mapping[str, int]
    stratify_by: str
    release_minutes: int
    rest_minutes: int
    seed: int
    model: str = MODELS[0]
    encoder: str = ""
    show: tuple[str, ...] = ()
    before: str = ""
    several: bool = False
    frequent_first: bool = False
    rarest: str = ""
    retired: tuple[Label, ...] = ()
    quality: Quality = Quality()
    source: str = field(default="task.toml", compare=False)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The labels' values, in the order of the probability columns."""
        return tuple(label.value for label in self.labels)

    @cached_property
    def positive(self) -> Label | None:
        """The label that F-score and AUC are about; None where all labels count alike."""
        return next((label for label in self.labels if label.positive), None)

    @property
    def positive_index(self) -> int | None:
        """The positive label's column in a probability array."""
        return self.values.index(self.positive.value) if self.positive else None

    def label(self, value: str) -> Label:
        """The label with this value, retired or not; raises TaskError if the task has none."""
        for label in (*self.labels, *self.retired):
            if label.value == value:
                return label
        raise TaskError(
            f"Label `{value}` is not one of {_listed(self.values)}. "
            f"Use one of them, or add it to {self.source}."
        )

    @cached_property
    def current(self) -> dict[str, str]:
        """The value that each value means today, former and retired ones among them."""
        labels = (*self.labels, *self.retired)
        former = {value: label.value for label in labels for value in label.was}
        return former | {label.value: label.value for label in labels}

    @cached_property
    def whole_values(self) -> frozenset[str]:
        """The values, former ones too, that are not the beginning of another label's."""
        now = self.current
        return frozenset(x for x in now if all(now[y] == now[x] for y in now if y.startswith(x)))

    @cached_property
    def filed(self) -> tuple[Label, ...]:
        """The labels that have files: retired ones too; with `several`, also none of them."""
        none = (Label(NONE, "none of them", NONE_FILE, ""),) if self.several else ()
        return (*self.labels, *self.retired, *none)

    def answer(self, chosen: Iterable[str]) -> str:
        """The answer that consists of these values, in the task's order."""
        wanted = set(chosen)
        every = [label.value for label in (*self.labels, *self.retired) if label.value in wanted]
        return SEPARATOR.join(every) or NONE

    def chosen(self, answer: str) -> tuple[str, ...]:
        """The values of which an answer consists, as they stand there."""
        if not self.several:
            return (answer,)
        return () if answer == NONE else tuple(answer.split(SEPARATOR))

    def filed_under(self, answer: str) -> tuple[str, ...]:
        """The values of the label files in which a text of this answer stands."""
        return self.chosen(answer) or (NONE,)

    def renewed(self, answer: str) -> str | None:
        """The answer in current values, retired ones among them; None if one means nothing."""
        found = [self.current.get(value) for value in self.chosen(answer)]
        if None in found:
            return None
        return self.answer(found) if self.several else found[0]

    def today(self, answer: str) -> str | None:
        """The answer in today's values; None if one of its values means nothing in this task.

        Retired labels of a text with several are left out of it.
        """
        found = self.renewed(answer)
        if found is None or not self.several:
            return found
        return self.answer(set(self.chosen(found)) & set(self.values))

    def name_of(self, answer: str) -> str:
        """The answer in today's names of its labels; one that means nothing as it stands."""
        today = self.renewed(answer)
        if today is None:
            return answer
        return ", ".join(self.label(x).name for x in self.chosen(today)) or "none of them"

    def is_offered(self, answer: str) -> bool:
        """Whether all labels of the answer are offered today."""
        return set(self.chosen(answer)) <= set(self.values)

    def require(self, answer: str) -> None:
        """Raises TaskError unless a person can give this answer today."""
        for value in self.chosen(answer):
            if value not in self.values:
                self.label(value)
                raise TaskError(f"Label `{value}` is retired. Use {_listed(self.values)}.")
        if self.several and self.answer(self.chosen(answer)) != answer:
            raise TaskError(f"Write `{answer}` as `{self.answer(self.chosen(answer))}`.")


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
    names = ("targets", "batch", "rest", "model", "card", "keys")
    tables = (reader.table(table, name, defaults[name]) for name in names)
    targets, batch, rest, model, card, chosen_keys = tables
    several = reader.flag(table, "several")
    every = _read_labels(reader, table.get("labels", defaults["labels"]), several, chosen_keys)
    labels = tuple(label for label in every if not label.retired)
    return Task(
        title=reader.text(table, "title", defaults["title"]),
        short=reader.text(instructions, "short", ""),
        detailed=reader.text(instructions, "detailed", "").strip(),
        labels=labels,
        retired=tuple(label for label in every if label.retired),
        several=several,
        keys=_read_keys(reader, table, labels, defaults["keys"]),
        targets={split: reader.number(targets, split, 0) for split in SPLITS},
        batch_size=reader.number(batch, "size", 1),
        mix=_read_mix(reader, batch),
        stratify_by=reader.text(batch, "stratify_by", ""),
        release_minutes=reader.number(batch, "release_minutes", 0),
        rest_minutes=reader.number(rest, "minutes", 0),
        seed=reader.number({"seed": defaults["seed"], **table}, "seed", 0),
        show=reader.texts(card, "show", 'Write show = ["channel"]'),
        before=reader.text(card, "before", ""),
        frequent_first=reader.flag(card, "frequent_first"),
        source=source,
        rarest=_read_rarest(reader, batch, labels),
        quality=_read_quality(reader, reader.table(table, "quality", defaults["quality"])),
        **_read_model(reader, model, several),
    )


def apportion(size: int, mix: Mapping[str, int]) -> dict[str, int]:
    """`size` items divided in the proportions of `mix` by largest remainders; sums to `size`.

    Ties between remainders go to the strategy that is named first.
    """
    total = sum(mix.values())
    exact = {name: size * part / total for name, part in mix.items()}
    counts = {name: int(share) for name, share in exact.items()}
    by_remainder = sorted(mix, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: size - sum(counts.values())]:
        counts[name] += 1
    return counts


def require_model(name: str, *, several: bool = False) -> None:
    """Raises RunError if there is no model of this name, or none for several labels for a text."""
    if name in FORMER_MODELS:
        raise RunError(f"The model `{name}` is {GONE}. Choose `{MODELS[0]}`.")
    if name not in MODELS:
        raise RunError(f"There is no model `{name}`. Choose one of: {', '.join(MODELS)}.")
    if several and name == "book":
        raise RunError(f"The model `book` {ONE_LABEL}. Choose `linear`.")


def check_mix(mix: Mapping[str, int], where: str, file: str = "") -> dict[str, int]:
    """The mix in the files' spellings and order; raises TaskError, which says `where` it stands."""
    spelled = {name.replace("_", " "): part for name, part in mix.items()}
    for name, part in spelled.items():
        if name not in STRATEGIES:
            names = _listed([strategy.replace(" ", "_") for strategy in STRATEGIES])
            raise TaskError(f"{where}: `{name}` is not a strategy. Use {names}.", file)
        if type(part) is not int or not 0 <= part <= MOST:
            message = f"`{name}` is {_short(part)}. Give a whole number from 0 to {MOST:,}."
            raise TaskError(f"{where}: {message}", file)
    if not sum(spelled.values()):
        mend = "Give at least one strategy a number."
        raise TaskError(f"{where}: the mix asks for no items. {mend}", file)
    return {name: spelled[name] for name in STRATEGIES if spelled.get(name)}


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
    if name in FORMER_MODELS:
        raise reader.error("[model]", f"has the name `{name}`: {GONE}", f"Choose `{MODELS[0]}`")
    if name not in MODELS:
        raise reader.error("[model]", f"has the name `{name}`", f"Use {_listed(MODELS)}")
    if several and name == "book":
        raise reader.error("[model]", f"has the name `book`, which {ONE_LABEL}", "Take `linear`")
    encoder = reader.text(model, "encoder", "")
    if encoder and name == "book":
        what = f"asks for the encoder `{encoder}`, but the model `book` sees words alone"
        raise reader.error("[model]", what, "Take `linear`, or leave `encoder` empty")
    return {"model": name, "encoder": encoder}


def _read_quality(reader: "_Reader", quality: Mapping[str, Any]) -> Quality:
    disputed = reader.text(quality, "disputed", None)
    if disputed not in (FIRST_COUNTS, HOLD):
        choices = f"Use {_listed((FIRST_COUNTS, HOLD))}"
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
            same = f"two labels have the same {what}: {_listed(repeated)}"
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


def _short(value: object) -> str:
    """A wrong value as it is told: of a number of thousands of digits its beginning."""
    try:
        told = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"
    return told if len(told) <= 60 else f"{told[:60]}…"


def _listed(values: tuple[str, ...] | list[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)


@dataclass(frozen=True)
class _Reader:
    """Reads values out of a TOML table and says where one is wrong."""

    source: str

    def error(self, where: str, what: str, mend: str) -> TaskError:
        return TaskError(f"{self.source}: {where} {what}. {mend}.", self.source)

    def known(self, table: Mapping[str, Any], names: Iterable[str], where: str) -> None:
        for name in table:
            if name not in names:
                mend = f"Use {_listed(sorted(names))}"
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
            raise self.error(f"`{name}`", f"is {_short(value)}", mend)
        return value

    def share(self, table: Mapping[str, Any], name: str) -> float:
        value = table[name]
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise self.error(f"`{name}`", f"is {_short(value)}", "Give a share from 0 to 1")
        return float(value)
