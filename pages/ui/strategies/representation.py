"""The section of the Strategies page on how the training data differs from the pool."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
import streamlit as st

from core.analysis.representation import ALL, FEW, LENGTH, Share, Spread, WordComparison, WordShare
from core.analysis.strategy_yield import THIN
from core.workspace.snapshot import Snapshot
from pages.ui.cache import analysis
from pages.ui.components.charts import POOL, STRATEGY_COLORS, numbers, strategy_color, thin_hollow
from pages.ui.components.controls import choose_one
from pages.ui.components.figure import POINTS, show_figure
from pages.ui.components.scores import interval_text
from pages.ui.escape_markdown import plain

ROW = 14
"""Pixels for one group of one value."""

SHOWN = 15
"""Words of each kind in the tables."""

NAMED = 3
"""Shares or words that a sentence names."""


def show_representation(snapshot: Snapshot) -> None:
    """Lengths and columns of each strategy beside the pool's, then words."""
    st.header("Is the training data skewed?", anchor=False)
    st.caption(
        "Compares chosen items with all unlabeled items. Only differences larger than chance are "
        "listed."
    )
    spreads = analysis.spreads(snapshot)
    show_spreads(spreads)
    others = set(snapshot.pool_words.pool.columns) - {spread.name for spread in spreads}
    if others:
        # Names of columns are anybody's words: no markup is read in them.
        named = ", ".join(sorted(others)[:FEW])
        more = f" and {len(others) - FEW} more" if len(others) > FEW else ""
        told = "Not compared, because nearly all items differ there, or all are the same"
        st.text(f"{told}: {named}{more}.")
    show_words(analysis.word_comparisons(snapshot))


def show_spreads(spreads: Sequence[Spread]) -> None:
    """The shares of one feature, and what stands out among them."""
    found = {spread.name: spread for spread in spreads}
    chosen = choose_one("Compare", [*found], "skew_feature") if len(found) > 1 else LENGTH
    points = points_of(found[chosen])
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
    st.text(spread_sentence(found[chosen]))


def show_words(comparisons: dict[str, WordComparison]) -> None:
    """The words that one strategy has more and less often than the pool, with their numbers."""
    st.markdown("**Words**")
    group = choose_one("Words in", [*comparisons], "skew_group", format_func=plain)
    found = comparisons[group]
    st.text(word_sentence(group, found))
    for place, name, words in zip(
        st.columns(2), ("More often", "Less often"), (found.over, found.under), strict=True
    ):
        if words:
            of_all = f" (the first {SHOWN} of {len(words):,})" if len(words) > SHOWN else ""
            with place:
                st.caption(f"{name} than in the pool{of_all}")
                st.dataframe(word_table(words), hide_index=True, key=f"words_{name.split()[0]}")
    if found.over or found.under:
        st.caption(
            "Expected: how often the word comes in as many random words of the pool. Times: found "
            "over expected, with its 95% interval. About 1 in 20 of these words is there by chance."
        )


def points_of(spread: Spread) -> pd.DataFrame:
    """The groups' shares of each value, with the pool's."""
    rows = []
    for share in spread.shares:
        value, of = share.value.split(":")[0] or "(empty)", share.share
        rows.append((value, share.group, share.items, of.value, of.low, of.high, share.pool))
    names = ["value", "strategy", "items", "share", "low", "high", "pool"]
    points = pd.DataFrame(rows, columns=names)
    return points.assign(thin=points.groupby("strategy")["items"].transform("sum") < THIN)


def chart_of(values: Sequence[str], strategies: Sequence[str]) -> alt.LayerChart:
    """The groups' shares of each value, over the pool's."""
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
    tick = {"color": STRATEGY_COLORS[POOL], "thickness": 2, "size": height * 0.9}
    pool = alt.Chart(POINTS).mark_tick(**tick)
    pool = pool.encode(y=y, x="pool:Q", tooltip=["value:N", told[-1]])
    dots = thin_hollow(base.encode(x=share), size=55)
    return alt.layer(pool, bars, dots, height=alt.Step(height, **{"for": "position"}))


def spread_sentence(spread: Spread) -> str:
    """Which shares are farthest from the pool's, or that none is."""
    strategies = {share.group for share in spread.shares} - {ALL}
    telling = [s for s in spread.shares if s.stands_out and (s.group != ALL or not strategies)]
    if not telling:
        return f"No strategy's items differ clearly from the pool in {spread.name}."
    telling.sort(key=lambda share: -abs(share.share.value - share.pool))
    told = "; ".join(map(share_told, telling[:NAMED]))
    more = len(telling) - NAMED
    return told[:1].upper() + told[1:] + (f"; and {more} more." if more > 0 else ".")


def share_told(share: Share) -> str:
    """`outlier has more “short” items than the pool: 59% (49% to 68%) instead of 22%`."""
    value, often = share.value.split(":")[0] or "(empty)", share.share.value > share.pool
    return (
        f"{share.group} has {'more' if often else 'fewer'} “{value}” items than the pool: "
        f"{interval_text(share.share, '.0%')} instead of {share.pool:.0%}"
    )


def word_sentence(group: str, found: WordComparison) -> str:
    """Which words a group has more and less often than the pool, or that there are none."""
    told = [
        f"{len(words):,} {'word is' if len(words) == 1 else 'words are'} {how}, above all "
        f"“{words[0].word}” ({words[0].training:,}, expected {words[0].expected:.1f})"
        for how, words in (("over-represented", found.over), ("under-represented", found.under))
        if words
    ]
    if not told:
        return f"In {group}, no word is clearly over- or under-represented."
    return f"In {group}, {'; '.join(told)}."


def word_table(words: Sequence[WordShare]) -> pd.DataFrame:
    """The first words with the numbers behind each."""
    rows = []
    for each in words[:SHOWN]:
        expected, times = round(each.expected, 1), interval_text(each.ratio, ".1f")
        rows.append((each.word, each.training, expected, each.pool, times))
    return pd.DataFrame(rows, columns=["Word", "Training", "Expected", "Pool", "Times"])
