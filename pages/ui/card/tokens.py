"""Tokens: who may send events to which workspace. Made for the card, checked by the route.

The key lies in the workspace's cache, so that a card that is open while the server restarts goes
on working. Whoever can read the folder can write labels anyway.
"""

import base64
import hashlib
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, TimestampSigner

from core.errors import WorkspaceError
from core.system.durable import new_file, refused_as

LIFETIME = 7 * 24 * 3600  # seconds. A reload of the page makes a new token.


@dataclass(frozen=True)
class Claim:
    """What a token says: this person labels in this workspace."""

    workspace: Path
    annotator: str


def make_token(claim: Claim) -> str:
    """A token for this claim, valid for a week; raises WorkspaceError if its key cannot be kept."""
    said = json.dumps([str(claim.workspace), claim.annotator])
    what = f"{claim.workspace.name}/.cache cannot be written"
    with refused_as(WorkspaceError, what, "Make room or make it writable, and reload."):
        signer = _signer(claim.workspace)
    return signer.sign(base64.urlsafe_b64encode(said.encode())).decode()


def is_known(workspace: Path) -> bool:
    """Whether a token was ever made for this workspace: before that nobody can have labeled."""
    return _key_file(workspace).is_file()


def read_token(token: str) -> Claim | None:
    """The claim of a token that we made and that is still valid, else None."""
    try:
        workspace, annotator = json.loads(base64.urlsafe_b64decode(token.partition(".")[0]))
        path = Path(workspace)
        # Only a workspace whose key exists was ever opened here: nothing is made for a stranger.
        if not is_known(path):
            return None
        _signer(path).unsign(token, LIFETIME)
    except (BadSignature, ValueError, TypeError, OSError):
        return None
    return Claim(path, annotator)


def _signer(workspace: Path) -> TimestampSigner:
    """What signs with the workspace's key, made if there is none yet; its owner alone reads it."""
    file = _key_file(workspace)
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        with suppress(FileExistsError), new_file(file, mode=0o600) as new:  # the first one counts
            new.write(secrets.token_bytes(32))
    return TimestampSigner(file.read_bytes(), "sunlight label", digest_method=hashlib.sha256)


def _key_file(workspace: Path) -> Path:
    return workspace / ".cache" / "token.key"
