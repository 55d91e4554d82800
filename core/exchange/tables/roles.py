"""Columns of a table, guessed by their names and cells: the text, the id, a plain label.

Nothing else is guessed: who labeled, when, and for which split is taken where a person, or a format
that defines it, says so.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass

from core.pool.csv_files import ID, TEXT
from core.workspace.layout import is_number


@dataclass(frozen=True)
class Columns:
    """Which column of a table holds what; empty: none does."""

    text: str
    item_id: str = ""
    label: str = ""
    split: str = ""
    strategy: str = ""
    confidence: str = ""
    annotator: str = ""
    labeled_at: str = ""

    def used(self) -> set[str]:
        """The columns that are read as something; all others stay the items' own."""
        return {*asdict(self).values()} - {""}


USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "text", "headline", "headline_text", "title", "content", "body", "sentence", "message",
        "document", "comment", "tweet", "review", "description", "texts", "full_text", "text_raw",
        "review_text", "comment_text", "tweet_text", "utterance", "question", "query", "abstract",
        "subject", "answer", "response", "feedback", "sms", "post", "article", "news", "data",
        "texto", "texte", "testo", "tekst", "teksti", "szöveg", "metin", "текст", "κείμενο",
        "titel", "titre", "título", "titulo", "titolo", "tytuł", "überschrift", "заголовок",
        "inhalt", "nachricht", "kommentar", "contenu", "commentaire", "contenido", "comentario",
        "mensaje", "conteúdo", "comentário", "mensagem", "contenuto", "messaggio", "treść",
        "bericht", "content_text", "文本", "内容", "標題", "标题", "本文", "テキスト", "텍스트",
        "النص",
    ),
    "item_id": (
        "item_id", "id", "itemid", "guid", "uuid", "key", "doc_id", "example_id", "text_id",
        "tweet_id", "document_id", "ticket_id", "case_id", "record_id", "index_id", "nr", "no",
    ),
    "label": (
        "label", "labels", "class", "category", "target", "annotation", "y", "gold_label",
        "class_label", "classification", "sentiment", "intent", "tag", "kategorie", "klasse",
        "categoria", "categoría", "catégorie", "etiqueta", "étiquette", "etichetta", "etykieta",
        "kategoria", "categorie", "kategori", "категория", "метка", "标签", "類別", "类别",
        "ラベル",
    ),
}  # fmt: skip
"""What people call the columns that are guessed, the likeliest name first."""

OTHER_NAMES = frozenset(
    {
        "split", "set", "subset", "strategy", "sampling_strategy", "confidence", "annotator",
        "annotators", "user", "labeler", "worker", "author", "labeled_by", "labeled_at",
        "annotated_at", "created_at", "timestamp", "date", "time", "name", "source", "url", "lang",
        "language", "score", "count", "datum", "fecha", "data_criação", "autor", "auteur", "topic",
    }
)  # fmt: skip
"""Further names by which a first row is known to name columns; none of these is guessed."""

_KNOWN = {name: what for what, names in USUAL_NAMES.items() for name in reversed(names)}

MOST_LABELS = 200
"""Words for labels that a column can hold, for it to be one of labels."""

LEAST_DISTINCT = 0.9
"""Of the cells of a column, for it to be one of ids: what stands twice after all is told."""

LONGEST_LABEL = 80
"""Characters of such a word."""


def is_usual(cell: str) -> bool:
    """Whether people call a column so."""
    name = plain_name(cell)
    return name in _KNOWN or name in OTHER_NAMES


def is_usual_text(cell: str) -> bool:
    """Whether people call a column of texts so."""
    return _KNOWN.get(plain_name(cell)) == "text"


def is_usual_table(first: Sequence[str]) -> bool:
    """Whether a row begins as those of a pool and of an export do, whatever follows."""
    return tuple(first[:2]) == (ID, TEXT)


def plain_name(name: str) -> str:
    """The name in small letters, its words joined by `_`."""
    return "_".join(re.sub(r"[\s\-_.]+", " ", name).casefold().split())


def guess(
    name_of: Sequence[str], rows: Sequence[Sequence[str]], structured: Collection[str] = ()
) -> dict[str, str]:
    """The columns of the text, the id and the label, by name; what there is none for is left out.

    `rows` are the first ones; columns that are `structured` hold no plain text. The text is, where
    no column has a usual name, the one of the longest cells. An id is one only where no cell stands
    twice, a label only where few words stand again and again.
    """
    cells = {name: [row[at] for row in rows] for at, name in enumerate(name_of)}
    found: dict[str, str] = {}
    for what, is_plain in (("label", is_label), ("item_id", is_id), ("text", is_text)):
        named = [name for name in name_of if _KNOWN.get(plain_name(name)) == what]
        named.sort(key=lambda name: USUAL_NAMES[what].index(plain_name(name)))
        fitting = [
            name for name in named
            if is_plain(cells[name]) and (what == "label" or name not in structured)
        ]  # fmt: skip
        if fitting:
            found[what] = fitting[0]
    if "text" not in found:
        free = [name for name in name_of if name not in {*found.values(), *structured}]
        texts = [name for name in free if is_text(cells[name])]
        if texts:
            found["text"] = max(texts, key=lambda name: sum(map(len, cells[name])))
    return found


def is_text(cells: Sequence[str]) -> bool:
    """Whether a column may hold texts: not numbers alone."""
    filled = [cell for cell in cells if cell.strip()]
    return not cells or any(not is_number(cell) for cell in filled)


def is_id(cells: Sequence[str]) -> bool:
    """Whether nearly each cell is filled and stands once."""
    return len({cell for cell in cells if cell.strip()}) >= LEAST_DISTINCT * len(cells)


def is_label(cells: Sequence[str]) -> bool:
    """Whether the cells are words for labels: short and few, numbers only if they are whole."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    words = set(filled)
    if len(words) > MOST_LABELS or any(len(word) > LONGEST_LABEL for word in words):
        return False
    if any(is_number(word) and not float(word).is_integer() for word in words):
        return False
    return len(words) <= max(20, len(filled) // 2)
