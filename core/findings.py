"""What the readers and the doctor report about a file, without stopping."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know of, and how to mend it.

    An error keeps a row or an item out of the loop; a warning only wants to be seen.
    """

    severity: Literal["error", "warning"]
    kind: str
    file: str
    line: int | None
    item_id: str | None
    message: str

    def as_dict(self) -> dict[str, str | int | None]:
        return asdict(self)
