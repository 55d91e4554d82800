"""Draws the README's learning curves from a file that `python -m core simulate` wrote.

    python -m core simulate --labeled data/sample/oracle.csv --model linear --model book \
        --mix random=1 --mix random=10,low_confidence=80,outlier=10 --out curves.csv
    python -m tests.screenshots.chart curves.csv
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from core.analysis.curve_comparison import Mean, mean_of
from core.analysis.learning_curves import Point, curve_file
from core.workspace.logs import decode

SCORE = "average_precision"
COLORS = {"linear": "#0072b2", "book": "#d55e00"}
DASHES = {True: "6 5", False: "none"}
"""Of random sampling, and of the others."""

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 210, 16, 44
"""Margins; the names of the curves stand in the right one."""

GREY = "#808080"
"""Is legible on a light page and on a dark one."""

LINE_GAP = 17


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws learning curves as SVG.")
    parser.add_argument("curves", type=Path, help="the CSV of `python -m core simulate`")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("learning.svg"))
    given = parser.parse_args()
    points = [decode(Point, row.fields) for row in curve_file(given.curves).read().rows[1:]]
    given.out.write_text(picture(points), encoding="utf-8")


def picture(points: Sequence[Point]) -> str:
    """The mean curves with bands of one standard error, as SVG."""
    most = max(point.labels for point in points)
    curves = {way: means(points, *way) for way in {(p.model, p.mix): None for p in points}}
    names = heights([curve[most].value or 0.0 for curve in curves.values()])
    parts = [axes(most)]
    for (way, curve), height in zip(curves.items(), names, strict=True):
        parts.append(drawn(way, curve, most, height))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="13">\n{"".join(parts)}</svg>\n'
    )


def means(points: Sequence[Point], model: str, mix: str) -> dict[int, Mean]:
    """The mean over seeds at each number of labels."""
    own = [point for point in points if (point.model, point.mix) == (model, mix)]
    return {
        labels: mean_of(getattr(point, SCORE) for point in own if point.labels == labels)
        for labels in sorted({point.labels for point in own})
    }


def x_of(labels: int, most: int) -> float:
    """Where so many labels stand."""
    return LEFT + (WIDTH - LEFT - RIGHT) * labels / most


def y_of(score: float) -> float:
    """Where a score stands."""
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - score)


def axes(most: int) -> str:
    """Lines and numbers of both axes."""
    parts = []
    for tenth in range(0, 11, 2):
        y = y_of(tenth / 10)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{GREY}" '
            f'stroke-opacity="0.3"/>{text(LEFT - 8, y + 4, f"{tenth / 10:.1f}", "end")}'
        )
    parts += [text(x_of(at, most), HEIGHT - 24, f"{at:,}") for at in range(0, most + 1, most // 5)]
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(text(middle, HEIGHT - 6, "training labels"))
    parts.append(
        f'<text transform="translate(14 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle" fill="{GREY}">average precision</text>'
    )
    return "\n".join(parts) + "\n"


def drawn(way: tuple[str, str], curve: dict[int, Mean], most: int, name_height: float) -> str:
    """One curve, its band and its name."""
    model, mix = way
    known = {labels: mean for labels, mean in curve.items() if mean.value is not None}
    lower = [(labels, mean.value - (mean.error or 0)) for labels, mean in known.items()]
    upper = [(labels, mean.value + (mean.error or 0)) for labels, mean in known.items()]
    line = [(labels, mean.value) for labels, mean in known.items()]
    is_random = mix.startswith("random=1") and "," not in mix
    color = COLORS.get(model, GREY)
    name = f"{model}, {'random' if is_random else 'the chapter’s mix'}"
    return (
        f'<polygon points="{placed([*upper, *reversed(lower)], most)}" fill="{color}" '
        f'fill-opacity="0.15"/>\n'
        f'<polyline points="{placed(line, most)}" fill="none" stroke="{color}" stroke-width="2.5" '
        f'stroke-dasharray="{DASHES[is_random]}"/>\n'
        f"{text(WIDTH - RIGHT + 10, name_height + 4, name, 'start', color)}\n"
    )


def placed(points: Sequence[tuple[int, float]], most: int) -> str:
    """Points as SVG has them."""
    return " ".join(f"{x_of(labels, most):.1f},{y_of(score):.1f}" for labels, score in points)


def heights(scores: Sequence[float]) -> list[float]:
    """Where names stand beside the ends of their curves, without standing on each other."""
    placed_at: dict[int, float] = {}
    lowest = float(TOP)
    for at in sorted(range(len(scores)), key=lambda at: -scores[at]):
        placed_at[at] = lowest = max(y_of(scores[at]), lowest)
        lowest += LINE_GAP
    return [placed_at[at] for at in range(len(scores))]


def text(x: float, y: float, words: str, anchor: str = "middle", color: str = GREY) -> str:
    """Some words in the picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{words}</text>'


if __name__ == "__main__":
    main()
