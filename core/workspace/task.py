"""What is labeled: labels, keys, instructions and numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from core.errors import RunError, TaskError

SPLITS = ("evaluation", "validation", "training")
"""In the order in which the loop fills them (chapter 2: evaluation data first)."""
SPLIT_NAMES = dict(zip(SPLITS, ("test set", "validation set", "training data"), strict=True))
"""As people read them."""
STRATEGIES = (
    "random", "matches", "stratified length", "stratified column",
    "low confidence", "mean confidence", "margin", "ratio", "entropy",
    "outlier", "novel words", "underrepresented words",
    "most likely positive", "rarest label",
)  # fmt: skip
"""In the order in which a batch is filled; the spellings that stand in the files."""
MATCHES = "matches"  # what the start for rare labels asks for
FORMER_STRATEGIES = {"diverse": "low confidence", "representative": "low confidence"}
"""Strategies of earlier versions, which older files name, with what takes their share of a mix."""
NOT_RECORDED = "not recorded"  # stands where a label file says neither strategy nor annotator
SUNLIGHT = "sunlight"
"""Stands where a strategy does for items that a person labeled while looking around. No batch can
ask for it: they are no sample of anything."""
SECOND_OPINION, REPEAT, ADJUDICATION = "second opinion", "repeat", "adjudication"
"""Stand where a strategy does for items that are proposed once more: to another person, to the same
one, to one who decides. No batch can ask for them."""
OPINIONS = (SECOND_OPINION, REPEAT)  # those that change no label that somebody looked at
BULK = "bulk"
"""Stands where a strategy does for items of a group that got one label at once, after a look at ten
of them. No batch can ask for it."""
MODELS = ("linear", "book")  # the first is the default
BUNDLED = "wordllama"  # the encoder that a package of this name carries, the default
FORMER_MODELS = ("hidden",)  # models of earlier versions: older files name them
GONE = "a model of earlier versions, which was no better than `linear`, and slower"
MOST = 10**12
"""The highest number that a task may name: more minutes than that are no length of time."""
MAX_LABELS = 200
FEW_LABELS = 300  # of training: below, batches have the size that they have first
LEAST_TEXTS = 5
"""Training texts that a label needs before a model tells it, where a text can have several."""
NONE = "-"  # the answer that no label fits, where a text can have several
SEPARATOR = "|"  # between the labels of one text
KEY_UNSAID = "unsaid"  # the key of a label that names none
NONE_FILE = "none.csv"  # holds the texts that no label fits, in each split's folder


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
    that stand under a text on the card, `before` the one that stands above it, dimmed. `former` are
    the strategies of earlier versions that its file names in the mix. `recheck_bulk` is how many
    items labeled in bulk come on top of a batch, as a share of its size.
    """

    title: str
    short: str
    detailed: str
    labels: tuple[Label, ...]
    keys: Keys
    targets: Mapping[str, int]
    batch_size: int
    first_batch_size: int
    mix: Mapping[str, int]
    stratify_by: str
    release_minutes: int
    seed: int
    model: str = MODELS[0]
    encoder: str = BUNDLED
    words: str = ""
    show: tuple[str, ...] = ()
    before: str = ""
    several: bool = False
    frequent_first: bool = False
    rarest: str = ""
    rare_start: float = 0.0
    retired: tuple[Label, ...] = ()
    quality: Quality = Quality()
    recheck_bulk: float = 0.05
    former: tuple[str, ...] = field(default=(), compare=False)
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
    def splitting(self) -> int:
        """How texts are split into words, as `pool.tokens` has it."""
        from core.pool.tokens import PAIRS, icu_here  # with numpy, which a task does without

        return icu_here() if self.words else PAIRS

    @property
    def warning(self) -> str:
        """What became of the former strategies in its file; empty without one."""
        names = [f"`{name}` ({FORMER_STRATEGIES[name]} takes its share)" for name in self.former]
        return f"{self.source} names former strategies: {', '.join(names)}." if names else ""

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
            f"Label `{value}` is not one of {listed(self.values)}. "
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
                raise TaskError(f"Label `{value}` is retired. Use {listed(self.values)}.")
        if self.several and self.answer(self.chosen(answer)) != answer:
            raise TaskError(f"Write `{answer}` as `{self.answer(self.chosen(answer))}`.")


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
        raise RunError(f"There is no model `{name}`. Choose one of: {listed(MODELS)}.")
    if several and name == "book":
        raise RunError("The model `book` is the chapter's, for one label a text. Choose `linear`.")


def check_mix(mix: Mapping[str, int], where: str, *, renew: bool = False) -> dict[str, int]:
    """The mix in the files' spellings and order; raises TaskError, which says `where` it stands.

    With `renew` others take the shares of former strategies, which else are refused.
    """
    spelled: dict[str, int] = {}
    for written, part in mix.items():
        name = written.replace("_", " ")
        if name in FORMER_STRATEGIES:
            if not renew:
                what = "a strategy of earlier versions, which was no better than"
                other = FORMER_STRATEGIES[name].replace(" ", "_")
                raise TaskError(f"{where}: `{name}` is {what} `{other}`. Use `{other}`.")
            name = FORMER_STRATEGIES[name]
        if name not in STRATEGIES:
            names = listed([strategy.replace(" ", "_") for strategy in STRATEGIES])
            raise TaskError(f"{where}: `{name}` is not a strategy. Use {names}.")
        if type(part) is not int or not 0 <= part <= MOST:
            mend = f"Give a whole number from 0 to {MOST:,}."
            raise TaskError(f"{where}: `{written}` is {shortened(part)}. {mend}")
        spelled[name] = min(spelled.get(name, 0) + part, MOST)
    if not sum(spelled.values()):
        mend = "Give at least one strategy a number."
        raise TaskError(f"{where}: the mix asks for no items. {mend}")
    return {name: spelled[name] for name in STRATEGIES if spelled.get(name)}


def shortened(value: object) -> str:
    """A wrong value as it is told: of a number of thousands of digits its beginning."""
    try:
        told = repr(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        return "a number of thousands of digits"
    return told if len(told) <= 60 else f"{told[:60]}…"


def listed(values: Iterable[str]) -> str:
    return ", ".join(f"`{value}`" for value in values)
