"""What the readers and the doctor report about a file, without stopping."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know of, and how to mend it.

    An error keeps a row or an item out of the loop; a warning only wants to be seen. `mend` names
    the safe mend that the program can do itself, of those in `core/mending.py`; empty for none.
    """

    severity: Literal["error", "warning"]
    kind: str
    file: str
    line: int | None
    item_id: str | None
    message: str
    mend: str = ""

    def as_dict(self) -> dict[str, str | int | None]:
        return asdict(self)
