"""A condition that a person writes: one DuckDB expression over the items, and nothing else.

It is read twice. First as text: what DuckDB's own parser makes of it has to be one expression, of
columns, constants, operators and the functions named here. Then it is run on a connection of its
own that holds one table, reaches no file, loads nothing, and whose settings are locked; it is
stopped when its time is over.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from itertools import accumulate

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.errors import ConditionError
from core.query.filters import MAX_WHERE
from core.workspace.task import listed

SECONDS = 3.0
"""That a condition may take."""

TABLE = "items"

MAX_DEPTH = 60
"""Brackets within brackets."""

CONFIG = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "temp_directory": "",
    "memory_limit": "1GB",
    "threads": "2",
}

KINDS = {
    "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "OPERATOR", "TYPE",
}  # fmt: skip
"""Of expressions, as the parser calls them: no subquery, no parameter, no star, no lambda."""

TYPES = {
    "bigint", "boolean", "date", "double", "float", "integer", "int4", "int8", "float4", "float8",
    "int", "text", "bool", "real", "timestamp", "varchar",
}  # fmt: skip
"""That a value can be cast to."""

OPERATORS = {
    "+", "-", "*", "/", "//", "%", "||", "~~", "!~~", "~~*", "!~~*", "~~~", "~", "!~",
    "like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape",
}  # fmt: skip
FUNCTIONS = {
    "abs", "array_length", "ascii", "ceil", "contains", "date_diff", "date_part",
    "date_trunc", "day", "dayofweek", "ends_with", "exp", "floor", "greatest", "hour",
    "instr", "isnan", "lcase", "least", "left", "len", "length", "list_contains", "ln",
    "log", "lower", "ltrim", "md5", "minute", "mod", "month", "nfc_normalize", "nullif",
    "position", "prefix", "quarter", "regexp_extract", "regexp_full_match",
    "regexp_matches", "reverse", "right", "round", "rtrim", "sign", "split_part", "sqrt",
    "starts_with", "string_split", "strip_accents", "strlen", "strpos", "substr",
    "substring", "suffix", "trim", "try_strptime", "ucase", "unicode", "upper", "week",
    "year",
}  # fmt: skip
"""None of them makes much out of little, or takes longer than its text is long: DuckDB looks often
enough whether it is to stop."""

MAKING = {
    "||", "lcase", "left", "lower", "ltrim", "nfc_normalize", "regexp_extract", "reverse",
    "right", "rtrim", "split_part", "string_split", "strip_accents", "substr", "substring",
    "trim", "ucase", "upper",
}  # fmt: skip
"""Those that make texts. DuckDB keeps each that it makes on its way, of 2,048 items at once."""

HEAVY = {"||", "string_split"}
MOST_MADE, MOST_HEAVY = 20, 4
"""Texts that a condition may make, and how many of them by joining or splitting others. A chain of
100 joins over texts of 1,000 characters was measured to fill 8 GB, and no limit of DuckDB's own
holds against that."""


def rows_where(items: pa.Table, condition: str, seconds: float = SECONDS) -> NDArray[np.int64]:
    """The `place` of each item for which the condition is true, ascending.

    Raises ConditionError if it is not one expression of what is allowed, does not fit the columns
    of `items`, or takes too long.
    """
    with duckdb.connect(config=CONFIG) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET lock_configuration = true")
        check_condition(connection, condition, items.column_names)
        connection.register(TABLE, items)
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            found = connection.execute(_query(condition)).fetchnumpy()["place"]
        except duckdb.InterruptException as error:
            raise ConditionError(
                f"The condition took more than {seconds:g} seconds and was stopped. Make it "
                "simpler, or put a condition on other columns first."
            ) from error
        except duckdb.Error as error:
            told = f"{_said(error)} The columns are {listed(items.column_names)}."
            raise ConditionError(f"This condition does not work: {told}") from error
        finally:
            timer.cancel()
    return np.sort(np.asarray(found, np.int64))


def check_condition(
    connection: duckdb.DuckDBPyConnection, condition: str, columns: Sequence[str]
) -> None:
    """Raises ConditionError if the text is not one expression of what is allowed."""
    if len(condition) > MAX_WHERE:
        raise ConditionError(f"The condition has more than {MAX_WHERE:,} characters. Shorten it.")
    depths = accumulate((sign in "([{") - (sign in ")]}") for sign in condition)
    if max(depths, default=0) > MAX_DEPTH:
        raise ConditionError(
            f"The condition has brackets more than {MAX_DEPTH} deep. Make it simpler."
        )
    node, plain = _parsed(connection, condition), _parsed(connection, "true")
    where = node.pop("where_clause", None)
    plain.pop("where_clause")
    if node != plain or not where:
        raise ConditionError(
            "The condition is more than one expression. Write only what comes after WHERE, for "
            "example: n_words > 8 AND text ILIKE '%flood%'"
        )
    parts = list(_parts(where))
    for part in parts:
        if refusal := _refusal(part, columns):
            raise ConditionError(refusal)
    functions = [_name(part) for part in parts if part["class"] == "FUNCTION"]
    made, heavy = (sum(name in few for name in functions) for few in (MAKING, HEAVY))
    if made > MOST_MADE or heavy > MOST_HEAVY:
        raise ConditionError(
            f"The condition changes texts too often: at most {MOST_MADE} times by functions "
            f"such as lower, {MOST_HEAVY} of them by || and string_split. Make it simpler."
        )


def _query(condition: str) -> str:
    # The line end closes a comment that the condition may end with.
    return f"SELECT place FROM {TABLE} WHERE (\n{condition}\n)"


def _parsed(connection: duckdb.DuckDBPyConnection, condition: str) -> dict[str, object]:
    """What the parser makes of the whole query."""
    try:
        asked = connection.execute("SELECT json_serialize_sql(?)", [_query(condition)])
        ((text,),) = asked.fetchall()
    except duckdb.Error as error:
        raise ConditionError(f"This condition has a syntax error: {_said(error)}") from error
    try:
        parsed = json.loads(text)
    except RecursionError as error:  # a chain such as 1 + 1 + 1 + … nests without brackets
        raise ConditionError(
            "The condition has too many parts in a row. Make it shorter."
        ) from error
    if parsed["error"]:
        raise ConditionError(f"This condition has a syntax error: {parsed['error_message']}.")
    if len(parsed["statements"]) != 1:
        raise ConditionError("The condition is more than one statement. Remove the `;`.")
    return parsed["statements"][0]["node"]


def _parts(parsed: object) -> Iterator[dict[str, object]]:
    """Every expression within a parsed one, itself too."""
    if isinstance(parsed, dict):
        if "class" in parsed:
            yield parsed
        for value in parsed.values():
            yield from _parts(value)
    elif isinstance(parsed, list):
        for value in parsed:
            yield from _parts(value)


def _refusal(part: dict[str, object], columns: Sequence[str]) -> str:
    """Why a condition must not hold this expression; empty if it may."""
    kind = part["class"]
    if kind not in KINDS:
        return (
            f"A condition cannot contain a {str(kind).lower().replace('_', ' ')}. Write "
            "comparisons of columns, joined by AND and OR."
        )
    if kind == "COLUMN_REF":
        names = [str(name).lower() for name in part["column_names"]]
        # Another name may be a function without brackets, such as current_user.
        if names[-1] not in map(str.lower, columns) or names[:-1] not in ([], [TABLE]):
            name = ".".join(names)
            return f"There is no column `{name}`. The columns are {listed(columns)}."
    if kind == "TYPE":
        name = str(part.get("type_name", "")).lower()
        if name not in TYPES or part.get("children") or part.get("schema") or part.get("catalog"):
            allowed = ", ".join(sorted(TYPES))
            return f"A condition cannot cast to `{name}`. It can cast to: {allowed}."
    if kind == "FUNCTION":
        name = _name(part)
        if name not in OPERATORS | FUNCTIONS or part["schema"] or part["catalog"]:
            allowed = ", ".join(sorted(FUNCTIONS))
            return f"The function `{name}` cannot be used in a condition. These can: {allowed}."
    return ""


def _name(function: dict[str, object]) -> str:
    return str(function["function_name"]).lower()


def _said(error: Exception) -> str:
    """The first line of what DuckDB says, as a sentence."""
    line = str(error).splitlines()[0].strip()
    return line if line.endswith((".", "!", "?")) else f"{line}."
