"""The errors: everything that Sunlight refuses, as one small tree.

    SunlightError
    ├── TaskError, PoolError, WorkspaceError               what stands in a workspace
    ├── LogError ── UnwritableError
    ├── EventError, RunError                               a step of the loop
    ├── LoopError ── PoolExhaustedError
    ├── EngineError, SearchError                           how it was asked for
    ├── TableError, ExportError, BackupError               what comes in and goes out
    └── DownloadError, PasswordError                       what lies outside

Each message says what is wrong, where, and how to mend it; pages and the command line show it
as it stands. A fault of the program itself is never one of these.
"""


class SunlightError(Exception):
    """Something that a person can mend. The message is meant for that person.

    `file` names the file that it is about, as the message does; empty where it is about none.
    """

    def __init__(self, message: str, file: str = "") -> None:
        super().__init__(message)
        self.file = file


class TaskError(SunlightError):
    """`task.toml` cannot be used as it is."""


class WorkspaceError(SunlightError):
    """The workspace's folder cannot be opened, read or written."""


class LogError(SunlightError):
    """A log or label file cannot be read or appended to."""


class UnwritableError(LogError):
    """A log or label file can be looked at only: it cannot be written, or cannot be locked."""


class PoolError(SunlightError):
    """The pool is missing, empty or cannot be read."""


class EventError(SunlightError):
    """An annotation event does not fit the batch that it names."""


class RunError(SunlightError):
    """A run, or its params file, is missing or is not one of ours."""


class LoopError(SunlightError):
    """The loop cannot take the step that was asked for: not enough labels, a changed pool, …"""


class PoolExhaustedError(LoopError):
    """Every item of the pool is labeled or waits for its label: the work is done."""


class EngineError(SunlightError):
    """The engine that was asked for cannot be had, or has failed."""


class SearchError(SunlightError):
    """A search cannot be understood, or takes too long; or a kept one cannot be read."""


class TableError(SunlightError):
    """A file that somebody wants to bring in cannot be read, or does not fit the workspace."""


class ExportError(SunlightError):
    """What is known cannot be written where or as it was asked for."""


class BackupError(SunlightError):
    """A backup cannot be made, is damaged, or cannot be restored there."""


class DownloadError(SunlightError):
    """Something cannot be fetched, or is not what its author has published."""


class PasswordError(SunlightError):
    """A password is too poor, or what stands in its place is no hash of one."""
