import re
from pathlib import Path

import pytest

from core.errors import TaskError
from core.workspace.task import FORMER_STRATEGIES, MOST, STRATEGIES, apportion, check_mix
from core.workspace.task_file import task_toml
from core.workspace.task_toml import default_task, load_task, parse_task

LABELS = """
[[labels]]
value = "{0}"
name = "First"
file = "{1}"
key = "{2}"
positive = true
[[labels]]
value = "b"
name = "Second"
file = "b.csv"
key = "y"
default = true
"""


def test_the_default_task_is_the_chapters():
    task = default_task()
    assert task.values == ("1", "0")
    assert task.targets == {"evaluation": 1200, "validation": 0, "training": 400}
    assert task.mix == {"random": 10, "low confidence": 80, "outlier": 10}
    assert (task.batch_size, task.positive.file) == (100, "related.csv")
    assert task.keys.back == "2"


def test_the_task_names_its_model():
    assert default_task().model == "linear"
    assert parse_task('[model]\nname = "book"', "task.toml").model == "book"
    with pytest.raises(
        TaskError, match=r"\[model\] There .* `oracle`. Choose one of: `linear`, `book`"
    ):
        parse_task('[model]\nname = "oracle"', "task.toml")
    with pytest.raises(
        TaskError, match=r"task.toml: \[model\] .* `hidden` is .* Choose `linear`\."
    ):
        parse_task('[model]\nname = "hidden"', "task.toml")


def test_a_missing_file_gives_the_default_task(tmp_path: Path):
    assert load_task(tmp_path / "task.toml") == default_task()


def test_what_a_file_leaves_out_stays_as_the_chapter_has_it():
    task = parse_task('title = "T"\n[batch]\nsize = 5', "task.toml")
    assert (task.title, task.batch_size, task.targets["training"]) == ("T", 5, 400)


def test_the_chapters_instructions_go_with_its_labels_only():
    assert "relief agency" in parse_task("seed = 1", "task.toml").detailed
    assert parse_task(LABELS.format("a", "a.csv", "x"), "task.toml").detailed == ""


def test_three_labels_take_three_digits_and_back_moves_away():
    entries = "".join(
        f'[[labels]]\nvalue = "{v}"\nname = "{v}"\nfile = "{v}.csv"\npositive = {p}\n'
        for v, p in (("a", "true"), ("b", "false"), ("c", "false"))
    )
    task = parse_task(entries, "task.toml")
    assert [label.key for label in task.labels] == ["1", "2", "3"]
    assert task.keys.back == "backspace"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "not valid TOML"),
        ("colour = 1", "`colour`, which is not a setting"),
        ("seed = -1", "`seed` is -1"),
        ("seed = true", "`seed` is True"),
        ("[batch]\nsize = 0", "`size` is 0"),
        ("[batch.mix]\nrandom = 0", "asks for no items"),
        ("[batch.mix]\nclever = 5", "`clever` is not a strategy"),
        ("[batch.mix]\ndiverse = -5", "`diverse` is -5. Give a whole number"),
        ("[batch.mix]\nrepresentative = 0", "asks for no items"),
        ("[targets]\ntest = 3", "`test`, which is not a setting"),
        ("labels = []", "has 0 labels"),
        (LABELS.format("b", "a.csv", "x"), "same value"),
        (LABELS.format("a", "../a.csv", "x"), "has the file `../a.csv`"),
        (LABELS.format("a", f"{'é' * 99}.csv", "x"), "has the file `ééé"),
        (LABELS.format("a", "b.csv", "x"), "same file"),
        (LABELS.format("a", "a.csv", "y"), "is used twice, by"),
        (LABELS.format("a", "a.csv", "d"), "is used twice, by"),
        (LABELS.format("a", "a.csv", "c"), "Streamlit uses"),
        (LABELS.format("a", "a.csv", "Enter"), "is Enter"),
        (LABELS.format("a", "a.csv", "x").replace("positive = true", ""), "name 0 as positive"),
        (LABELS.format("", "a.csv", "x"), "empty or padded value"),
        ('[keys]\nback = "s"', "is used twice, by"),
        ("[quality]\noverlap = 1.5", "`overlap` is 1.5. Give a share from 0 to 1."),
        ("[quality]\noverlap = 10", "`overlap` is 10. Give a share from 0 to 1."),
        ("[quality]\noverlap = true", "`overlap` is True. Give a share from 0 to 1."),
        ('[quality]\nrepeat = "2%"', "`repeat` is '2%'. Give a share from 0 to 1."),
        ("[quality]\nrepeat = -0.1", "`repeat` is -0.1. Give a share from 0 to 1."),
        ("[quality]\nrepeat = nan", "`repeat` is nan. Give a share from 0 to 1."),
        ("[quality]\nstart = 2.5", "`start` is 2.5. Give a whole number from 0"),
        ('[quality]\ndisputed = "vote"', "`disputed` is `vote`. Use `first`, `hold`."),
        ("[quality]\nshare = 0.1", "`share`, which is not a setting"),
        ("quality = 0.1", "`quality` is not a table. Write `[quality]`."),
    ],
)
def test_a_wrong_task_is_refused_with_the_place(text: str, says: str):
    with pytest.raises(TaskError, match=r"task\.toml") as caught:
        parse_task(text, "task.toml")
    assert says in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path):
    (tmp_path / "task.toml").write_bytes(b'title = "\xff"')
    with pytest.raises(TaskError, match="UTF-8"):
        load_task(tmp_path / "task.toml")


def test_a_batch_is_divided_by_largest_remainders():
    mix = {"random": 10, "low confidence": 80, "outlier": 10}
    assert apportion(50, mix) == {"random": 5, "low confidence": 40, "outlier": 5}
    for size in range(1, 120):
        assert sum(apportion(size, mix).values()) == size


def test_every_strategy_may_stand_in_a_mix():
    mix = dict.fromkeys(reversed(STRATEGIES), 1)
    assert list(check_mix(mix, "x")) == list(STRATEGIES)
    lines = "\n".join(f"{name.replace(' ', '_')} = 2" for name in STRATEGIES)
    task = parse_task(f'[batch]\nstratify_by = "source"\n[batch.mix]\n{lines}', "task.toml")
    assert task.mix == dict.fromkeys(STRATEGIES, 2)
    assert task.stratify_by == "source"
    assert default_task().mix == {"random": 10, "low confidence": 80, "outlier": 10}


@pytest.mark.parametrize("name", FORMER_STRATEGIES)
def test_a_former_strategy_is_refused_in_a_new_mix_and_replaced_in_a_file(name: str):
    with pytest.raises(TaskError, match=rf"--mix: `{name}` is .*Use `low_confidence`\."):
        check_mix({"random": 10, name: 80}, "--mix")
    task = parse_task(f"[batch.mix]\n{name} = 80\nlow_confidence = 5\nrandom = 10", "my.toml")
    assert task.mix == {"random": 10, "low confidence": 85}
    assert (
        task.warning
        == f"my.toml names former strategies: `{name}` (low confidence takes its share)."
    )
    saved = parse_task(task_toml(task), "my.toml")
    assert (saved, saved.warning) == (task, "")


def test_shares_that_come_together_stay_within_what_a_file_may_hold():
    parts = f"diverse = {MOST}\nrepresentative = {MOST}\nlow_confidence = {MOST}"
    task = parse_task(f"[batch.mix]\n{parts}", "task.toml")
    assert parse_task(task_toml(task), "task.toml") == task


def test_a_mix_takes_the_files_spelling_and_order():
    assert check_mix({"outlier": 1, "low_confidence": 2, "random": 0}, "x") == {
        "low confidence": 2,
        "outlier": 1,
    }


@pytest.mark.parametrize(
    "text",
    [
        "seed = " + "9" * 5000,
        "seed = 0x" + "f" * 5000,
        "[batch]\nrelease_minutes = 99999999999999",
        "[batch.mix]\nrandom = 0x" + "f" * 400,
        "seed = " + "[" * 5000,
    ],
    ids=["digits", "hexadecimal digits", "minutes", "a part of the mix", "levels"],
)
def test_a_number_or_a_depth_beyond_all_use_is_refused_in_a_few_words(text: str):
    with pytest.raises(TaskError) as refused:
        parse_task(text, "task.toml")
    assert len(str(refused.value)) < 300


def test_the_card_shows_columns_of_the_pool_and_each_once():
    task = parse_task('[card]\nshow = ["channel", "date", "channel"]', "task.toml")
    assert task.show == ("channel", "date")
    assert parse_task("", "task.toml").show == ()
    with pytest.raises(TaskError, match="`show` is not a list of texts"):
        parse_task('[card]\nshow = "channel"', "task.toml")


def test_a_label_may_have_a_description():
    labels = ['[[labels]]\nvalue="a"\nfile="a.csv"\npositive=true\ndescription=" Money back. "']
    labels += ['[[labels]]\nvalue="b"\nfile="b.csv"']
    task = parse_task("\n".join(labels), "task.toml")
    assert [label.description for label in task.labels] == ["Money back.", ""]


def labels_in_toml(*lines: str, top: str = "") -> str:
    """A task of these labels: the value first, then what else is said of it."""
    tables = []
    for line in lines:
        value, *more = line.split(";")
        tables += [
            "[[labels]]",
            f'value = "{value}"',
            f'file = "{re.sub("[^a-z0-9]", "x", value)}.csv"',
            *more,
        ]
    return "\n".join([top, *tables])


def test_keys_are_digits_then_free_letters():
    values = [f"v{number}" for number in range(29)]
    task = parse_task(labels_in_toml(*values), "task.toml")
    assert "".join(label.key for label in task.labels) == "1234567890abeghijlnopqtuvwxyz"
    assert task.positive is None
    assert task.positive_index is None
    assert task.keys.back == "backspace"


def test_many_labels_leave_the_letters_for_finding_them():
    values = [f"v{number}" for number in range(200)]
    task = parse_task(labels_in_toml("a;key='x'", "b;key=''", *values[2:]), "task.toml")
    assert [label.key for label in task.labels[:3]] == ["x", "", "3"]
    assert "".join(label.key for label in task.labels) == "x3456789120"
    with pytest.raises(TaskError, match="has 201 labels"):
        parse_task(labels_in_toml(*values, "x"), "task.toml")


def test_an_answer_of_several_labels_is_in_the_order_of_the_task():
    task = parse_task(labels_in_toml("a", "b", "c", top="several = true"), "task.toml")
    assert task.answer(["c", "a"]) == "a|c"
    assert task.answer([]) == "-"
    assert task.chosen("a|c") == ("a", "c")
    assert task.chosen("-") == ()
    assert task.name_of("a|c") == "a, c"
    assert task.name_of("-") == "none of them"
    task.require("a|c")
    for wrong in ("c|a", "a|a", "", "a|x", "-|a"):
        with pytest.raises(TaskError):
            task.require(wrong)


def test_values_of_today_replace_former_ones():
    lines = ("a;was=['old', 'older']", "b", "c;retired=true", "d")
    one = parse_task(labels_in_toml(*lines), "task.toml")
    assert one.values == ("a", "b", "d")
    assert [one.today(x) for x in ("a", "older", "c", "x")] == ["a", "a", "c", None]
    with pytest.raises(TaskError, match="is retired"):
        one.require("c")
    many = parse_task(labels_in_toml(*lines, top="several = true"), "task.toml")
    said = ("b|old", "a|older", "c", "-", "a|x")
    assert [many.today(x) for x in said] == ["a|b", "a", "-", "-", None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (labels_in_toml("a|b", "c", top="several = true"), "holds `|`"),
        (labels_in_toml("-", "c", top="several = true"), "is `-`"),
        (labels_in_toml("none", "c", top="several = true"), "file `none.csv`"),
        (labels_in_toml("a;default=true", "c", top="several = true"), "is the default"),
        (labels_in_toml("a", "c"), "name 0 as positive"),
        (labels_in_toml("a;retired=true", "c", "d;retired=true"), "it has 1 label"),
        (labels_in_toml("a;was=['b']", "b", "c"), "same value: `b`"),
        (labels_in_toml("a;retired=1", "b", "c"), "neither true nor false"),
        (labels_in_toml("a", "b", top="several = 1"), "neither true nor false"),
    ],
)
def test_what_labels_cannot_be_is_refused(text: str, says: str):
    with pytest.raises(TaskError, match=re.escape(says)):
        parse_task(text, "task.toml")
