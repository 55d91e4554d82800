"""Values of known types from JSON: dataclasses, tuples and mappings, and what these hold."""

import math
from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

kinds_of = cache(get_type_hints)  # the type of each field of a dataclass, by its name


def typed(kind: Any, value: Any) -> Any:  # noqa: ANN401 (any type, and any JSON value)
    """What JSON gave, as a value of this type; a field that a dataclass lacks has its default.

    Fields that a dataclass does not have, as files of other versions may, are passed over.
    Raises one of `durable.DAMAGED` where it is something else, or a number that is not finite.
    """
    if kind is float:
        if not math.isfinite(value):
            raise ValueError(f"{value} is not finite")
        return value
    if is_dataclass(kind):
        kinds = kinds_of(kind)
        return kind(
            **{name: typed(kinds[name], part) for name, part in value.items() if name in kinds}
        )
    parts = get_args(kind)
    if get_origin(kind) is UnionType:
        return None if value is None and NoneType in parts else typed(parts[0], value)
    if get_origin(kind) is Mapping:
        return {name: typed(parts[1], part) for name, part in value.items()}
    if type(value) is not (list if parts else kind):
        raise TypeError("a value is of another type than it should be")
    if not parts:
        return value
    kinds = parts if parts[-1] is not Ellipsis else parts[:1] * len(value)
    return tuple(typed(*both) for both in zip(kinds, value, strict=True))
