// SVG of a chart, as it stands on the screen, under its title.

const HEAD = 36, MARGIN = 10;

/** @param {SVGElement} drawing @param {string} title @returns {Blob} */
const svgOf = (drawing, title) => {
  const { width, height } = drawing.getBoundingClientRect();
  // The colors of the page, since a drawing for the dark cannot be read on white paper.
  const app = document.querySelector('[data-testid="stApp"]');
  const { backgroundColor: ground, color: ink } = getComputedStyle(app);
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

// Runs again with every change of data: the handler is replaced, not added.
export default function ({ parentElement, data: { figure, title } }) {
  const button = parentElement.querySelector("button");
  button.dataset.testid = `${figure}-svg`;
  button.onclick = () => {
    const chart = `.st-key-${figure} [data-testid="stVegaLiteChart"]`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(svgOf(document.querySelector(`${chart} svg.marks`), title));
    link.download = `${figure}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
}
