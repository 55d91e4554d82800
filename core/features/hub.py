"""Encoders by the name that they have on the model hub: downloaded once, then read from disk.

They stand where all programs that use the hub keep theirs (`HF_HOME`), so that a model which
another one has downloaded is not fetched again. After a download that was cut short, the files that
had arrived are not fetched again. What is there once stays as it is, whatever its authors publish.
"""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from core.errors import RunError
from core.features.encoder_formats import files_of, kind_of
from core.system.progress import Progress, silent

TIMEOUT = 30
"""Seconds to wait for the hub's answer."""

INSTALL = "Run: pip install -r requirements-encoder.txt"


def hub_folder(name: str, *, download: bool, progress: Progress = silent) -> Path:
    """The folder with the files of the encoder of this name, downloaded if it is allowed.

    Raises RunError if there is no such encoder, or it cannot be had now.
    """
    hub = _hub(name)
    try:
        sizes = {entry.path: entry.size or 0 for entry in hub.get_cached_repo_tree(name)}
        return _snapshot(hub, name, sizes, is_local=True)
    except (hub.errors.CachedRepoTreeNotFoundError, hub.errors.LocalEntryNotFoundError) as error:
        if not download:
            raise RunError(
                f"The encoder `{name}` is neither a folder nor downloaded to this machine. Put it "
                "back, or train again."
            ) from error
    except hub.errors.HFValidationError as error:
        raise RunError(_is_nothing(name)) from error
    return _download(hub, name, progress)


def _download(hub: ModuleType, name: str, progress: Progress) -> Path:
    progress(f"asking for the encoder {name}")
    try:
        # Of the library's ways to list files the one that gives up at once without a network.
        found = hub.HfApi().model_info(name, files_metadata=True, timeout=TIMEOUT)
        sizes = {entry.rfilename: entry.size or 0 for entry in found.siblings}
        return _snapshot(hub, name, sizes, is_local=False, progress=progress)
    except (hub.errors.RepositoryNotFoundError, hub.errors.HFValidationError) as error:
        raise RunError(_is_nothing(name)) from error
    except RunError:
        raise
    # The hub's library lets errors of several network libraries through; they share no parent.
    except Exception as error:
        raise RunError(
            f"The encoder `{name}` cannot be downloaded ({_short(error)}). Connect to the network "
            "and try again: files that have arrived are kept. Or name a folder that holds it."
        ) from error


def _snapshot(
    hub: ModuleType,
    name: str,
    sizes: Mapping[str, int],
    *,
    is_local: bool,
    progress: Progress = silent,
) -> Path:
    """The folder with those of these files that the encoder needs, and no others."""

    def read(path: str) -> str:
        found = hub.hf_hub_download(name, path, local_files_only=is_local)
        return Path(found).read_text(encoding="utf-8")

    kind = kind_of(sizes, read)
    if kind is None:
        raise RunError(
            f"The repository `{name}` holds no encoder that can be read here: it needs model2vec's "
            "files, `modules.json` of sentence-transformers, or `model.onnx` with "
            "`tokenizer.json`. Name another encoder under [model] in task.toml."
        )
    files = files_of(kind, sizes)
    progress(f"downloading {name}, {sum(sizes[path] for path in files) / 1e6:,.0f} MB")
    folder = hub.snapshot_download(name, allow_patterns=files, local_files_only=is_local)
    return Path(folder)


def _hub(name: str) -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ImportError as error:
        raise RunError(
            f"The encoder `{name}` is no folder, and to download it the package huggingface_hub "
            f"is missing. {INSTALL}"
        ) from error
    return huggingface_hub


def _is_nothing(name: str) -> str:
    return (
        f"The encoder `{name}` is neither a folder nor an encoder on the hub, or one that only its "
        "owners may read. Correct `encoder` under [model] in task.toml."
    )


def _short(error: Exception) -> str:
    """The first line of what the error says, at most 200 characters."""
    lines = str(error).splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200]
