// A text of any length on the screen, and what in it moved the model.

/** Characters from which a text is laid out in parts, so that only the visible ones cost time. */
const LONG_TEXT = 8_000;
/** Characters of one such part, at most, and of a longer paragraph that is one all the same. */
const PART = 2_000;
const PARAGRAPH = 20_000;
/** Of the strongest push of a text, the share below which a piece is not marked. */
const LEAST_PUSH = 0.05;

/** Characters up to which a text is set large, and up to which it is not yet set for reading. */
const SHORT = 120;
const MEDIUM = 400;

/**
 * A stretch of a text: how it moved the model, or in which color a kept search finds it.
 * @typedef {{start: number, end: number, push?: number, strength?: number, color?: string}} Mark
 */

/**
 * How much room a text takes; one of the wide characters of East Asia counts for two.
 * @param {string} text @returns {"short" | "medium" | "long"}
 */
function sizeOf(text) {
  if (text.length > MEDIUM) return "long";
  const room = text.length + (text.match(/[\u2e80-\ud7ff\uf900-\uffef]/g)?.length ?? 0);
  if (room <= SHORT) return "short";
  return room <= MEDIUM ? "medium" : "long";
}

/**
 * Shows a text, with marks in it or without; a very long one in parts that are laid out when
 * scrolled to. Its characters stay exactly the same.
 * @param {HTMLElement} node @param {string} text @param {Mark[]} marks  in the text's order
 */
function fillText(node, text, marks) {
  if (text.length >= LONG_TEXT) node.replaceChildren(...partsOf(text, marks));
  else if (marks.length > 0) node.replaceChildren(...markedNodes(text, 0, text.length, marks));
  else write(node, text);
}

/**
 * A text cut between paragraphs, since a part begins on a line of its own. Where one paragraph is
 * a book, it is cut after white space where there is some, and never inside a character.
 * @param {string} text @param {Mark[]} marks @returns {HTMLElement[]}  joined, they are the text
 */
function partsOf(text, marks) {
  let start = 0;
  let next = 0;
  const ends = ["(?:\\n|$)", "\\s", ""].map((end) => `\\n*[^\\n]{1,${PARAGRAPH}}${end}`);
  const cuts = new RegExp([`[^]{1,${PART}}(?:\\n|$)`, ...ends].join("|"), "gu");
  return text.match(cuts).map((part) => {
    const end = start + part.length;
    const first = next;
    while (next < marks.length && marks[next].start < end) next += 1;
    const node = element("div", "sl-part", "");
    node.append(...markedNodes(text, start, end, marks.slice(Math.max(first - 1, 0), next)));
    start = end;
    return node;
  });
}

/**
 * A stretch of a text as plain strings and marked spans.
 * @param {string} text @param {number} from @param {number} to
 * @param {Mark[]} marks  those that lie in it, perhaps in part
 * @returns {(string | HTMLElement)[]}
 */
function markedNodes(text, from, to, marks) {
  const nodes = [];
  let place = from;
  for (const mark of marks) {
    const start = Math.max(mark.start, place);
    const end = Math.min(mark.end, to);
    if (start >= end) continue;
    if (start > place) nodes.push(text.slice(place, start));
    nodes.push(markedSpan(text.slice(start, end), mark));
    place = end;
  }
  if (place < to) nodes.push(text.slice(place, to));
  return nodes;
}

/** @param {string} text @param {Mark} mark @returns {HTMLElement} */
function markedSpan(text, { push, strength, color }) {
  if (color) {
    const found = element("span", "sl-found", text);
    found.style.setProperty("--sl-color", color);
    return found;
  }
  const span = element("span", push > 0 ? "sl-towards" : "sl-away", text);
  span.style.setProperty("--sl-strength", strength.toFixed(2));
  span.title = `${push > 0 ? "+" : "−"}${Math.abs(push).toFixed(2)} log-odds`;
  return span;
}

/**
 * The pieces of a text that moved the model noticeably; none if they do not join to the text.
 * @param {string} text @param {Opinion} opinion @returns {Mark[]}
 */
function marksOf(text, { pieces }) {
  if (pieces.map(([piece]) => piece).join("") !== text) return [];
  const most = pieces.reduce((found, [, push]) => Math.max(found, Math.abs(push)), 0);
  const marks = [];
  let start = 0;
  for (const [piece, push] of pieces) {
    const end = start + piece.length;
    const strength = most > 0 ? Math.abs(push) / most : 0;
    if (strength >= LEAST_PUSH) marks.push({ start, end, push, strength });
    start = end;
  }
  return marks;
}

/** @param {[string, string][]} pieces  with colors, or none @returns {Mark[]} */
function foundMarks(pieces) {
  let end = 0;
  return pieces.map(([piece, color]) => ({ start: end, end: (end += piece.length), color }))
    .filter(({ color }) => color);
}
