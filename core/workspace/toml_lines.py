"""Names and values as lines of TOML."""

import json

Value = str | int | bool | list
"""What stands behind a name; the lists are of texts."""


def pair(name: str, value: Value) -> str:
    """A name and its value in a line."""
    return f"{name} = {str(value).lower() if isinstance(value, int) else _quoted(value)}"


def long_pair(name: str, text: str) -> str:
    """A text that is read without the space around it: one of several lines stands in as many."""
    if "\n" not in text:
        return pair(name, text)
    lines = [_quoted(line)[1:-1] for line in text.split("\n")]
    return "\n".join([f'{name} = """', *lines, '"""'])


def _quoted(value: str | list) -> str:
    """Texts and lists of them are as in JSON, but for a character which JSON takes as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
