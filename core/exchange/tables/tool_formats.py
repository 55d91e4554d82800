"""Formats of other labeling tools: Label Studio, doccano, Prodigy, fastText.

A rejected answer, a suggestion and a model's prediction are no labels.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.exchange.tables.files import flat, text_of
from core.exchange.tables.roles import Columns, guess, is_label, is_usual

Record = Mapping[str, Any]
Rows = Callable[[Record], Iterator[dict[str, Any]]]

FASTTEXT = "__label__"  # stands before each label in a line of fastText's

ROLES = Columns("text", "id", "label", annotator="annotator", labeled_at="labeled_at")
"""The columns of `ToolFormat.rows` that are not the items' own."""

_OF_ROLES = ROLES.used()

LEAST_SHARE = 0.8  # of the records that have a format's keys, for it to be this format


@dataclass(frozen=True)
class ToolFormat:
    """A recognized format: its name, and the rows of a record, one for each person's label.

    A row holds `text` and `label` (a text or a list of them), perhaps `id`, `annotator` and
    `labeled_at`, and the item's own columns.
    """

    name: str
    rows: Rows


def recognize_tool(sample: Sequence[Record]) -> ToolFormat | None:
    """The format of these first records of a file; None for a table like any other."""
    for name, is_so, rows_of in FORMATS:
        found = list(filter(is_so, sample))
        if found and len(found) >= LEAST_SHARE * len(sample):
            return ToolFormat(name, rows_of(found))
    return None


def _fasttext(record: Record) -> Iterator[dict[str, Any]]:
    """The labels before and behind the text of a line, and the text."""
    words = record["line"].split()
    labels = [word.removeprefix(FASTTEXT) for word in words if word.startswith(FASTTEXT)]
    yield {"text": " ".join(x for x in words if not x.startswith(FASTTEXT)), "label": labels}


FASTTEXT_LINES = ToolFormat("fastText", _fasttext)  # of the column `line`


def _own(record: Record, *taken: str) -> dict[str, Any]:
    """The fields that are the item's own, under names that no role has."""
    own = {name: value for name, value in flat(record).items() if name not in taken}
    return {f"data.{x}" if x in _OF_ROLES else x: value for x, value in own.items()}


def _names(sample: Sequence[Record]) -> list[str]:
    """Every field that one of these records has, by order of first use."""
    return list(dict.fromkeys(name for record in sample for name in record))


def _text_field(sample: Sequence[Record], taken: Collection[str] = ()) -> str:
    """The field that holds the text, as in any other table; empty if none but the taken ones do."""
    names = [name for name in _names(sample) if name not in taken]
    rows = [[text_of(record.get(name)) for name in names] for record in sample]
    structured = [
        name for name in names if any(isinstance(record.get(name), list) for record in sample)
    ]
    return guess(names, rows, structured).get("text", "")


def _person(value: Any) -> str:  # noqa: ANN401 (a number, a name, or an object that holds them)
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("username") or value.get("id")
    return text_of(value)


def _is_task(record: Record) -> bool:
    """Tasks of Label Studio with `data` and `annotations`."""
    done = record.get("annotations", record.get("completions"))
    return isinstance(record.get("data"), Mapping) and isinstance(done, list)


def is_decided(record: Record) -> bool:
    """Whether one annotation of several is the ground truth: the others are no labels then."""
    truths = [bool(each.get("ground_truth")) for each in _objects(record.get("annotations"))]
    return len(truths) > 1 and sum(truths) == 1


def _label_studio(sample: Sequence[Record]) -> Rows:
    fallback = _text_field([flat(record["data"]) for record in sample])

    def rows(record: Record) -> Iterator[dict[str, Any]]:
        data = flat(_object(record.get("data")))
        done = _objects(record.get("annotations", record.get("completions")))
        done = [x for x in done if not (x.get("was_cancelled") or x.get("skipped"))]
        done = [x for x in done if is_decided(record) and x.get("ground_truth")][:1] or done
        results = [_objects(each.get("result")) for each in done]
        questions = [each for result in results for each in result]
        named = next((each["to_name"] for each in questions if "to_name" in each), "")
        field = named if isinstance(data.get(named), str) else fallback
        item = {"text": data.get(field), "id": record.get("id"), **_own(data, field)}
        for annotation, result in zip(done, results, strict=True):
            answers: dict[str, list[str]] = {}
            for each in result:
                value = _object(each.get("value"))
                paths = [path for path in _list(value.get("taxonomy")) if isinstance(path, list)]
                chosen = _list(value.get("choices")) or ["/".join(map(str, x)) for x in paths]
                answers.setdefault(str(each.get("from_name", "")), []).extend(map(str, chosen))
            answers = {name: labels for name, labels in answers.items() if labels}
            first, *others = answers or [""]
            yield {
                **item,
                "label": answers.get(first, []),
                "annotator": _person(annotation.get("completed_by") or annotation.get("annotator")),
                "labeled_at": annotation.get("created_at"),
                **{name: answers[name] for name in others},
            }
        if not done:
            yield item

    return rows


def _object(value: object) -> Record:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Record]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _label_studio_flat(sample: Sequence[Record]) -> Rows:
    """JSON-MIN and CSV: the data's fields, the questions' answers, and who annotated when."""
    names, known = _names(sample), {*LABEL_STUDIO, "id", "updated_at"}
    field = _text_field(sample, known)
    free = [name for name in names if name not in (*known, field)]
    between = names[names.index("id") + 1 : names.index("annotator")] if "id" in names else []
    answers = [name for name in between if name in free] or [
        name for name in free if is_label([text_of(record.get(name)) for record in sample])
    ]
    question = next((name for name in answers if is_usual(name)), answers[0] if answers else "")

    def rows(record: Record) -> Iterator[dict[str, Any]]:
        yield {
            "text": record.get(field),
            "id": record.get("id"),
            "label": record.get(question),
            "annotator": _person(record.get("annotator")),
            "labeled_at": record.get("created_at"),
            **_own(record, field, question, *known),
        }

    return rows


def _prodigy(record: Record) -> Iterator[dict[str, Any]]:
    """An `answer` to each text: accept, reject, ignore; or the chosen ones of its `options`."""
    is_accepted = record.get("answer") == "accept"
    chosen = record.get("accept") if "accept" in record else record.get("label")
    yield {
        "text": record.get("text"),
        "label": chosen if is_accepted else None,
        "answer": record.get("answer"),
        "annotator": _person(record.get("_annotator_id") or record.get("_session_id")),
        "labeled_at": record.get("_timestamp"),
        **_own(record, "text", "label", "accept", "answer", "options", "spans", "tokens",
               "_view_id", "_annotator_id", "_session_id", "_timestamp"),
    }  # fmt: skip


def _is_doccano(record: Record) -> bool:
    """Lines with `Comments` and lists of labels, or with the users' `annotations`."""
    answers = record.get("annotations", [{}])
    by_user = isinstance(answers, list) and all(
        isinstance(each, Mapping) and {"label", "user"} <= each.keys() for each in answers
    )
    return bool({"text", "data"} & record.keys()) and ("Comments" in record or by_user)


def _doccano(record: Record) -> Iterator[dict[str, Any]]:
    item = {
        "text": record.get("text", record.get("data")),
        "id": record.get("id"),
        **_own(record, "text", "data", "id", "label", "labels", "annotations", "Comments"),
    }
    if "annotations" not in record:
        label = record.get("label", record.get("labels"))
        joined = label.split("#") if isinstance(label, str) else []
        yield {**item, "label": joined if len(joined) > 1 and all(joined) else label}
        return
    given = _objects(record["annotations"])
    for each in given:
        yield {**item, "label": each.get("label"), "annotator": _person(each.get("user"))}
    if not given:
        yield item


PRODIGY = {"text", "answer", "_input_hash"}
LABEL_STUDIO = {"annotation_id", "annotator", "created_at", "lead_time"}

FORMATS: tuple[tuple[str, Callable[[Record], bool], Callable[[Sequence[Record]], Rows]], ...] = (
    ("Label Studio JSON", _is_task, _label_studio),
    ("Label Studio, one row per annotation", LABEL_STUDIO.issubset, _label_studio_flat),
    ("Prodigy", PRODIGY.issubset, lambda _: _prodigy),
    ("doccano", _is_doccano, lambda _: _doccano),
)
"""(name, whether a record is of it, what gives the rows of such records), the surest ones first."""
