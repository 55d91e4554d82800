"""Headers of tables that people make: which column is the id, and which the text.

Names alone decide: a file that grows must not be read otherwise one day.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.system.csv_rows import is_number

ID, TEXT = "item_id", "text"

USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    TEXT: (
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
    ID: (
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
"""What people call their columns, the likeliest name first."""

OTHER_NAMES = frozenset(
    {
        "split", "set", "subset", "strategy", "sampling_strategy", "confidence", "annotator",
        "annotators", "user", "labeler", "worker", "author", "labeled_by", "labeled_at",
        "annotated_at", "created_at", "timestamp", "date", "time", "name", "source", "url", "lang",
        "language", "score", "count", "datum", "fecha", "data_criação", "autor", "auteur", "topic",
    }
)  # fmt: skip
"""Further names by which a first row is known to name columns; nothing is guessed by them."""

ROLES = {name: role for role, names in USUAL_NAMES.items() for name in reversed(names)}
ROLES |= dict.fromkeys(OTHER_NAMES, "other")

SURE = {
    "item_id", "id", "itemid", "guid", "uuid", "doc_id", "example_id", "text", "headline",
    "headline_text",
}  # fmt: skip
"""Names that are no item's id. `title` or `key` may be one, say in a list of phrases."""
EXACT = {"item_id", "id", "text"}  # names beside which no other one can be meant


@dataclass(frozen=True)
class Header:
    """The columns of a file under the pool's names, perhaps without `item_id`; and doubts."""

    columns: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def plain_name(name: str) -> str:
    """The name in small letters, its words joined by `_`."""
    return "_".join(re.sub(r"[\s\-_.]+", " ", name).casefold().split())


def read_header(cells: Sequence[str]) -> Header | None:
    """What a first row says of its columns; None if it is no plain header.

    It is one if it names an id and a text, if it begins with a name that is no item's id, or if
    all that it names has a usual name, a text among it.
    """
    names = [plain_name(cell) for cell in cells]
    roles = [ROLES.get(name, name) for name in names]
    is_header = ID in roles and TEXT in roles
    if not is_header and not any(map(is_number, names)):
        is_usual = TEXT in roles and {*roles} <= {*USUAL_NAMES, "other", ""}
        is_header = names[0] in SURE or is_usual
    if not is_header:
        return None
    doubts: list[str] = []
    id_at, text_at = _place(cells, names, ID, doubts), _place(cells, names, TEXT, doubts)
    if text_at is None:
        text_at = next((at for at, name in enumerate(names) if name not in ROLES), None)
        if text_at is None:
            return None
        doubts.append(f"no column has a usual name of a text. {_taken(cells, text_at, TEXT)}.")
    columns = [cell.strip() or f"column {at}" for at, cell in enumerate(cells, start=1)]
    columns[text_at] = TEXT
    if id_at is not None:
        columns[id_at] = ID
    return Header(tuple(columns), tuple(doubts))


def may_be_header(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row that is no plain header looks like one, by its names or what stands below."""
    if any(map(is_number, cells)):
        return False
    if any(ROLES.get(plain_name(cell)) in (ID, TEXT) for cell in cells[:2]):
        return True
    return len(below) > 1 and all(is_number(row[0]) for row in below)


def _place(cells: Sequence[str], names: Sequence[str], role: str, doubts: list[str]) -> int | None:
    """Where the likeliest name of an id or a text stands; a doubt is added if others are there."""
    if role in cells:
        return cells.index(role)
    found = [name for name in USUAL_NAMES[role] if name in names]
    if not found:
        return None
    at = names.index(found[0])
    if len(found) > 1 and found[0] not in EXACT:
        others = ", ".join(f"`{cells[names.index(name)].strip()}`" for name in found[1:])
        doubts.append(f"{others} may be the {role} too. {_taken(cells, at, role)}.")
    return at


def _taken(cells: Sequence[str], at: int, role: str) -> str:
    name = cells[at].strip()
    taken = f"`{name}`" if name else f"Column {at + 1}"
    return f"{taken} is taken for it; call the right one {role}"
