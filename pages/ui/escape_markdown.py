"""Texts that others wrote, where Streamlit reads Markdown: shown as typed, and nothing more."""

import re

_BREAKS = re.compile(r"\s*[\n\r\u2028\u2029]\s*")
_SIGNS = re.compile(
    r"[\\*_\[\]$~#<>|`!&]|:(?!\s)|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|(?<=^\d\d\d)[.)]"
)
"""What is markup anywhere, and what makes a list or a line where a text begins with it."""

_UNSPLIT = re.compile(
    r"(?<=:)(?=material/|streamlit:|[\w+-]+:)|(?<=<)(?=-)|(?<=-)(?=[>-])|(?<=[<>~!])(?=\\?=)"
)
"""Where Streamlit sees an icon, emoji or arrow despite backslashes, unless the text is in two."""

_NOTHING = ":gray[]"  # Markdown of no character: the text before it and the text behind it are two

_OPENING = re.compile("[\u202a-\u202e\u2066-\u2068]")
_FIRST_STRONG, _POP = "\u2068", "\u2069"
_ODD_WAYS = re.compile("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]")


def plain(text: str) -> str:
    """The text for `st.caption`, `st.error`, labels and helps: of one line, with no markup in it.

    One that is written from right to left, or turns around, does not turn around what is beside it.
    """
    line = _BREAKS.sub(" ", text).strip()
    parts = [_SIGNS.sub(r"\\\g<0>", part) for part in _UNSPLIT.split(line)]
    shown = _NOTHING.join(parts)
    if not _ODD_WAYS.search(line):
        return shown
    before = _FIRST_STRONG * (1 + line.count(_POP))
    return f"{before}{shown}{_POP * (1 + len(_OPENING.findall(line)))}"
