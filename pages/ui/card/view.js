// The card on the screen. It touches few nodes per key, and nothing that moves another.

/** Characters from which a text is laid out in parts, so that only the visible ones cost time. */
const LONG_TEXT = 8_000;
/** Characters of one such part, at most. */
const PART = 2_000;
/** Characters of a text that are worth announcing, or showing in one line. */
const SUMMARY = 200;
/** Milliseconds that the latest label is lit. */
const FLASH = 300;

/** @typedef {"saved" | "waiting" | "saving" | "trouble"} SaveState */

class View {
  /**
   * @param {HTMLElement} root  the card's element
   * @param {CardData} data
   * @param {(command: Command) => void} act
   */
  constructor(root, data, act) {
    this.root = root;
    this.act = act;
    const find = (name) => root.querySelector(`.sl-${name}`);
    this.progress = find("progress");
    this.bar = find("bar-fill");
    this.saveState = find("save-state");
    this.stage = find("stage");
    this.text = find("text");
    this.was = find("was");
    this.end = find("end");
    this.definitions = find("definitions");
    this.trouble = find("trouble");
    this.live = find("live");
    this.recents = [...root.querySelectorAll(".sl-recent")];
    this.isScrolled = false;
    this.furniture = "";
    this.listen();
    this.furnish(data);
  }

  /**
   * Pointers leave the focus where it is: then Enter after a click labels, and clicks nothing.
   * Enter held down on a focused button presses it once.
   */
  listen() {
    this.root.onmousedown = (event) => {
      if (event.target.closest("button")) event.preventDefault();
    };
    this.root.onclick = (event) => {
      const button = event.target.closest("button[data-action]");
      if (button) this.act({ ...button.dataset });
    };
    this.root.onkeydown = (event) => {
      if (event.repeat && event.target.closest("button")) event.preventDefault();
    };
    this.text.onscroll = () => (this.isScrolled = true);
  }

  /**
   * Everything that stays the same through a batch; nothing if it already stands so.
   * @param {CardData} data
   */
  furnish(data) {
    const furniture = JSON.stringify([data.split, data.short, data.detailed, data.labels, data.keys]);
    if (furniture === this.furniture) return;
    this.furniture = furniture;
    this.former = null;
    this.labels = new Map(data.labels.map((label) => [label.value, label]));
    this.root.querySelector(".sl-split").textContent = `${data.split} data`;
    this.root.querySelector(".sl-short").textContent = data.short;
    this.root.querySelector(".sl-detailed").textContent = data.detailed;
    const labels = data.labels.map(labelButton);
    this.labelButtons = new Map(data.labels.map(({ value }, place) => [value, labels[place]]));
    this.root.querySelector(".sl-labels").replaceChildren(...labels);
    const actions = Object.entries(data.keys).filter(([name]) => ACTIONS[name]?.title);
    const buttons = actions.map(([name, key]) => actionButton(name, ACTIONS[name].title, key));
    this.root.querySelector(".sl-actions").replaceChildren(...buttons);
    this.definitionsButton = buttons.find((button) => button.dataset.action === "definitions");
  }

  /** The focus comes to the card, unless somebody is typing elsewhere. */
  focus() {
    if (!document.activeElement?.matches(TYPING)) this.root.focus({ preventScroll: true });
  }

  /**
   * The item on the screen, or the end of the batch.
   * @param {Batch} batch
   */
  show(batch) {
    const item = batch.current;
    if (this.isScrolled) this.text.scrollTop = 0;
    this.isScrolled = false;
    this.text.dataset.itemId = item?.id ?? "";
    fillText(this.text, item?.text ?? "");
    this.markFormer(item?.was ?? null);
    write(this.progress, `${batch.position} of ${batch.size}`);
    this.bar.style.transform = `scaleX(${batch.size ? batch.trail.length / batch.size : 1})`;
    this.showRecents(batch);
    this.showEnd(item === null, batch);
  }

  /** @param {string | null} value  the label that this item had before it was taken back */
  markFormer(value) {
    if (this.former === value) return;
    this.labelButtons.get(this.former)?.classList.remove("sl-former");
    this.labelButtons.get(value)?.classList.add("sl-former");
    this.former = value;
    write(this.was, value === null ? "" : `was: ${this.nameOf(value)}`);
  }

  /** @param {Batch} batch */
  showRecents(batch) {
    this.recents.forEach((row, place) => {
      const item = batch.trail.at(-1 - place);
      row.classList.toggle("sl-empty", !item);
      row.disabled = !item;
      if (!item) return;
      row.dataset.argument = item.id;
      const [name, text] = row.children;
      name.classList.toggle("sl-positive", Boolean(this.labels.get(item.label)?.positive));
      write(name, this.nameOf(item.label));
      write(text, item.text.slice(0, SUMMARY));
    });
  }

  /** The latest label lights up, in one step: an animation would hold up the next frames. */
  flash() {
    this.recents[0].classList.add("sl-flash");
    clearTimeout(this.flashing);
    this.flashing = setTimeout(() => this.recents[0].classList.remove("sl-flash"), FLASH);
  }

  /**
   * @param {boolean} isEnd
   * @param {Batch} batch
   */
  showEnd(isEnd, batch) {
    if (isEnd) this.fillEnd(batch);
    if (this.text.hidden === isEnd) return;
    this.text.hidden = isEnd;
    this.end.hidden = !isEnd;
    this.root.querySelector(".sl-labels").inert = isEnd;
    this.root.classList.toggle("sl-at-end", isEnd);
  }

  /** @param {Batch} batch */
  fillEnd(batch) {
    const [title, , counts] = this.end.children;
    write(title, batch.size ? `All ${batch.size} labeled` : "Nothing left to label here");
    const terms = [...this.labels.values()].map(({ value, name, positive }) => {
      const count = batch.items.filter((item) => item.label === value).length;
      const pair = element("div", "sl-count", "");
      pair.append(element("dt", positive ? "sl-positive" : "", name), element("dd", "", `${count}`));
      return pair;
    });
    counts.replaceChildren(...terms);
  }

  /** @param {boolean} [isOpen]  toggles without it */
  toggleDefinitions(isOpen = this.definitions.hidden) {
    this.definitions.hidden = !isOpen;
    this.stage.classList.toggle("sl-defining", isOpen);
    this.definitionsButton?.setAttribute("aria-expanded", String(isOpen));
  }

  /**
   * @param {number} waiting
   * @param {SaveState} state
   * @param {string} text  plain and short
   * @param {string} trouble  what the person must be told in full, or nothing
   */
  showSaveState(waiting, state, text, trouble) {
    this.saveState.dataset.waiting = String(waiting);
    this.saveState.dataset.state = state;
    write(this.saveState, text);
    if (this.trouble.textContent === trouble) return;
    this.trouble.hidden = trouble === "";
    this.trouble.textContent = trouble;
    this.stage.classList.toggle("sl-in-trouble", trouble !== "");
  }

  /** @param {string} text  for screen readers */
  announce(text) {
    write(this.live, text.slice(0, SUMMARY));
  }

  /**
   * @param {string | null} value
   * @returns {string}
   */
  nameOf(value) {
    return this.labels.get(value)?.name ?? String(value);
  }
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
  const names = { " ": "Space", arrowleft: "←", arrowright: "→", arrowup: "↑", arrowdown: "↓" };
  return names[key.toLowerCase()] ?? key;
}

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
 * Shows a text of any length; a very long one in parts that are laid out when scrolled to.
 * @param {HTMLElement} node
 * @param {string} text
 */
function fillText(node, text) {
  if (text.length < LONG_TEXT) write(node, text);
  else node.replaceChildren(...partsOf(text).map((part) => element("div", "sl-part", part)));
}

/**
 * A text cut after white space where possible, and never inside a character.
 * @param {string} text
 * @returns {string[]}  joined, they are the text
 */
function partsOf(text) {
  return text.match(new RegExp(`[^]{1,${PART}}(?:\\s|$)|[^]{1,${PART}}`, "gu"));
}
