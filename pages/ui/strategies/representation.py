"""The section of the Strategies page on how the training data differs from the pool."""

from collections.abc import Mapping, Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis.representation import ALL, FEW, LENGTH
from core.analysis.strategy_yield import THIN
from core.evaluation.intervals import Interval
from core.workspace.snapshot import Snapshot
from pages.ui.cache import analysis
from pages.ui.components.charts import GRAY, hollow, numbers, strategy_color
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain

ROW = 14
"""Pixels for one group of one value."""

SHOWN = 15

NAMED = 3


def show_representation(snapshot: Snapshot) -> None:
    """Lengths and columns of each strategy beside the pool's, then words."""
    st.header("Is the training data skewed?", anchor=False)
    st.caption(
        "Compares chosen items with all unlabeled items. Only differences larger than chance are "
        "listed."
    )
    spreads = analysis.spreads(snapshot)
    show_spreads(spreads)
    others = set(snapshot.pool_words.pool.columns) - {*spreads}
    if others:
        # Names of columns are anybody's words: no markup is read in them.
        named = ", ".join(sorted(others)[:FEW])
        more = f" and {len(others) - FEW} more" if len(others) > FEW else ""
        told = "Not compared, because nearly all items differ there, or all are the same"
        st.text(f"{told}: {named}{more}.")
    show_words(analysis.word_comparisons(snapshot))


def show_spreads(spreads: Mapping[str, pd.DataFrame]) -> None:
    chosen = choose_one("Compare", [*spreads], "skew_feature") if len(spreads) > 1 else LENGTH
    points = points_of(spreads[chosen])
    values, strategies = (tuple(points[name].unique()) for name in ("value", "strategy"))
    show_figure(
        "skew",
        f"Shares by {chosen}",
        "Each point is a strategy's share with its 95% interval; the grey line is the pool. "
        f"Hollow points have fewer than {THIN} items.",
        chart_of,
        points,
        values,
        strategies,
    )
    # Strategies and values are anybody's words: no markup is read in them.
    st.text(spread_sentence(chosen, points))


def show_words(comparisons: Mapping[str, pd.DataFrame]) -> None:
    st.markdown("**Words**")
    group = choose_one("Words in", [*comparisons], "skew_group", format_func=plain)
    both = over_and_under(comparisons[group])
    st.text(word_sentence(group, *both))
    for place, name, words in zip(st.columns(2), ("More", "Less"), both, strict=True):
        if len(words):
            of_all = f" (the first {SHOWN} of {len(words):,})" if len(words) > SHOWN else ""
            with place:
                st.caption(f"{name} often than in the pool{of_all}")
                st.dataframe(word_table(words), hide_index=True, key=f"words_{name}")
    if len(comparisons[group]):
        st.caption(
            "Expected: how often the word comes in as many random words of the pool. Times: found "
            "over expected, with its 95% interval. About 1 in 20 of these words is there by chance."
        )


def points_of(spread: pd.DataFrame) -> pd.DataFrame:
    """The shares as points, with whether their strategy has few items."""
    value = spread["value"].str.partition(":")[0].replace("", "(empty)")
    items = spread.groupby("strategy")["items"].transform("sum")
    return spread.assign(value=value, thin=items < THIN)


def chart_of(values: Sequence[str], strategies: Sequence[str]) -> alt.LayerChart:
    y = alt.Y("value:N", title=None, sort=list(values), axis=alt.Axis(labelLimit=120))
    told = numbers("share", "low", "high", "pool", format=".1%")
    base = alt.Chart(POINTS).encode(
        y=y,
        yOffset=alt.YOffset("strategy:N", sort=list(strategies), scale=alt.Scale(paddingOuter=0.6)),
        color=strategy_color(strategies),
        tooltip=["strategy:N", "value:N", "items:Q", *told],
    )
    low, share = (
        alt.X(f"{end}:Q", title="share of items", axis=alt.Axis(format="%"))
        for end in ("low", "share")
    )
    bars = base.mark_rule(opacity=0.6).encode(x=low, x2="high:Q")
    height = (len(strategies) + 1) * ROW
    tick = {"color": GRAY, "thickness": 2, "size": height * 0.9}
    pool = alt.Chart(POINTS).mark_tick(**tick)
    pool = pool.encode(y=y, x="pool:Q", tooltip=["value:N", told[-1]])
    dots = hollow(base.encode(x=share), size=55)
    return alt.layer(pool, bars, dots, height=alt.Step(height, **{"for": "position"}))


def spread_sentence(name: str, points: pd.DataFrame) -> str:
    """Which shares are farthest from the pool's, or that none is."""
    is_one_of_several = (points["strategy"] != ALL) | (points["strategy"] == ALL).all()
    telling = points[points["stands_out"] & is_one_of_several]
    if not len(telling):
        return f"No strategy's items differ clearly from the pool in {name}."
    far = (telling["pool"] - telling["share"]).abs().sort_values(ascending=False, kind="stable")
    told = "; ".join(map(share_told, telling.loc[far.index[:NAMED]].itertuples()))
    more = len(telling) - NAMED
    return told[:1].upper() + told[1:] + (f"; and {more} more." if more > 0 else ".")


def share_told(point: tuple) -> str:
    """`outlier has more “short” items than the pool: 59% (49% to 68%) instead of 22%`."""
    more = "more" if point.share > point.pool else "fewer"
    share = interval_text(Interval(point.share, point.low, point.high), ".0%")
    return (
        f"{point.strategy} has {more} “{point.value}” items than the pool: {share} instead of "
        f"{point.pool:.0%}"
    )


def over_and_under(words: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The words that are met too often, and those too seldom."""
    is_over = words["training"] > words["expected"]
    return words[is_over], words[~is_over]


def word_sentence(group: str, over: pd.DataFrame, under: pd.DataFrame) -> str:
    """Which words a group has more and less often than the pool, or that there are none."""
    told = [
        f"{len(words):,} {'word is' if len(words) == 1 else 'words are'} {how}, above all "
        f"“{first.word}” ({first.training:,}, expected {first.expected:.1f})"
        for how, words in (("over-represented", over), ("under-represented", under))
        for first in words.head(1).itertuples()
    ]
    if not told:
        return f"In {group}, no word is clearly over- or under-represented."
    return f"In {group}, {'; '.join(told)}."


def word_table(words: pd.DataFrame) -> pd.DataFrame:
    first = words.head(SHOWN).round({"expected": 1})
    ends = zip(first.pop("times"), first.pop("low"), first.pop("high"), strict=True)
    times = [interval_text(Interval(*each), ".1f") for each in ends]
    return first.assign(times=times).rename(columns=str.capitalize)
