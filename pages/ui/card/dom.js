// Nodes: made, and written to only where something changes.

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} text
 * @returns {HTMLElement}
 */
function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/**
 * Replaces a node's text, keeping the text node where there is one.
 * @param {HTMLElement} node
 * @param {string} text
 */
function write(node, text) {
  const only = node.childNodes.length === 1 ? node.firstChild : null;
  if (only?.nodeType !== Node.TEXT_NODE) node.textContent = text;
  else if (only.data !== text) only.data = text;
}

/**
 * @param {Label} label
 * @returns {HTMLButtonElement}
 */
function labelButton(label) {
  const button = element("button", "sl-key sl-label", "");
  button.classList.toggle("sl-positive", label.positive);
  Object.assign(button.dataset, { action: "label", argument: label.value });
  return finishButton(button, `label-${label.value}`, label.name, [
    keyName(label.key),
    ...(label.default ? ["⏎ Enter"] : []),
  ]);
}

/**
 * @param {string} action
 * @param {string} title
 * @param {string} key
 * @returns {HTMLButtonElement}
 */
function actionButton(action, title, key) {
  const button = element("button", "sl-key sl-action", "");
  button.dataset.action = action;
  return finishButton(button, action, title, [keyName(key)]);
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} name
 * @param {string} title
 * @param {string[]} keys
 * @returns {HTMLButtonElement}
 */
function finishButton(button, name, title, keys) {
  button.type = "button";
  button.dataset.testid = `key-${name}`;
  const caps = element("span", "sl-caps", "");
  caps.append(...keys.map((key) => element("kbd", "", key)));
  button.append(element("span", "sl-name", title), caps);
  return button;
}

/**
 * A key as it stands on a keyboard.
 * @param {string} key
 * @returns {string}
 */
function keyName(key) {
  const names = {
    " ": "Space", arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓",
    backspace: "Backspace", delete: "Delete", tab: "Tab", pagedown: "PageDown",
  };
  return names[key.toLowerCase()] ?? key;
}

/**
 * A row that goes back to an item, once it is filled.
 * @param {string} testid
 * @returns {HTMLButtonElement}
 */
function itemRow(testid) {
  const button = element("button", "sl-recent", "");
  button.type = "button";
  Object.assign(button.dataset, { action: "revisit", testid });
  const text = element("span", "sl-recent-text", "");
  text.dir = "auto";
  button.append(element("span", "sl-recent-label", ""), text);
  return button;
}

/**
 * Fills a row that names a label and an item's text.
 * @param {HTMLElement} row
 * @param {Label | undefined} label
 * @param {Item} item
 */
function fillRow(row, label, item) {
  const [name, text] = row.children;
  row.dataset.argument = item.id;
  name.classList.toggle("sl-positive", Boolean(label?.positive));
  write(name, label?.name ?? String(item.label));
  write(text, item.text.slice(0, SUMMARY));
}
