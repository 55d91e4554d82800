// The field that finds a label by typing, where some have no key. It lies over their buttons.

const FIND_HEIGHT = 440; // pixels that it takes where there are many matches, and at least
const LEAST_FIND_HEIGHT = 240;

class Finder {
  /** @param {HTMLElement} root @param {(value: string, item: Item | null) => void} onChoose */
  constructor(root, onChoose) {
    this.root = root;
    this.onChoose = onChoose;
    this.desk = root.querySelector(".sl-desk");
    this.node = root.querySelector(".sl-find");
    this.input = this.node.querySelector("input");
    this.list = this.node.querySelector("ul");
    /** @type {Item | null} what was on the screen when the field was opened */
    this.item = null;
    /** @type {Label[]} the best first */
    this.matches = [];
    this.active = 0;
    this.input.oninput = () => this.search();
    this.input.onkeydown = (event) => this.onKey(event);
    this.input.onblur = () => document.hasFocus() && this.close();
    this.node.onmousedown = (event) => event.target !== this.input && event.preventDefault();
    this.list.onclick = (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.take([...this.list.children].indexOf(option));
    };
  }

  /** @param {Label[]} labels  in the card's order */
  furnish(labels) {
    this.close();
    this.findables = labels.map(findable);
    this.nameOf = groupsOf(labels);
  }

  get isOpen() {
    return !this.node.hidden;
  }

  /** @param {Item | null} item @param {string} typed  the letter that opens it, or nothing */
  open(item, typed) {
    this.item = item;
    this.node.hidden = false;
    this.place();
    this.input.value = typed;
    this.input.focus({ preventScroll: true });
    this.search();
  }

  /** Over the buttons and what is below them, and over the text only where that is too little. */
  place() {
    const buttons = this.root.querySelector(".sl-labels");
    const { bottom, height } = this.desk.getBoundingClientRect();
    const start = buttons.offsetTop || height - LEAST_FIND_HEIGHT; // at the end there are none
    const room = innerHeight - (bottom - height) - start - 12;
    const high = Math.max(room, LEAST_FIND_HEIGHT);
    this.node.style.top = `${start - (high - room)}px`;
    this.node.style.maxHeight = `${Math.min(high, FIND_HEIGHT)}px`;
  }

  /** The focus goes back to the card, if the field has it. */
  close() {
    if (!this.isOpen) return;
    if (this.node.contains(document.activeElement)) this.root.focus({ preventScroll: true });
    this.node.hidden = true;
  }

  search() {
    this.matches = matchesOf(this.findables, this.input.value);
    this.list.replaceChildren(...this.matches.map((label, place) => this.option(label, place)));
    this.point(0);
  }

  /** @param {Label} label @param {number} place @returns {HTMLElement} */
  option(label, place) {
    const option = element("li", "sl-match", "");
    const [group, rest] = this.nameOf(label);
    const name = element("span", "sl-match-name", "");
    if (group) name.append(element("span", "sl-match-group", `${group} / `));
    name.append(rest);
    const digit = place < 10 ? String((place + 1) % 10) : "";
    const cap = element(digit ? "kbd" : "span", "sl-match-key", digit);
    cap.ariaHidden = "true";
    option.append(cap, name, element("span", "sl-match-said", saidOf(label)));
    option.id = `sl-match-${place}`;
    option.role = "option";
    option.ariaSelected = String(this.item?.chosen.has(label.value) ?? false);
    Object.assign(option.dataset, { testid: "find-match", value: label.value });
    tint(option, label);
    return option;
  }

  /** @param {number} place  of the match that Enter takes */
  point(place) {
    const { list, input } = this;
    this.active = place;
    list.querySelector(".sl-active")?.classList.remove("sl-active");
    const option = list.children[place];
    option?.classList.add("sl-active");
    input.setAttribute("aria-activedescendant", option?.id ?? "");
    option?.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event  what it does not use is typed */
  onKey(event) {
    const { key, repeat, ctrlKey, altKey, metaKey } = event;
    if (event.isComposing || isTaken(event) || ctrlKey || altKey || metaKey) return;
    const count = this.matches.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const place = key === "Enter" ? this.active : this.placeOf(event);
    if (key === "Escape") this.close();
    else if (step) this.point((this.active + step + count) % (count || 1));
    else if (key !== "Enter" && place < 0) return;
    else if (!repeat) this.take(place);
    event.preventDefault();
  }

  /** @param {KeyboardEvent} event @returns {number} the match that a digit takes; -1: typed */
  placeOf(event) {
    const plain = plainKey(event.key.toLowerCase());
    const isDigit = /^\d$/.test(plain);
    const digit = isDigit ? plain : positionOf(event, plain);
    const place = (Number.parseInt(digit) + 9) % 10;
    if (!(place < this.matches.length)) return -1;
    // `é` is a letter of names, and stands where French keyboards have 2.
    const isTyped = !isDigit && matchesOf(this.findables, this.input.value + event.key).length > 0;
    return isTyped ? -1 : place;
  }

  /** @param {number} place  of the match that is chosen, for the item of the opening */
  take(place) {
    const label = this.matches[place];
    if (label) this.onChoose(label.value, this.item);
  }
}

/** @param {string} text @returns {string} without case and accents */
function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** @typedef {{label: Label, name: string, words: string[], description: string}} Findable */

/** @param {Label} label @returns {Findable} */
function findable(label) {
  const name = folded(label.name);
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return { label, name, words, description: folded(label.description ?? "") };
}

/** @param {Findable[]} labels @param {string} typed @returns {Label[]} the best ones first */
function matchesOf(labels, typed) {
  const query = folded(typed).trim();
  const parts = query.split(/\s+/);
  const ranks = labels.map((each) => {
    const rank = each.name.startsWith(query) ? 0 : Math.max(...parts.map((p) => rankOf(each, p)));
    return { label: each.label, rank };
  });
  return ranks.filter(({ rank }) => rank < 4).sort((a, b) => a.rank - b.rank)
    .map(({ label }) => label);
}

/** @param {Findable} label @param {string} part  of what was typed @returns {number} 4: nowhere */
function rankOf({ name, words, description }, part) {
  if (words.some((word) => word.startsWith(part))) return 1;
  if (name.includes(part)) return 2;
  return description.includes(part) ? 3 : 4;
}
