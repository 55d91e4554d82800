"""The head of every page: its title, its purpose in one sentence, and what one should know."""

from contextlib import suppress
from pathlib import Path

import streamlit as st

from core.errors import SunlightError, WorkspaceError
from core.system.findings import counted
from core.workspace.layout import open_workspace
from core.workspace.registry import name_of, workspaces, workspaces_folder
from core.workspace.snapshot import Snapshot
from pages.ui import session
from pages.ui.cache import snapshot as cache
from pages.ui.card import deliver_kept
from pages.ui.card.route import PATH
from pages.ui.card.tokens import Claim, is_known, make_token
from pages.ui.components.controls import focus, name_field
from pages.ui.components.messages import refusals_shown, say_empty
from pages.ui.escape_markdown import plain
from pages.ui.importing.start import offer_start
from pages.ui.server.login import LOGOUT, base_path

ASKED = "annotator_asked"
TYPED = "annotator_field"
CHOSEN = "workspace_menu"
STYLES = Path(__file__).with_name("styles.css")

APP = "Sunlight"


def task_title() -> str:
    """What the session's workspace is about; the app's name where its task cannot be read."""
    try:
        return open_workspace(session.workspace_path()).task.title.strip() or APP
    except SunlightError:
        return APP


def open_page(title: str, purpose: str) -> Snapshot:
    """The page's head, without a title the task's, and its snapshot; stops where there is none."""
    _head(title or task_title(), purpose)
    snapshot = session.open_snapshot()
    _notices(snapshot, "Check, on the Data page, lists each one.")
    return snapshot


def open_page_of_files(title: str, purpose: str) -> Path:
    """The head of a page that mends what cannot be read, and the folder of the workspace."""
    _head(title, purpose)
    path = session.workspace_path().resolve()
    with refusals_shown():
        _notices(cache.open_snapshot(path), "Run Check below to see each one.")
    return path


def hidden_heading(title: str) -> None:
    """The heading of a page whose space is needed for something else: only read aloud."""
    st.html(STYLES)
    st.html(f'<h1 class="sl-unseen">{title}</h1>')


def need_pool(snapshot: Snapshot) -> None:
    """Stops a page that is about items where there are none, and says what to do."""
    if not len(snapshot.pool_words.pool):
        say_empty("No texts yet. Import a spreadsheet, or open the demo on Home.")
        offer_start(snapshot, "Import a spreadsheet")
        st.stop()


def need_annotator() -> str:
    """The person's name. Asks for it where it is not known yet, and stops the page."""
    name = session.annotator()
    if not name:
        if session.login_is_configured():
            _offer_login()
        else:
            _ask_name()
        st.stop()
    return name


def _ask_name() -> None:
    with st.form("who", width=480):
        st.text_input(
            "Your name",
            max_chars=session.MAX_NAME,
            key=ASKED,
            placeholder="for example Ann",
            help="Saved with each label you give. Your batches are your own.",
        )
        st.caption("Asked once; this browser remembers it.")
        named = {"on_click": session.name_annotator_by, "args": (ASKED,)}
        st.form_submit_button("Start labeling", type="primary", **named)
    focus(ASKED)


def show_workspace() -> None:
    """The workspace's name in the sidebar, as a choice where there are several."""
    shelf, path, started = workspaces_folder(), session.workspace_path(), session.started_with()
    # An empty name is the workspace of the start, if it is elsewhere.
    names = [*([] if name_of(Path(started), shelf) else [""]), *workspaces(shelf)]
    current, usual = name_of(path, shelf), Path(started).resolve().name
    session.write_address()
    if len(names) < 2 or current not in names or not (current or path == Path(started)):
        st.sidebar.caption(f"Workspace: {plain(path.name)}")
        return
    # No selectbox: it would keep the focus, and the card's keys stand still while one types.
    st.sidebar.menu_button(
        f"Workspace: {plain(current or usual)}",
        names,
        key=CHOSEN,
        format_func=lambda name: plain(name or f"{usual} (default)"),
        on_click=_change_workspace,
        icon=":material/folder:",
        width="stretch",
    )


def show_person() -> None:
    """The name that labels stand under, quietly in the sidebar, where it can be changed."""
    if session.secrets("sunlight").get("password"):
        st.sidebar.markdown(f"[Log out]({base_path()}{LOGOUT})")
    name = session.annotator()
    if not name:
        return
    if session.login_is_configured():
        st.sidebar.caption(f"Logged in as {plain(name)}")
        st.sidebar.button("Log out", on_click=st.logout)
        return
    # A widget's own key is forgotten on pages that do not draw it: the name has a key of its own.
    told = "Saved with each label you give."
    name_field("Your name", TYPED, st.sidebar, value=name, help=told)


def deliver_kept_events() -> None:
    """Lets the browser send what it has kept since its last start; for pages without the card."""
    name, workspace = session.annotator(), session.workspace_path().resolve()
    if not name or not is_known(workspace):
        return
    with suppress(WorkspaceError):  # where nothing can be written the events stay where they are
        deliver_kept(str(workspace), name, PATH, make_token(Claim(workspace, name)))


def _offer_login() -> None:
    st.info("Log in to label. Your name is saved with each label.", icon=":material/person:")
    st.button("Log in", type="primary", on_click=st.login)


def need_login() -> None:
    """Stops whoever may not enter. Every page asks: after a restart it runs without the entry."""
    if not session.login_is_configured() or session.may_enter():
        return
    st.title("Sunlight")
    if st.user.get("is_logged_in"):
        st.error("You are logged in, but may not label here.")
        st.caption("Whoever runs this server can add you: [sunlight] people in its secrets file.")
        st.button("Log out", on_click=st.logout)
    else:
        _offer_login()
    st.stop()


def _change_workspace() -> None:
    if (name := st.session_state[CHOSEN]) is not None:
        session.choose_workspace_by_name(name)


def _head(title: str, purpose: str) -> None:
    need_login()
    st.html(STYLES)
    st.title(plain(title), anchor=False)
    st.caption(purpose)


def _notices(snapshot: Snapshot, todo: str) -> None:
    pool, labels = snapshot.pool_words.pool, snapshot.labels
    findings = [*pool.findings, *snapshot.logs.findings, *labels.findings]
    errors = [finding for finding in findings if finding.severity == "error"]
    told = [f"{counted(len(errors), 'row')} that cannot be read"] if errors else []
    if labels.conflicts:
        told.append(f"{counted(len(labels.conflicts), 'item')} with conflicting labels")
    if told:
        st.warning(f"Left out: {' and '.join(told)}. {todo}", icon=":material/warning:")
