// The labels of the task: answers made of them, their order on the card, groups and colors.

/** The answer that no label fits, and what joins several; as `core/workspace/task.py` has them. */
const NONE = "-";
const SEPARATOR = "|";
const MOST_HUES = 8; // colors that eyes tell apart on one card: as many as the style has

/** @param {CardData} data @param {string} answer @returns {string[]} its values; `-` is one, too */
function valuesOf({ several }, answer) {
  return several ? answer.split(SEPARATOR) : [answer];
}

/** @param {CardData} data @param {Set<string>} chosen @returns {string} in the task's order */
function joinedAnswer({ labels }, chosen) {
  const values = labels.map(({ value }) => value).filter((value) => chosen.has(value));
  return values.join(SEPARATOR) || NONE;
}

/** @param {CardData} data @returns {Label[]} in the card's order */
function labelsInOrder({ labels, order = [] }) {
  if (order.length === 0) return labels;
  const byValue = new Map(labels.map((label) => [label.value, label]));
  return order.map((value) => byValue.get(value));
}

/**
 * Every label that an answer may name: retired ones too, and none of them, which is an answer.
 * @param {CardData} data
 * @returns {Map<string, Label>} by value, each with the number of its color, if it has one
 */
function namedLabels({ labels, retired = [], several }) {
  const none = several ? [{ value: NONE, name: "None of them", key: "", positive: false }] : [];
  const hues = huesOf(labels);
  const named = [...labels, ...retired, ...none];
  return new Map(named.map((label) => [label.value, { ...label, hue: hues.get(label.value) }]));
}

/**
 * A name in two: what stands before its last slash, if others stand below that too, and the rest.
 * @param {Label[]} labels  all of the task
 * @returns {(label: Label) => [string, string]}
 */
function groupsOf(labels) {
  const group = ({ name }) => name.slice(0, Math.max(name.lastIndexOf("/"), 0)).trim();
  const sizes = new Map();
  for (const label of labels) sizes.set(group(label), (sizes.get(group(label)) ?? 0) + 1);
  return (label) => {
    const found = group(label);
    const isGroup = found !== "" && sizes.get(found) > 1;
    return isGroup ? [found, label.name.slice(label.name.lastIndexOf("/") + 1).trim()]
      : ["", label.name];
  };
}

/**
 * Labels of equal rank have a color each, or each group has one, as far as eyes tell them apart.
 * @param {Label[]} labels  all of the task
 * @returns {Map<string, number>} value to the number of its color; empty beside a positive label
 */
function huesOf(labels) {
  if (labels.some(({ positive }) => positive)) return new Map();
  const group = groupsOf(labels);
  const kind = (label) => (labels.length <= MOST_HUES ? label.value : group(label)[0]);
  const kinds = [...new Set(labels.map(kind))].filter(Boolean).slice(0, MOST_HUES);
  const pairs = labels.map((label) => [label.value, kinds.indexOf(kind(label)) + 1]);
  return new Map(pairs.filter(([, hue]) => hue > 0));
}

/** @param {Label} label @returns {string} what it means, and examples of it, in one line */
function saidOf({ description = "", examples = [] }) {
  return [description, ...examples.map((example) => `“${example}”`)].filter(Boolean).join(" ");
}

/** Shows a label's color. @param {HTMLElement} node @param {Label | undefined} label */
function tint(node, label) {
  node.classList.toggle("sl-positive", Boolean(label?.positive));
  if (label?.hue) node.dataset.hue = label.hue;
  else if (node.dataset.hue) delete node.dataset.hue;
}
