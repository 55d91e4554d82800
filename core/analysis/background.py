"""What a pool teaches a simulation in which its items do not take part.

A table of some hundred labeled texts is too small to learn word meanings from; the pool that it was
drawn from is not. Items of the table, held out or not, and their copies are not counted: nothing
that is unknown to a simulated loop leaks into its features.
"""

from collections.abc import Iterable
from pathlib import Path

from core.features.pool_features import Space, learn_space
from core.features.space_file import load_space, save_space
from core.workspace.snapshot import Loop

FOLDER = "background"


def background_space(loop: Loop, texts: Iterable[str]) -> Space:
    """The space of the workspace's pool without these texts and without what is held out there."""
    words, counted = loop.pool_words, ~loop.held_out
    counted[words.copies_of(list(texts))] = False
    return learn_space(words.words.to_pylist(), words.bags, words.hashes, counted)


def keep_background(space: Space, folder: Path) -> None:
    """The space stands in a simulation's folder, for all its processes."""
    save_space(space, folder / FOLDER)


def kept_background(folder: Path) -> Space | None:
    """The space that was kept there, if any."""
    found = sorted((folder / FOLDER).glob("*.space"))
    return load_space(folder / FOLDER, found[0].stem) if found else None
