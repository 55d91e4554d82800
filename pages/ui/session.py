"""What one browser session holds: its workspace, its person, an earlier batch that is open.

The workspace's name stands in the address; the person's name is remembered by the browser.
"""

from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from core.errors import SunlightError
from core.system.process import environment
from core.workspace.layout import SAMPLE
from core.workspace.registry import find, name_of, workspaces_folder
from core.workspace.snapshot import Snapshot
from pages.ui.cache import snapshot as cache
from pages.ui.components.messages import refusals_shown
from pages.ui.escape_markdown import plain

ANNOTATOR = "annotator"
REOPENED = "reopened"
WORKSPACE = "workspace"  # the session's workspace as a path; in the address only ever a name
FOLLOWED = "workspace_followed"
MAX_NAME = 80  # characters
DEMO = SAMPLE.parent / "demo"  # where Home puts the demo workspace

COOKIE = "sunlight-annotator"
_write_cookie = st.components.v2.component(
    "sunlight_remember", js=Path(__file__).with_name("remember.js").read_text(encoding="utf-8")
)


def workspace_path() -> Path:
    """The session's workspace: chosen last, here or in the address, else the one of the start."""
    name = st.query_params.get(WORKSPACE)
    if name and name != st.session_state.get(FOLLOWED):
        st.session_state[FOLLOWED] = name
        choose_workspace_by_name(name)
    started = Path(started_with())
    chosen = Path(st.session_state.get(WORKSPACE) or started)
    if chosen != started and not chosen.is_dir():
        choose_workspace(started)
        told = f"The workspace {plain(chosen.name)} is not where it was. Choose another."
        st.toast(told, icon=":material/folder_off:", duration="infinite")
        return started
    return chosen


def started_with() -> str:
    """The workspace that the server was started with: `--data`, `SUNLIGHT_DATA`, or the sample."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--data", nargs="?")
    given, _ = parser.parse_known_args()
    return given.data or environment("SUNLIGHT_DATA") or str(SAMPLE)


def choose_workspace(path: Path) -> None:
    """From the next run on this session looks at another workspace, and its address says so."""
    st.session_state[WORKSPACE] = str(path)
    close_reopened()
    write_address()


def write_address() -> None:
    """The address names the workspace that was chosen, on every page that one goes to."""
    if WORKSPACE not in st.session_state:
        return
    name = name_of(Path(st.session_state[WORKSPACE]), workspaces_folder())
    st.session_state[FOLLOWED] = name
    if not name:
        st.query_params.pop(WORKSPACE, None)
    elif name != st.query_params.get(WORKSPACE):
        st.query_params[WORKSPACE] = name


def choose_workspace_by_name(name: str) -> None:
    """`choose_workspace` by its name, empty for that of the start; the sidebar tells a refusal."""
    with st.sidebar, refusals_shown():
        choose_workspace(find(name, workspaces_folder()) if name else Path(started_with()))


def open_snapshot() -> Snapshot:
    """The snapshot of the session's workspace; a refusal is told, and the page stops."""
    with refusals_shown(stop=True):
        return cache.open_snapshot(workspace_path().resolve())


def snapshot_or_stop() -> Snapshot:
    """The same for a part of a page whose head has told a refusal."""
    try:
        return cache.open_snapshot(workspace_path().resolve())
    except SunlightError:
        st.stop()


def annotator() -> str:
    """Who labels: by login, else as typed, given in the address or remembered; empty if unknown."""
    if login_is_configured():
        known = st.user if st.user.get("is_logged_in") else {}
        return str(known.get("email") or known.get("name") or known.get("sub") or "")[:MAX_NAME]
    if ANNOTATOR not in st.session_state:
        name_annotator(st.query_params.get(ANNOTATOR, "") or remembered_name())
    return st.session_state[ANNOTATOR]


def name_annotator(name: str) -> None:
    """From now on this session labels under this name."""
    st.session_state[ANNOTATOR] = name[:MAX_NAME].strip()


def remembered_name() -> str:
    """The name that this browser sent when the session began; empty if it knows none."""
    return unquote(dict(st.context.cookies).get(COOKIE, ""))


def remember_name() -> None:
    """Lets the browser keep a name that was typed or given, if it does not have it yet."""
    name = annotator()
    if name and name != remembered_name() and not login_is_configured():
        _write_cookie(key="remember", data={"cookie": COOKIE, "value": quote(name, safe="")})


def name_annotator_by(key: str) -> None:
    """`name_annotator` by what was typed into the field of this key."""
    name_annotator(st.session_state[key])


def login_is_configured() -> bool:
    """Whether people log in here (`[auth]` in the secrets file): then they choose no name."""
    return "is_logged_in" in st.user


def may_enter() -> bool:
    """Whether who has logged in may label here.

    `[sunlight] people` holds mail addresses, or `@example.org` for a domain; without it all may.
    """
    return bool(st.user.get("is_logged_in")) and _is_listed("people")


def is_lead() -> bool:
    """Whether this person decides, imports and changes settings; without a login everybody does.

    `[sunlight] leads` names them as `people` names who may enter; without it all are leads.
    """
    return not login_is_configured() or (may_enter() and _is_listed("leads"))


def may(doing: str) -> bool:
    """Whether this person may do what leads do, such as `decide`; who may not is told so."""
    if not is_lead():
        st.caption(f"Only a lead can {doing} here.")
    return is_lead()


def _is_listed(name: str) -> bool:
    """Whether who has logged in is on this list of the secrets file, or there is no such list."""
    people = secrets("sunlight").get(name)
    if people is None:
        return True
    mail = str(st.user.get("email") or "").casefold()
    if not mail or st.user.get("email_verified", True) is False:
        return False
    listed = [people] if isinstance(people, str) else people
    known = [str(each).casefold() for each in listed]
    return any(mail == each or (each.startswith("@") and mail.endswith(each)) for each in known)


def labels_today(snapshot: Snapshot, annotator: str = "") -> int:
    """Labels and opinions of today, by the browser's clock; of one person, if one is named."""
    zone = ZoneInfo(st.context.timezone or "UTC")
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    since = f"{midnight.astimezone(UTC):%Y-%m-%dT%H:%M}"  # the logs' times sort as texts
    words = snapshot.labels.words
    not_here = words.unseen | words.looked_at.keys()  # nobody looked; or counted as an opinion
    given = [x for x in snapshot.labels.items if x.item_id not in not_here]
    given += words.answered.values()
    return sum(x.labeled_at >= since and annotator in ("", x.annotator) for x in given)


def secrets(section: str) -> Mapping[str, object]:
    """A section of the secrets file; empty where there is none."""
    try:
        found = st.secrets.get(section, {})
    except StreamlitSecretNotFoundError:
        return {}
    return found if isinstance(found, Mapping) else {}


def reopen(batch_id: str, item_id: str = "") -> None:
    """The annotate page shows this earlier batch next; back goes to this item of it first."""
    st.session_state[REOPENED] = (batch_id, item_id)


def reopened() -> tuple[str, str] | None:
    """The earlier batch that was opened, with its requested item; None for the current batch."""
    return st.session_state.get(REOPENED)


def close_reopened() -> None:
    """The annotate page goes back to the batch of now."""
    st.session_state.pop(REOPENED, None)
