"""Messages on a page: what was refused, and what will stand where there is nothing yet."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import SunlightError
from pages.ui.escape_markdown import plain


def show_error(message: object) -> None:
    """An error, or a sentence that says what was refused."""
    st.error(plain(str(message)), icon=":material/error:")


@contextmanager
def refusals_shown(*, stop: bool = False) -> Iterator[None]:
    """Shows what the core refuses within; after that the page goes on, or stops."""
    try:
        yield
    except SunlightError as error:
        show_error(error)
        if stop:
            st.stop()


def say_empty(message: str) -> None:
    """Says what will stand here and how to get there."""
    st.info(message, icon=":material/hourglass_empty:")


def empty(message: str) -> None:
    """Says what will stand here and how to get there, and stops the page."""
    say_empty(message)
    st.stop()
