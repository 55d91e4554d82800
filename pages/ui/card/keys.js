// Which key does what, and when a key is ours at all.

/** @typedef {{action: string, argument?: string}} Command */

/** Elements that text is typed into, or that have a use for every key. */
const TYPING = [
  "textarea", "select", "[role=textbox]", "[role=combobox]", "[role=grid]",
  "input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=range])",
  "[contenteditable]:not([contenteditable=false])",
].join(",");

/** Elements that Enter and Space press. */
const PRESSABLE = [
  "button", "summary", "a[href]",
  "[role=button]", "[role=link]", "[role=tab]", "[role=option]", "[role^=menuitem]",
].join(",");

const NAMED = /^[A-Z][A-Za-z0-9]+$/; // a key that writes nothing: Enter, F1, Dead, Process
/** A letter, or a part of one, of a script that does not have a to z. */
const OTHER_SCRIPT = /^(?!\p{Script=Latin})[\p{L}\p{M}]/u;
/** Keys of a to z on which such a layout has no letter: q and w in Hebrew, q in Greek. */
const LETTERLESS = new Set(["/KeyQ", "'KeyW", ";KeyQ"]);
/** `KeyboardEvent.keyCode` of a key that an input method has taken, whatever its `key` says. */
const TAKEN = 229;
const FIND_KEY = "/"; // the key that opens the field for a label's name
const LIKE_KEY = "="; // the key for items like the last labeled one, unless a label has it
/** Keys in a row that do nothing, after which the card says which ones label. */
const ENOUGH_STRAYS = 3;
const MOST_NAMED = 12; // keys that such a word names, at most

/**
 * The commands by `KeyboardEvent.key` in lower case. Enter is the default label's second key,
 * Escape closes what is open, and what the task does not use scrolls as it does everywhere.
 * @param {Label[]} labels @param {Record<string, string>} keys  action to key
 * @returns {Map<string, Command>}
 */
function bindKeys(labels, keys) {
  const commands = new Map([
    ["enter", { action: "default" }],
    ["escape", { action: "close" }],
    ...Object.keys(SCROLLS).map((key) => [key, { action: "scroll", argument: key }]),
  ]);
  for (const [action, key] of Object.entries(keys)) {
    if (action in ACTIONS) commands.set(key.toLowerCase(), { action });
  }
  for (const { key, value } of labels.filter(({ key }) => key)) {
    commands.set(key.toLowerCase(), { action: "label", argument: value });
  }
  if (!commands.has(LIKE_KEY)) commands.set(LIKE_KEY, { action: "moreLike" });
  if (hasKeyless(labels) && !commands.has(FIND_KEY)) commands.set(FIND_KEY, { action: "find" });
  return commands;
}

/** @param {Label[]} labels @returns {boolean} are some of them found by typing alone */
function hasKeyless(labels) {
  return labels.some(({ key }) => !key);
}

/**
 * A letter that is no key begins a label's name, where some labels have no key.
 * @param {Card} card @param {KeyboardEvent} event @returns {Command | undefined}
 */
function findCommand(card, event) {
  if (isTaken(event) || !hasKeyless(card.data.labels)) return undefined;
  if (/^\p{L}$/u.test(event.key)) return { action: "find", argument: event.key };
  const isSlash = event.code === "Slash" && !event.shiftKey; // `.` on a Russian keyboard
  return isSlash ? { action: "find" } : undefined;
}

/**
 * The command of a key press: by its character, else by its position, since layouts have other
 * characters where these caps are (`&` for 1 in French, `+` in Czech, `л` for k in Russian).
 * @param {Map<string, Command>} commands @param {KeyboardEvent} event
 * @returns {Command | undefined}
 */
function commandOf(commands, event) {
  const key = isTaken(event) ? "" : event.key.toLowerCase();
  const plain = plainKey(key);
  const names = [key, plain, positionOf(event, plain)];
  const command = commands.get(names.find((name) => commands.has(name)));
  if (command?.action !== "scroll" || !event.shiftKey) return command;
  return plain === " " ? commands.get("pageup") : undefined;
}

/**
 * A character as most tasks name their keys: no full-width form, no digit of another script.
 * Superscripts are keys of their own (`²` in French), and stay what they are.
 * @param {string} key @returns {string}
 */
function plainKey(key) {
  if (key === "؟") return "?";
  if (/^[\u3000\uff01-\uff5e]$/.test(key)) return key.normalize("NFKC");
  return /^\p{Nd}$/u.test(key) ? digitOf(key) : key;
}

/** @param {string} character  a digit of any script: in runs from 0 to 9 @returns {string} */
function digitOf(character) {
  const code = character.codePointAt(0);
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((code - zero) % 10);
}

/**
 * What a US keyboard writes at this place, where the layout writes nothing like it. A Latin
 * letter stands where its own cap is, and a key with Shift or AltGr is meant as it is.
 * @param {KeyboardEvent} event
 * @param {string} plain  what it writes; empty where an input method has the key
 * @returns {string} a digit or a letter, or nothing
 */
function positionOf(event, plain) {
  const { key, code, shiftKey } = event;
  if (shiftKey || event.getModifierState("AltGraph") || /^[0-9a-z]$/.test(plain)) return "";
  if (plain && NAMED.test(key)) return "";
  const [, digit, letter] = /^(?:Digit|Numpad)(\d)$|^Key([A-Z])$/.exec(code) ?? [];
  const isLetter = !plain || OTHER_SCRIPT.test(plain) || LETTERLESS.has(key + code);
  return digit ?? (letter && isLetter ? letter.toLowerCase() : "");
}

/** @param {KeyboardEvent} event @returns {boolean} has an input method taken this key */
function isTaken({ key, keyCode }) {
  return key === "Process" || keyCode === TAKEN;
}

/**
 * May this key press act, or does it belong to something else on the page?
 * @param {KeyboardEvent} event @returns {boolean}
 * @param {Element | null} pointedAt  the element that a pointer gave the focus to
 */
function isForCard(event, pointedAt) {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  const path = event.composedPath().filter((node) => node instanceof Element);
  if (path.some((element) => element.matches(TYPING))) return false;
  // Enter and Space press the button that the keyboard has reached, and do nothing besides. After
  // a click somebody labels on: then they are ours. (`:focus-visible` does not tell the two apart,
  // any key press turns it on.)
  const presses = ["Enter", " "].includes(event.key) && path[0] !== pointedAt;
  if (presses && path.some((element) => element.matches(PRESSABLE))) return false;
  return document.querySelector("[role=dialog]") === null;
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

/** Tells somebody whose keys do nothing why that is, each reason once in the page's life. */
class Strays {
  constructor() {
    this.inRow = 0;
    /** @type {Set<string>} reasons */
    this.told = new Set();
  }

  /** @param {KeyboardEvent} event  without a command @param {Card} card */
  note(event, card) {
    const { key, repeat } = event;
    if (event.isComposing || isTaken(event)) {
      const cure = "Switch it off, or use the buttons.";
      this.tell("input", card, `An input method is on, and keeps keys from the card. ${cure}`);
      return;
    }
    const isTry = key === "Unidentified" || (!NAMED.test(key) && key.trim() !== "");
    if (!isTry || repeat || event.getModifierState("AltGraph") || !card.batch.current) return;
    this.inRow += 1;
    if (this.inRow >= ENOUGH_STRAYS) this.tell("keys", card, labelKeysInWords(card.data));
  }

  /** @param {string} reason @param {Card} card @param {string} words */
  tell(reason, card, words) {
    if (this.told.has(reason)) return;
    this.told.add(reason);
    card.view.say(words);
  }
}

/** @param {CardData} data @returns {string} the keys that label, for somebody who tries others */
function labelKeysInWords({ labels, keys }) {
  const all = labels.filter(({ key }) => key);
  const named = all.slice(0, MOST_NAMED).map(({ key }) => keyName(key));
  if (labels.some((label) => label.default)) named.push("Enter");
  if (hasKeyless(labels)) named.push(FIND_KEY);
  const others = all.length > MOST_NAMED ? " and others" : "";
  return `Keys that label: ${named.join(", ")}${others}. All keys: ${keyName(keys.help)}`;
}

/** The page's one key listener. @param {() => Card | null} mountedCard  which is there now */
function listenForKeys(mountedCard) {
  const pointedAt = watchPointer();
  const strays = new Strays();
  const listener = (event) => {
    const card = mountedCard();
    if (!card || !event.key || !isForCard(event, pointedAt())) return;
    // While a character is composed, a digit chooses among candidates.
    const command = event.isComposing ? undefined
      : commandOf(card.commands, event) ?? findCommand(card, event);
    if (!command) strays.note(event, card);
    if (!command || !card.takes(command, event.target)) return;
    strays.inRow = 0;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat || command.action === "scroll") card.act(command);
  };
  document.addEventListener("keydown", listener, { capture: true });
}
