// PNG and SVG of a chart, as it stands on the screen, under its title.

const HEAD = 36, MARGIN = 10, SCALE = 2;

/** @param {Blob} blob @param {string} name */
const save = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};

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

/** @param {Blob} svg @param {string} name */
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

/** @param {string} figure @returns {SVGElement | null} a chart that is painted has none */
const drawingOf = (figure) =>
  document.querySelector(`.st-key-${figure} [data-testid="stVegaLiteChart"] svg.marks`);

/** @typedef {{ figure: string, title: string, painted: boolean }} Figure */

/** @type {Record<string, (figure: Figure) => void>} */
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
