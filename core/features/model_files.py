"""Files in `models/`: how they are written."""

from pathlib import Path

from core.errors import RunError
from core.system.durable import refused_as, write_whole


def write_model_file(path: Path, content: bytes | memoryview) -> None:
    """The content stands in the file below `models/`, fsynced, when this returns.

    Raises RunError if it cannot be written.
    """
    todo = "Free some space or make the folder writable, and train again."
    with refused_as(RunError, f"models/{path.name} cannot be written", todo):
        write_whole(path, content)
