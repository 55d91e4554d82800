"""A figure: a chart with its title, one sentence on how to read it, and its exports.

A chart is a function of a few values that makes it over the rows `POINTS`, whichever these are: its
specification is worked out once, and only rows travel after that. Altair takes some 40 ms for a
chart, more than all that a page computes; rows take one.

PNG and SVG are made by the browser of the drawing as it stands on the screen; Streamlit hides
vega's own menu. CSV is made of the rows, when somebody asks for it.
"""

from collections.abc import Callable, Hashable
from functools import partial

import altair as alt
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.vega_charts import VegaLiteState

from core.exchange.formula_guard import guarded
from pages.ui.cache.charts import chart_spec
from pages.ui.escape_markdown import plain

POINTS = alt.NamedData("points")
"""What a chart is made over: its rows come when it is shown, so that every field has its type."""

CANVAS_FROM = 2_000
"""Rows from which a chart is painted, not built of elements: then there is no SVG of it."""

INKS = {"light": "#1c1917", "dark": "#f0eee9", None: "#808080"}
"""Colors of texts inside a chart, which Streamlit leaves black; grey while nobody knows."""

_buttons = st.components.v2.component(
    "sunlight_exports",
    html='<button data-kind="png">PNG</button><button data-kind="svg">SVG</button>',
    css="""
button {font: inherit; font-size: .84rem; color: inherit; opacity: .72; background: none; border: 0;
  padding: .3rem .45rem; cursor: pointer; border-radius: var(--st-base-radius)}
button:hover, button:focus-visible {opacity: 1; background: var(--st-secondary-background-color)}
""",
    js="""
const HEAD = 36, MARGIN = 10, SCALE = 2;

const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

// The colors of the page, since a drawing for the dark cannot be read on white paper.
const paper = () => {
  const style = getComputedStyle(document.querySelector('[data-testid="stApp"]'));
  return { ground: style.backgroundColor, ink: style.color };
};

const svgOf = (drawing, title) => {
  const { width, height } = drawing.getBoundingClientRect();
  const { ground, ink } = paper();
  const [wide, high] = [width + 2 * MARGIN, height + HEAD + MARGIN];
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({
    xmlns: "http://www.w3.org/2000/svg", width: wide, height: high, viewBox: `0 0 ${wide} ${high}`,
  })) made.setAttribute(name, value);
  made.innerHTML = `<rect width="100%" height="100%" fill="${ground}"/>` +
    `<text x="${MARGIN}" y="23" font-family="sans-serif" font-size="15" fill="${ink}"></text>`;
  made.querySelector("text").textContent = title;
  const copy = drawing.cloneNode(true);
  for (const [name, value] of Object.entries({ x: MARGIN, y: HEAD, width, height })) {
    copy.setAttribute(name, value);
  }
  made.append(copy);
  return new Blob([new XMLSerializer().serializeToString(made)], { type: "image/svg+xml" });
};

const savePng = async (svg, name) => {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * SCALE, image.height * SCALE];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  canvas.toBlob((blob) => save(blob, name));
};

const drawingOf = (figure) =>
  document.querySelector(`.st-key-${figure} [data-testid="stVegaLiteChart"] svg.marks`);

const saveAs = {
  svg: ({ figure, title }) => save(svgOf(drawingOf(figure), title), `${figure}.svg`),
  png: ({ figure, title }) => {
    const drawing = drawingOf(figure);
    if (drawing) return savePng(svgOf(drawing, title), `${figure}.png`);
    document.querySelector(`.st-key-${figure} canvas.marks`)
      .toBlob((blob) => save(blob, `${figure}.png`));
  },
};

// Runs again with every change of data: the handlers are replaced, not added.
export default function ({ parentElement, data }) {
  for (const button of parentElement.querySelectorAll("button")) {
    const { kind } = button.dataset;
    button.dataset.testid = `${data.figure}-${kind}`;
    button.title = `Download the chart as ${kind.toUpperCase()}`;
    button.hidden = kind === "svg" && data.painted;
    button.onclick = () => saveAs[kind](data);
  }
}
""",
)


def show_figure(
    name: str,
    title: str,
    aid: str,
    make: Callable[..., alt.TopLevelMixin],
    rows: pd.DataFrame,
    *arguments: Hashable,
    **selection: object,
) -> DeltaGenerator | VegaLiteState:
    """The chart that `make` gives for these arguments, with these rows: title, reading aid, chart.

    Below stand quiet buttons for its exports. `name` is the figure's own among all pages, of
    letters, digits and hyphens: exported files are called by it. `selection` and what comes back
    are as those of `st.vega_lite_chart`, of which the key is `<name>-chart` if it has no other.
    """
    painted = len(rows) > CANVAS_FROM
    with st.container(key=name, gap="small"):
        st.markdown(f"**{plain(title)}**")
        st.caption(plain(aid))
        spec = chart_spec(make, *arguments) | drawing(painted=painted)
        spec["datasets"] = spec.get("datasets", {}) | {POINTS.name: rows}
        selected = st.vega_lite_chart(spec, width="stretch", **{"key": f"{name}-chart"} | selection)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.download_button(
                "CSV",
                partial(_csv, rows),
                f"{name}.csv",
                "text/csv",
                key=f"{name}-csv",
                on_click="ignore",
                type="tertiary",
                help="Download the numbers behind the chart",
            )
            _buttons(
                key=f"{name}-exports",
                data={"figure": name, "title": title, "painted": painted},
                width="content",
            )
    return selected


def _csv(rows: pd.DataFrame) -> str:
    """The rows as CSV, of which a spreadsheet runs nothing."""
    rows = rows.rename(columns=guarded)
    for name in rows.select_dtypes(exclude="number"):
        rows[name] = rows[name].map(lambda cell: guarded(cell) if isinstance(cell, str) else cell)
    return rows.to_csv(index=False)


def drawing(*, painted: bool) -> dict[str, object]:
    """What every chart has, as parts of its specification.

    The renderer that the exports need; the theme's color for texts; and the width of the page for
    all of it, while its height is that of the plot, whatever axes and legend take beside it.
    """
    ink = INKS.get(st.context.theme.type, INKS[None])
    return {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "usermeta": {"embedOptions": {"renderer": "canvas" if painted else "svg"}},
        "config": {"text": {"color": ink}},
    }
