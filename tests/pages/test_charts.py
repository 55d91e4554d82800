import math
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from core.workspace.task import Task
from core.workspace.task_toml import default_task, parse_task
from pages.ui.components import charts
from pages.ui.components.charts import (
    HUES,
    NEGATIVES,
    OTHERS,
    POSITIVE,
    SCORE_COLORS,
    grouped,
    grouped_colors,
    label_colors,
    legend,
)


@pytest.mark.parametrize(
    ("width", "columns"), [(100, 1), (290, 2), (600, 5)], ids=["tiny", "telephone", "half a page"]
)
def test_a_legend_has_as_many_columns_as_its_chart_has_room_for(width: int, columns: int):
    names = ["random", "low confidence", "outlier"]
    expression = legend(names).to_dict()["columns"]["expr"]
    assert eval(expression, {"max": max, "floor": math.floor, "width": width}) == columns


def test_labels_have_distinct_colors():
    found = label_colors(default_task().labels)
    assert [*found] == ["Disaster-related", "Not disaster-related"]
    assert len({*found.values()}) == 2


def test_labels_of_equal_rank_have_the_colors_of_the_card():
    style = (Path(charts.__file__).parents[1] / "card" / "card.css").read_text(encoding="utf-8")
    assert tuple(re.findall(r'\[data-hue="\d"\] { --sl-other: (#\w+); }', style)) == HUES
    equal = of_groups([f"l{at}" for at in range(8)])
    assert tuple(label_colors(equal.labels).values()) == HUES
    # On the card `press`, alone in its group, has no color; the groups have them in their order.
    many = of_groups(["press", *(f"g{at % 3}/{at}" for at in range(15))])
    named = grouped_colors(many, grouped(many, {}))
    assert [named[name] for name in ("g0", "g1", "g2")] == [*HUES[:3]]


# What people without one kind of cones see (Machado, Oliveira and Fernandes 2009), linear RGB.
VISIONS = {
    "any": np.eye(3),
    "deuteranopia": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "protanopia": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
}
XYZ = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])
LIGHT, DARK = "#ffffff", "#16161a"


def linear(color: str) -> np.ndarray:
    parts = np.array([int(color[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def seen(color: str, vision: str) -> np.ndarray:
    """The color in CIELAB, as people of this vision see it."""
    white = XYZ @ np.ones(3)
    rgb = np.clip(np.array(VISIONS[vision]) @ linear(color), 0, 1)
    x, y, z = np.cbrt(XYZ @ rgb / white)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(color: str, ground: str) -> float:
    lights = sorted(XYZ[1] @ linear(each) + 0.05 for each in (color, ground))
    return lights[1] / lights[0]


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(
    ("least", "together"),
    [
        (18, [POSITIVE, *NEGATIVES]),
        (18, HUES),
        (30, sorted({*SCORE_COLORS.values()})),
    ],
)
def test_colors_that_stand_together_are_told_apart(vision: str, least: float, together: list[str]):
    for first, second in combinations(together, 2):
        distance = np.linalg.norm(seen(first, vision) - seen(second, vision))
        assert distance >= least, (first, second)


@pytest.mark.parametrize("color", HUES)
def test_every_color_is_seen_on_light_and_on_dark(color: str):
    assert contrast(color, LIGHT) > 1.7
    assert contrast(color, DARK) > 1.9


def of_groups(names: list[str]) -> Task:
    tables = (
        f'[[labels]]\nvalue = "{at}"\nname = "{x}"\nfile = "{at}.csv"' for at, x in enumerate(names)
    )
    return parse_task("\n".join(tables), "task.toml")


def test_many_labels_are_told_by_their_groups():
    few = of_groups(["a", "b/x", "b/y"])
    assert grouped(few, {}) == {"0": "a", "1": "b/x", "2": "b/y"}
    many = of_groups([f"g{at % 5}/{at}" for at in range(40)])
    assert grouped(many, {}) == {str(at): f"g{at % 5}" for at in range(40)}
    assert [*grouped_colors(many, grouped(many, {}))] == [f"g{at}" for at in range(5)]


def test_of_too_many_groups_the_rare_ones_are_one():
    many = of_groups([f"l{at}" for at in range(40)])
    found = grouped(many, {str(at): at for at in range(40)})
    assert [value for value, name in found.items() if name != OTHERS] == [
        str(x) for x in range(33, 40)
    ]
    named = grouped_colors(many, found)
    assert len(named) == 8
    assert [*named][-1] == OTHERS
    assert len(set(named.values())) == 8
