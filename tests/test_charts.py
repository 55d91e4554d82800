import pandas as pd

from core.task import default_task
from pages.ui.charts import STRATEGY_COLORS, label_colors, strategy_color


def colors(*names: str) -> dict[str, str]:
    scale = strategy_color(pd.DataFrame({"strategy": names})).to_dict()["scale"]
    return dict(zip(scale["domain"], scale["range"], strict=True))


def test_a_strategy_has_its_color_whoever_stands_beside_it():
    assert colors("outlier", "random") == {
        "random": STRATEGY_COLORS["random"],
        "outlier": STRATEGY_COLORS["outlier"],
    }
    assert colors("outlier")["outlier"] == STRATEGY_COLORS["outlier"]


def test_strategies_of_somebody_else_get_colors_too():
    found = colors("random", "by hand", "weekly", "weekly")
    assert list(found) == ["random", "by hand", "weekly"]
    assert len(set(found.values())) == 3


def test_labels_have_distinct_colors():
    scale = label_colors(default_task()).to_dict()
    assert scale["domain"] == ["Disaster-related", "Not disaster-related"]
    assert len(set(scale["range"])) == 2
