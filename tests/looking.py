"""What a program sees of a workspace whose disk has no locks, and of one that it cannot write.

    python -m tests.looking PATH PATH

Opens every page, asks for `status` and `check`, and tries to label. Prints a JSON object of each.
"""

import ctypes
import errno
import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core.doctor import examine
from core.errors import SunlightError
from core.sampling.next_batch import BatchRequest, propose
from core.workspace.events import Inbox
from core.workspace.logs import new_event
from core.workspace.snapshot import Snapshot, open_snapshot
from pages.ui.cache import analysis
from tests.jobs import JobInPlace
from tests.pages.conftest import scan_once
from tests.pages.test_pages import PAGES, ROOT, TIMEOUT

CAPABILITIES = 0x20080522
PAST_ALL_MODES = 0b110
"""The bits of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""


def without_rights() -> None:
    """Root obeys the modes of files from now on, as everybody else does anyway."""
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(CAPABILITIES, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(head, sets):
        raise OSError(ctypes.get_errno(), "capget")
    for at in range(3):
        sets[at] &= ~PAST_ALL_MODES
    if libc.capset(head, sets):
        raise OSError(ctypes.get_errno(), "capset")


def refuse(*_: object) -> None:
    """What a network disk without a lock server answers."""
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def look(path: Path) -> dict[str, object]:
    """What went wrong on each page, and why nothing can be labeled."""
    os.environ["SUNLIGHT_DATA"] = str(path)
    failed, annotate = {}, ""
    for name in PAGES:
        page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=TIMEOUT)
        page.query_params["annotator"] = "ann"
        page.run()
        errors = [entry.value for entry in page.error]
        if name == "annotate":
            annotate = errors[0] if errors else ""
            errors = []
        if page.exception or errors:
            failed[name] = [*errors, *(entry.value for entry in page.exception)]
    snapshot = open_snapshot(path)
    torn = [finding for finding in examine(path) if finding.kind.title == "torn line"]
    return {
        "failed": failed,
        "annotate": annotate,
        "refusal": snapshot.workspace.refusal(),
        "label": _label(snapshot),
        "propose": _propose(snapshot),
        "torn lines": len(torn),
    }


def _label(snapshot: Snapshot) -> str:
    proposal = snapshot.logs.proposals[-1]
    event = new_event(proposal.batch_id, "ann", "label", proposal.item_id, label="1")
    try:
        Inbox(snapshot.workspace).receive([event])
    except SunlightError as error:
        return str(error)
    return ""


def _propose(snapshot: Snapshot) -> str:
    try:
        propose(snapshot, "ann", BatchRequest(mix={"random": 2}))
    except SunlightError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    analysis.Job = JobInPlace
    manifest_scanner.scan_component_manifests = scan_once
    with patch("fcntl.flock", refuse):
        print(json.dumps(look(Path(sys.argv[1]))))
    without_rights()
    print(json.dumps(look(Path(sys.argv[2]))))
