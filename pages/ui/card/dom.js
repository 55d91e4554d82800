// Nodes: made, and written to only where something changes.

/** @param {string} tag @param {string} className @param {string} text @returns {HTMLElement} */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Replaces the text, but not its node. @param {HTMLElement} node @param {string} text */
function write(node, text) {
  const only = node.childNodes.length === 1 ? node.firstChild : null;
  if (only?.nodeType !== Node.TEXT_NODE) node.textContent = text;
  else if (only.data !== text) only.data = text;
}

const MOST_WIDE = 5; // label buttons in a row, at most: where there is room, and on a phone
const MOST_NARROW = 3;
const GRID = 60; // columns of the grid that they stand in: rows of one to five share them evenly

/** @param {number} count @param {number} most @returns {number[]} each one's row size */
function rowSizes(count, most) {
  const rows = Math.ceil(count / most);
  const sizes = Array.from({ length: rows }, (_, row) => Math.ceil((count - row) / rows));
  return sizes.flatMap((size) => Array(size).fill(size));
}

/**
 * @param {Label} label @param {number} wide  buttons in its row where there is room
 * @param {number} narrow  and on a phone
 * @param {string} name  within its group
 * @returns {HTMLButtonElement}
 */
function labelButton(label, wide, narrow, name) {
  const button = element("button", "sl-key sl-label", "");
  button.title = saidOf(label);
  tint(button, label);
  placeInRow(button, wide, narrow);
  Object.assign(button.dataset, { action: "label", argument: label.value });
  const keys = [label.key, ...(label.default ? ["enter"] : [])];
  finishButton(button, `label-${label.value}`, name, keys);
  const count = element("span", "sl-count", "");
  count.ariaHidden = "true";
  button.append(count);
  return button;
}

/** @param {HTMLElement} button @param {number} wide @param {number} narrow  as above */
function placeInRow(button, wide, narrow) {
  button.style.setProperty("--sl-wide", `span ${GRID / wide}`);
  button.style.setProperty("--sl-narrow", `span ${GRID / narrow}`);
}

/**
 * Buttons of labels under the names of their groups, if they have any.
 * @param {Label[]} labels @param {HTMLElement[]} buttons  of these labels
 * @param {(label: Label) => [string, string]} groupOf @returns {HTMLElement[]}
 */
function inGroups(labels, buttons, groupOf) {
  const members = new Map();
  labels.forEach((label, at) => {
    const [group] = groupOf(label);
    members.set(group, [...(members.get(group) ?? []), buttons[at]]);
  });
  if (members.size === 0 || (members.size === 1 && members.has(""))) return buttons;
  return [...members].map(([name, own]) => {
    const group = element("div", "sl-group", "");
    group.style.setProperty("--sl-members", own.length);
    if (name) Object.assign(group, { role: "group", ariaLabel: name });
    group.values = new Set(own.map(({ dataset }) => dataset.argument));
    group.append(element("p", "sl-group-name", name), ...own);
    group.firstChild.append(element("span", "sl-group-count", ""));
    return group;
  });
}

/** @param {string} action @param {string} title @param {string} key @param {string} [kind] */
function actionButton(action, title, key, kind = "sl-action") {
  const button = element("button", `sl-key ${kind}`, "");
  button.dataset.action = action;
  return finishButton(button, action, title, [key]);
}

/**
 * The keys stand on the button, but are no part of its name.
 * @param {HTMLButtonElement} button @param {string} name @param {string} title
 * @param {string[]} keys @returns {HTMLButtonElement}
 */
function finishButton(button, name, title, keys) {
  button.type = "button";
  button.dataset.testid = `key-${name}`;
  button.setAttribute("aria-keyshortcuts", keys.map((key) => KEY_NAMES[key]?.[1] ?? key).join(" "));
  const caps = element("span", "sl-caps", "");
  caps.ariaHidden = "true";
  caps.append(...keys.map((key) => element("kbd", "", keyName(key))));
  button.append(element("span", "sl-name", title), caps);
  return button;
}

/** @type {Record<string, [string, string]>} a key as it stands on a keyboard, and as ARIA has it */
const KEY_NAMES = {
  " ": ["Space", "Space"], enter: ["⏎ Enter", "Enter"], tab: ["Tab", "Tab"],
  arrowleft: ["←", "ArrowLeft"], arrowright: ["→", "ArrowRight"],
  arrowup: ["↑", "ArrowUp"], arrowdown: ["↓", "ArrowDown"],
  backspace: ["Backspace", "Backspace"], delete: ["Delete", "Delete"],
  pagedown: ["PageDown", "PageDown"],
};

/** @param {string} key @returns {string} */
function keyName(key) {
  return KEY_NAMES[key.toLowerCase()]?.[0] ?? key;
}

/** @param {string} testid @returns {HTMLButtonElement} goes back to an item, once it is filled */
function itemRow(testid) {
  const button = element("button", "sl-recent", "");
  button.type = "button";
  Object.assign(button.dataset, { action: "revisit", testid });
  const text = element("span", "sl-recent-text", "");
  text.dir = "auto";
  button.append(element("span", "sl-recent-label", ""), text);
  return button;
}

/** @param {HTMLElement} row @param {View} view @param {Item} item  that the row names then */
function fillRow(row, view, item) {
  const [name, text] = row.children;
  row.dataset.argument = item.id;
  tint(name, view.labels.get(item.label));
  write(name, view.nameOf(item.label));
  write(text, item.text.slice(0, SUMMARY));
}
