"""Sunlight's core: everything that is not a page. No Streamlit in here.

A package imports those above it, never those below; `core/README.md` says more of each.

    errors                       what is refused
    system                       durable files, caches, threads, jobs; no item, no label
    pool                         items, tokens, words, copies, search
    workspace                    task, logs, labels, and the snapshot of them
    features                     texts as rows of numbers
    models                       fit, calibrate, predict, explain
    evaluation                   runs, and how good they are
    sampling  query  doctor      what to label next; what to look at; what is amiss
    analysis  exchange           studies over a workspace; data in and out
    cli  __main__                the command line
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.models.predictor import Predictor


def load_predictor(folder: str | Path) -> "Predictor":
    """The model in a folder of `export --format model`: `load_predictor(DIR)(["a text"])`.

    Needs no workspace. Raises ExportError if the folder is not whole.
    """
    from core.exchange.model_export import load_predictor  # which imports all that it needs

    return load_predictor(Path(folder))
