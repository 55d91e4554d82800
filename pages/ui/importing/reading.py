"""How an uploaded table is read: recognized, told, asked where it is open, and said otherwise.

Every control has the upload in its key: what is said of one file is never taken for another.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.errors import TableError
from core.exchange import foreign_table
from core.exchange.import_types import Defaults
from core.exchange.importer import ImportResult, import_data
from core.exchange.tables.dialect import NONE
from core.exchange.tables.label_cells import LabelColumn
from core.exchange.tables.opening import PACKED, open_table
from core.exchange.tables.reader import HEADER, KINDS, NO_HEADER, Doubt, Reading, SourceTable
from core.exchange.tables.roles import Columns
from core.system.process import folder_of
from core.system.progress import Progress
from core.workspace.layout import open_workspace
from pages.ui.escape_markdown import plain

KEPT = "import"  # the place in a session of the upload on Data
TABLES = 4  # readings of an upload that are kept: each may hold a copy of it on disk

FIRST_ROLES = ("item_id", "label")
"""Those that are guessed beside the text. The others are taken where somebody names them."""

NO_COLUMN = "(none)"
AS_RECOGNIZED = "As recognized"

ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256",
    "cp1257", "cp1258", "mac_roman", "gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "koi8_r",
)  # fmt: skip
"""Those that are offered; any other that Python knows can be typed."""

ANSWERS = {HEADER: "It names the columns", NO_HEADER: "It is a row like the others"}
ORDERS = {foreign_table.DAY_FIRST: "The day first", foreign_table.MONTH_FIRST: "The month first"}
"""What people call the options that decide a doubt; of all others their values."""
FOR_ONE_COLUMN = {HEADER: "Yes, it is a heading", NO_HEADER: "No, it is a text like the others"}

Answer = TypeVar("Answer")


class Upload:
    """An uploaded file on disk, for as long as its session, and what was read of it."""

    def __init__(self, upload: UploadedFile) -> None:
        self.file_id = upload.file_id
        # A session that is forgotten forgets this too, and the folder goes with it.
        self.path = folder_of(self) / (Path(upload.name).name[-100:] or "table.csv")
        self.path.write_bytes(upload.getbuffer())
        self._tables: dict[Reading, SourceTable] = {}
        self._known: dict[tuple[Hashable, ...], Any] = {}

    def key(self, name: str, *of: str) -> str:
        """The key of a control of this upload; `of` is what else it belongs to."""
        further = blake2b("\x00".join(of).encode(), digest_size=6).hexdigest() if of else ""
        return "_".join(filter(None, ("import", name, self.file_id, further)))

    def table(self, reading: Reading) -> SourceTable:
        """The uploaded table, read with these options; raises TableError."""
        if reading not in self._tables:
            for former in [*self._tables][: 1 - TABLES]:
                table = self._tables.pop(former)
                self._known = {of: x for of, x in self._known.items() if of[1] is not table}
            self._tables[reading] = open_table(self.path, reading)
        return self._tables[reading]

    def reading_of(self, table: SourceTable) -> Reading:
        """The options with which this table was read."""
        return next(reading for reading, read in self._tables.items() if read is table)

    def labels(self, table: SourceTable, column: str, several: bool | None = None) -> LabelColumn:
        """What a column of labels holds, as it tells itself or as it is said; raises TableError."""
        return self.once("Counting labels …", foreign_table.label_column, table, column, several)

    def once(self, doing: str, ask: Callable[..., Answer], *of: Hashable) -> Answer:
        """What is asked of a table, and of a column of it; worked out once."""
        if (ask, *of) not in self._known:
            with st.spinner(doing):
                self._known[ask, *of] = ask(*of)
        return self._known[ask, *of]


@dataclass(frozen=True)
class Plan:
    """What is to be imported, and how, as far as it is chosen; `waits_for` is what is open.

    `new_task` is the `task.toml` of a task that comes with the table.
    """

    table: SourceTable
    columns: Columns
    unsaid: Defaults = field(default_factory=Defaults)
    new_task: str = ""
    waits_for: str = ""

    def waiting(self, what: str) -> "Plan":
        """The plan, which waits for this, unless something else was open before."""
        return replace(self, waits_for=self.waits_for or what)

    def carry_out(self, path: Path, leave_out: bool, progress: Progress) -> ImportResult:
        """The import into the workspace in this folder; raises what `import_data` does."""
        return import_data(
            open_workspace(path), self.table, self.columns, self.unsaid,
            new_task=self.new_task, leave_out_bad_rows=leave_out, progress=progress,
        )  # fmt: skip


def upload_file(slot: str = KEPT, scope: str = "app") -> Upload | None:
    """The file that was uploaded last into this slot of the session, until it is discarded.

    Each file has a control of its own: one that takes a second file now and then tells none.
    """
    counter = f"{slot}_uploads"
    number, kept = st.session_state.get(counter, 0), st.session_state.get(slot)
    kinds = sorted(ending.removeprefix(".") for ending in (*KINDS, *PACKED))
    name = "Another file" if kept else "File"
    if given := st.file_uploader(name, type=kinds, key=f"{slot}_upload_{number}"):
        st.session_state[slot] = Upload(given)
        st.session_state[counter] = number + 1
        st.rerun(scope=scope)
    return kept


def show_name(upload: Upload, slot: str = KEPT) -> None:
    """What the file is called, and a button that forgets it."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(upload.path.name)}**", width="content")
        st.button(
            "Discard", type="tertiary", icon=":material/close:", key=f"{slot}_discard",
            on_click=st.session_state.pop, args=(slot,),
        )  # fmt: skip


def choose_reading(
    upload: Upload,
    *,
    n_shown: int = foreign_table.PREVIEW,
    is_brief: bool = False,
    is_text_alone: bool = False,
) -> Plan:
    """What was recognized, with a way to say each thing otherwise; raises TableError.

    If it `is_brief` nobody is asked for columns other than those of text and id; or for those of
    the text alone.
    """
    told, questions, first_rows = st.container(), st.container(), st.container()
    reading = _say_otherwise(upload)
    with questions:
        table, is_answered = _ask(upload, reading)
    with first_rows:
        st.caption("The first rows")
        rows = pd.DataFrame(table.head(n_shown), columns=list(table.columns))
        st.dataframe(rows, hide_index=True)
    if is_text_alone:
        first, *further = _choose_texts(upload, table, st.container()) or [""]
        plan = Plan(table, Columns(first, further_texts=tuple(further)))
        plan = plan if is_answered else plan.waiting("Answer the question above.")
        return plan if first else plan.waiting("Choose the text column.")
    columns, unsaid = _choose_columns(upload, table, is_brief=is_brief), Defaults()
    asked = "Reading dates …", foreign_table.is_day_first, table, columns.labeled_at
    if columns.labeled_at and upload.once(*asked) is None:
        doubt = foreign_table.doubt_of_dates(columns.labeled_at)
        with questions:
            option = _ask_one(upload, doubt, is_list=False)
        is_answered = is_answered and bool(option)
        unsaid = Defaults(day_first=option == foreign_table.DAY_FIRST)
    told.text(foreign_table.told_as_read(foreign_table.read_as(table, columns)).replace("`", ""))
    plan = Plan(
        table, columns, unsaid, waits_for="" if is_answered else "Answer the question above."
    )
    return plan if columns.text else plan.waiting("Choose the text column.")


def _choose_columns(upload: Upload, table: SourceTable, *, is_brief: bool) -> Columns:
    """Which column holds what, as recognized or as somebody says."""
    places = st.columns([3, 2] if is_brief else 3)
    first, *further = _choose_texts(upload, table, places[0]) or [""]
    chosen = foreign_table.recognized(table) | {"text": first}
    for what, place in zip(FIRST_ROLES, places[1:], strict=not is_brief):
        chosen[what] = _choose_column(upload, table, what, place)
    if not is_brief:
        chosen |= _choose_further_columns(upload, table)
    return Columns(**chosen, further_texts=tuple(further))


def _choose_further_columns(upload: Upload, table: SourceTable) -> dict[str, str]:
    """The columns of what is not guessed."""
    others = [what for what in foreign_table.ROLE_NAMES if what not in ("text", *FIRST_ROLES)]
    with st.expander("More columns: who labeled, when, for which split"):
        st.caption("These are not guessed. Every column that you do not name stays as it is.")
        places = [*st.columns(3), *st.columns(3)]  # two rows: on a narrow screen the order stays
        return {
            what: _choose_column(upload, table, what, place)
            for what, place in zip(others, places, strict=False)
        }


def _choose_texts(upload: Upload, table: SourceTable, place: DeltaGenerator) -> list[str]:
    """The columns that make the text, in the table's order; none if nobody names one."""
    names = [name for name in table.columns if name not in table.structured]
    chosen = place.multiselect(
        foreign_table.ROLE_NAMES["text"],
        names,
        [name for name in names if name == foreign_table.recognized(table).get("text")],
        key=upload.key("text", *table.columns),
        placeholder="Choose columns",
        help="Several columns are joined to one text, with an empty line between them.",
    )
    return [name for name in names if name in chosen]


def _choose_column(upload: Upload, table: SourceTable, what: str, place: DeltaGenerator) -> str:
    """The name of the column that holds this; empty for none."""
    names = [name for name in table.columns if what == "label" or name not in table.structured]
    options, found = [NO_COLUMN, *names], foreign_table.recognized(table).get(what, NO_COLUMN)
    key = upload.key(what, *table.columns)
    name = place.selectbox(foreign_table.ROLE_NAMES[what], options, options.index(found), key=key)
    return "" if name == NO_COLUMN else name


def _say_otherwise(upload: Upload) -> Reading:
    """The reading that somebody asks for, in a place of its own that is closed at first."""
    try:
        table = upload.table(Reading())
    except TableError:  # with another reading it may be one
        table = None
    with st.expander("Read it another way", expanded=table is None):
        places = iter([*st.columns(3), *st.columns(3)])
        said: dict[str, str | bool] = {}
        if table is None or table.encoding:
            said["encoding"] = _choose(upload, "Encoding", ENCODINGS, next(places), can_type=True)
        if table is None or table.kind == "csv":
            called = {sign: name.capitalize() for sign, name in foreign_table.SEPARATORS.items()}
            called[NONE] = "None: a text in each line"
            said["delimiter"] = _choose(
                upload, "Separator", [*called], next(places), called, can_type=True
            )
            quotes = {'"': '"', "'": "'", NONE: "None: they are part of the text"}
            said["quote"] = _choose(upload, "Quotes", [*quotes], next(places), quotes)
        if table and table.sheets:
            what = "Sheet" if table.kind == "excel" else "File"
            said["sheet"] = _choose(upload, what, table.sheets, next(places))
        if table is None or table.kind in ("csv", "excel"):
            header = _choose(upload, "First row", [*ANSWERS], next(places), ANSWERS)
            said |= {"has_header": header == HEADER} if header else {}
        if table and table.tool:
            said["tools"] = st.checkbox(
                plain(f"Read it as an export of {table.format}"), True, key=upload.key("tool")
            )
    return Reading(**said)


def _choose(
    upload: Upload,
    name: str,
    options: Sequence[str],
    place: DeltaGenerator,
    called: dict[str, str] | None = None,
    *,
    can_type: bool = False,
) -> str:
    """The option that somebody chose; empty: as recognized."""
    names = {"": AS_RECOGNIZED, **(called or {})}
    return place.selectbox(
        name,
        ["", *options],
        format_func=lambda option: names.get(option, option),
        key=upload.key(name.casefold().replace(" ", "_")),
        accept_new_options=can_type,
    )


def _ask(upload: Upload, reading: Reading) -> tuple[SourceTable, bool]:
    """(the table, whether nothing of its reading is open); an answer may open another question."""
    asked: set[str] = set()
    while True:
        table = upload.table(reading)
        doubt = next((each for each in table.doubts if each.about not in asked), None)
        if doubt is None:
            return table, True
        asked.add(doubt.about)
        option = _ask_one(upload, doubt, is_list=len(table.columns) == 1)
        if option is None:
            return table, False
        reading = with_option(reading, option)


def _ask_one(upload: Upload, doubt: Doubt, *, is_list: bool) -> str | None:
    options = dict(doubt.readings)
    is_heading = is_list and HEADER in options
    answers = FOR_ONE_COLUMN if is_heading else ANSWERS | ORDERS
    question = f"How is {doubt.about} to be read?"
    if is_heading:
        first = options[HEADER].removesuffix(" as names").strip("`")
        question = f"Is the first line, “{first}”, a heading?"
    with st.container(border=True):
        return st.radio(
            plain(question),
            [*options],
            index=None,
            format_func=lambda option: answers.get(option, option.partition(" ")[2] or option),
            captions=None if is_heading else [plain(shown) for shown in options.values()],
            key=upload.key("doubt", doubt.about, *options),
        )


def with_option(reading: Reading, option: str) -> Reading:
    """The reading with what an option of the command line says, such as `--encoding cp1252`."""
    if option in (HEADER, NO_HEADER):
        return replace(reading, has_header=option == HEADER)
    name, _, value = option.partition(" ")
    return replace(reading, **{name.removeprefix("--"): value.strip("'")})
