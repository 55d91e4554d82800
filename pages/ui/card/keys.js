// Which key does what, and when a key is ours at all.

/** @typedef {{action: string, argument?: string}} Command */

/** Elements that text is typed into, or that have a use for every key. */
const TYPING = [
  "textarea",
  "select",
  "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=range])",
  "[contenteditable]:not([contenteditable=false])",
  "[role=textbox]",
  "[role=combobox]",
  "[role=grid]",
].join(",");

/** Elements that Enter and Space press. */
const PRESSABLE = [
  "button",
  "summary",
  "a[href]",
  "[role=button]",
  "[role=link]",
  "[role=tab]",
  "[role=option]",
  "[role^=menuitem]",
].join(",");

/**
 * The commands by `KeyboardEvent.key` in lower case. Enter is the default label's second key,
 * Escape closes what is open.
 * @param {Label[]} labels
 * @param {Record<string, string>} keys  action to key
 * @returns {Map<string, Command>}
 */
function bindKeys(labels, keys) {
  const commands = new Map([
    ["enter", { action: "default" }],
    ["escape", { action: "close" }],
  ]);
  for (const [action, key] of Object.entries(keys)) {
    if (action in ACTIONS) commands.set(key.toLowerCase(), { action });
  }
  for (const { key, value } of labels) {
    commands.set(key.toLowerCase(), { action: "label", argument: value });
  }
  return commands;
}

/**
 * May this key press act, or does it belong to something else on the page?
 * @param {KeyboardEvent} event
 * @param {Element | null} pointedAt  the element that a pointer gave the focus to
 * @returns {boolean}
 */
function isForCard(event, pointedAt) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return false;
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((element) => element.matches(TYPING))) return false;
  if (pressesFocused(event, path, pointedAt)) return false;
  return document.querySelector("[role=dialog]") === null;
}

/**
 * Enter and Space press the button that the keyboard has reached, and do nothing besides. After a
 * click somebody labels on: then they are ours. (`:focus-visible` does not tell the two apart,
 * any key press turns it on.)
 * @param {KeyboardEvent} event
 * @param {Element[]} path
 * @param {Element | null} pointedAt
 * @returns {boolean}
 */
function pressesFocused(event, path, pointedAt) {
  if (event.key !== "Enter" && event.key !== " ") return false;
  return path[0] !== pointedAt && path.some((element) => element.matches(PRESSABLE));
}

/** @returns {() => Element | null} the focused element, if a pointer gave it the focus */
function watchPointer() {
  let isDown = false;
  let pointedAt = null;
  const listen = (type, listener) => document.addEventListener(type, listener, { capture: true });
  listen("mousedown", () => (isDown = true));
  listen("mouseup", () => (isDown = false));
  listen("focusin", (event) => (pointedAt = isDown ? event.composedPath()[0] : null));
  return () => pointedAt;
}

/**
 * The page's one key listener: it outlives every mounting, and asks which card is on the page.
 * @param {() => Card | null} mountedCard
 */
function listenForKeys(mountedCard) {
  const pointedAt = watchPointer();
  const listener = (event) => {
    const card = mountedCard();
    const command = card?.commands.get(event.key?.toLowerCase());
    if (!command || !isForCard(event, pointedAt()) || !card.takes(command)) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) card.act(command);
  };
  document.addEventListener("keydown", listener, { capture: true });
}
