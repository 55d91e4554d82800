// The card on the screen. It touches few nodes per key, and nothing that moves another.

/** Characters of a text that are worth announcing, or showing in one line. */
const SUMMARY = 200;
/** Milliseconds after which a wait for the server is shown: most are over before anyone looks. */
const SHOW_WAITING = 400;
/** Labels up to which the figures count each of them. */
const MOST_TALLIES = 4;

/** Lines that each key scrolls by, of so many in sight: a page leaves two of the one before. */
const SCROLLS = {
  " ": (lines) => Math.max(lines - 2, 1),
  pagedown: (lines) => Math.max(lines - 2, 1),
  pageup: (lines) => Math.min(2 - lines, -1),
  arrowdown: () => 2,
  arrowup: () => -2,
  home: () => -1e6,
  end: () => 1e6,
};
/** Pixels of a text below the last line in sight that are not worth a word. */
const REST_OF_A_LINE = 8;

/** @typedef {"saved" | "waiting" | "saving" | "trouble"} SaveState */

class View {
  /**
   * @param {HTMLElement} root  the card's element
   * @param {{act: (command: Command) => void, flag: (item: Item, note: string) => void}} card
   */
  constructor(root, card) {
    this.root = root;
    this.card = card;
    const find = (name) => root.querySelector(`.sl-${name}`);
    this.progress = find("progress");
    this.bar = find("bar-fill");
    this.saveState = find("save-state");
    this.pace = find("pace");
    this.toEnd = find("to-end");
    this.desk = find("desk");
    this.stage = find("stage");
    this.text = find("text");
    this.opinion = find("opinion");
    this.was = find("was");
    this.flagged = find("flagged");
    this.flagNote = this.flagged.querySelector("bdi");
    this.message = find("message");
    this.trouble = find("trouble");
    this.rest = find("rest");
    this.live = find("live");
    this.recents = [1, 2, 3].map((place) => itemRow(`recent-${place}`));
    find("recents").replaceChildren(...this.recents);
    this.panels = new Panels(root);
    this.flagField = new FlagField(root, (item, note) => card.flag(item, note));
    this.endScreen = new EndScreen(root);
    /** @type {Item | null} whose text is on the screen, with this opinion in it */
    this.item = null;
    this.marked = null;
    this.isScrolled = false;
    this.furniture = "";
    /** The timer of a wait that is not shown yet. */
    this.telling = 0;
    this.listen();
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
      if (button) this.card.act({ ...button.dataset });
    };
    this.root.onkeydown = (event) => {
      if (event.repeat && event.target.closest("button")) event.preventDefault();
    };
    this.text.onscroll = () => {
      this.isScrolled = true;
      this.showMore();
    };
    this.watchPage();
    listenForSwipes(this.text, (direction) => {
      const label = swipesOf([...this.labels.values()])?.[direction];
      if (label) this.card.act({ action: "label", argument: label.value });
    });
  }

  /** What stands above the card may come, go and wrap: then the room for long texts is another. */
  watchPage() {
    const observer = new ResizeObserver(() => {
      if (this.root.isConnected) requestAnimationFrame(() => this.fit());
      else observer.disconnect();
    });
    observer.observe(this.root.closest("[data-testid=stMainBlockContainer]") ?? this.root);
  }

  /** Tells the style what stands above the text: the rest of the window is for long texts. */
  fit() {
    const scrolled = this.root.closest("[data-testid=stMain]")?.scrollTop ?? 0;
    const above = Math.round(this.desk.getBoundingClientRect().top + scrolled);
    this.root.style.setProperty("--sl-above", `${above}px`);
    this.showMore();
  }

  /**
   * Everything that stays the same through a batch; nothing if it already stands so.
   * @param {CardData} data
   * @param {boolean} hasOpinions
   */
  furnish(data, hasOpinions) {
    const { split, reopened, short, detailed, labels, keys } = data;
    const sizes = data.items.map(({ text }) => sizeOf(text));
    const room = ["long", "medium"].find((size) => sizes.includes(size)) ?? "short";
    const said = [split, reopened, short, detailed, labels, keys, hasOpinions, room];
    const furniture = JSON.stringify(said);
    this.data = data;
    if (furniture === this.furniture) return;
    this.furniture = furniture;
    this.former = null;
    this.labels = new Map(labels.map((label) => [label.value, label]));
    const fill = (name, text) => (this.root.querySelector(`.sl-${name}`).textContent = text);
    fill("split", `${split} data${reopened ? ", an earlier batch" : ""}`);
    fill("short", short);
    fill("detailed", detailed);
    const isSpaceFree = this.card.commands.get(" ").action === "scroll";
    const scrollKey = keyName(isSpaceFree ? " " : "pagedown");
    fill("more-key", scrollKey);
    const uses = helpOf(data, hasOpinions, room === "short" ? "" : scrollKey);
    fillHelp(this.root.querySelector(".sl-uses"), uses);
    this.root.dataset.room = room;
    this.fit();
    this.furnishButtons(data, hasOpinions);
    this.furnishTallies(labels);
  }

  /**
   * @param {CardData} data
   * @param {boolean} hasOpinions
   */
  furnishButtons({ labels, keys }, hasOpinions) {
    const buttons = labels.map(labelButton);
    this.labelButtons = new Map(labels.map(({ value }, place) => [value, buttons[place]]));
    this.root.querySelector(".sl-labels").replaceChildren(...buttons);
    const actions = Object.entries(keys)
      .filter(([name]) => ACTIONS[name]?.title && (name !== "model" || hasOpinions))
      .map(([name, key]) => actionButton(name, ACTIONS[name].title, key));
    this.root.querySelector(".sl-actions").replaceChildren(...actions);
    this.modelButton = actions.find((button) => button.dataset.action === "model");
    this.isOpinionOn = null; // told by the new button at the next item
    this.panels.show(this.panels.open);
    expand(this.root, "flag", this.flagField.item !== null);
  }

  /** @param {Label[]} labels  each is counted where they are few; else all in one */
  furnishTallies(labels) {
    /** @type {Map<string, HTMLElement>} by label */
    this.tallies = new Map();
    this.tally = element("span", "sl-tally-count", "");
    const counted = labels.map(({ name, value }) => {
      const count = element("span", "sl-tally-count", "");
      const tally = element("span", "sl-tally", "");
      tally.append(element("span", "sl-tally-name", name), " ", count);
      this.tallies.set(value, count);
      return tally;
    });
    const isFew = labels.length <= MOST_TALLIES;
    if (!isFew) this.tallies.clear();
    const nodes = isFew ? counted : [this.tally];
    this.root.querySelector(".sl-balance").replaceChildren(...nodes.flatMap((node) => [node, " "]));
  }

  /** The focus comes to the card, unless somebody is typing elsewhere. */
  focus() {
    if (!document.activeElement?.matches(TYPING)) this.root.focus({ preventScroll: true });
  }

  /**
   * The item on the screen, or the end of the batch.
   * @param {Batch} batch
   * @param {boolean} isOpinionOn
   */
  show(batch, isOpinionOn) {
    const item = batch.current;
    const opinion = isOpinionOn ? (item?.opinion ?? null) : null;
    if (item !== this.item || opinion !== this.marked) this.showText(item, opinion);
    this.showOpinion(isOpinionOn, opinion);
    this.markFormer(item?.was ?? null);
    this.showPast(item);
    write(this.progress, `${batch.position} of ${batch.size}`);
    this.bar.style.transform = `scaleX(${batch.size ? batch.labeled / batch.size : 1})`;
    this.showRecents(batch);
    this.showEnd(item === null, batch);
  }

  /**
   * Another text begins at its first line; the same one stays where it was read.
   * @param {Item | null} item
   * @param {Opinion | null} opinion
   */
  showText(item, opinion) {
    if (item !== this.item && this.isScrolled) {
      this.text.scrollTop = 0;
      this.isScrolled = false;
    }
    this.item = item;
    this.marked = opinion;
    const text = item?.text ?? "";
    const size = sizeOf(text);
    if (this.text.dataset.size !== size) this.text.dataset.size = size;
    this.text.dataset.itemId = item?.id ?? "";
    fillText(this.text, text, opinion ? marksOf(text, opinion) : []);
    // In the text's own frame: its layout is made once, and read here.
    requestAnimationFrame(() => this.showMore());
  }

  /** Whether there is more of the text below what is in sight. */
  showMore() {
    const { scrollHeight, scrollTop, clientHeight } = this.text;
    const below = scrollHeight - scrollTop - clientHeight;
    this.stage.classList.toggle("sl-more-below", below > REST_OF_A_LINE);
  }

  /** @returns {HTMLElement} what keys scroll: that which lies on top */
  get scroller() {
    const { open, panels } = this.panels;
    return panels.get(open) ?? (this.text.hidden ? this.endScreen.node : this.text);
  }

  /** @param {string} key  one of `SCROLLS` */
  scroll(key) {
    const node = this.scroller;
    const line = parseFloat(getComputedStyle(node).lineHeight);
    node.scrollTop += line * SCROLLS[key](Math.floor(node.clientHeight / line));
    this.isScrolled = true; // its event comes with the next frame, a label may come before
  }

  /**
   * @param {boolean} isOn  its place is kept from item to item
   * @param {Opinion | null} opinion  of the item on the screen
   */
  showOpinion(isOn, opinion) {
    if (this.isOpinionOn !== isOn) {
      this.isOpinionOn = isOn;
      this.stage.classList.toggle("sl-opinionated", isOn);
      this.modelButton?.setAttribute("aria-pressed", String(isOn));
    }
    if (this.opinion.hidden !== (opinion === null)) this.opinion.hidden = opinion === null;
    if (!opinion) return;
    const [verdict, why] = this.opinion.children;
    const isPositive = Boolean(this.labels.get(opinion.predicted)?.positive);
    this.stage.classList.toggle("sl-predicts-positive", isPositive);
    write(verdict.querySelector("strong"), this.nameOf(opinion.predicted));
    write(verdict.querySelector("span"), percent(opinion.confidence));
    write(why, opinion.why);
  }

  /** @param {string | null} value  the label that this item had before it was taken back */
  markFormer(value) {
    if (this.former === value) return;
    this.labelButtons.get(this.former)?.classList.remove("sl-former");
    this.labelButtons.get(value)?.classList.add("sl-former");
    this.former = value;
  }

  /** @param {Item | null} item  whose label before, skips and flag are told in one line */
  showPast(item) {
    const skipped = item?.skips ? "skipped before" : "";
    write(this.was, item && item.was !== null ? `was: ${this.nameOf(item.was)}` : skipped);
    const note = item?.flag ?? "";
    if (this.flagged.hidden !== (note === "")) this.flagged.hidden = note === "";
    write(this.flagNote, note.slice(0, SUMMARY));
  }

  /**
   * @param {Batch} batch
   * @param {{pace: string, end: string}} tempo
   */
  showFigures(batch, { pace, end }) {
    for (const [value, node] of this.tallies) write(node, `${batch.counts.get(value) ?? 0}`);
    if (this.tallies.size === 0) write(this.tally, `${batch.labeled} labeled`);
    write(this.pace, pace);
    write(this.toEnd, end);
  }

  /** @param {Batch} batch */
  showRecents(batch) {
    const latest = batch.latest(this.recents.length);
    this.recents.forEach((row, place) => {
      const item = latest[place];
      row.classList.toggle("sl-empty", !item);
      row.disabled = !item;
      if (item) fillRow(row, this.labels.get(item.label), item);
    });
  }

  /**
   * @param {boolean} isEnd
   * @param {Batch} batch
   */
  showEnd(isEnd, batch) {
    if (isEnd) this.endScreen.fill(batch, this.data, this.labels);
    const end = this.endScreen.node;
    if (this.text.hidden === isEnd) return;
    if (end.contains(document.activeElement)) this.root.focus({ preventScroll: true });
    this.text.hidden = isEnd;
    end.hidden = !isEnd;
    this.root.querySelector(".sl-labels").inert = isEnd;
    this.root.classList.toggle("sl-at-end", isEnd);
  }

  /**
   * @param {number} waiting
   * @param {SaveState} state
   * @param {string} text  plain and short
   * @param {string} trouble  what the person must be told in full, or nothing
   */
  showSaveState(waiting, state, text, trouble) {
    this.saveState.dataset.waiting = String(waiting);
    this.tellSaveState = () => {
      this.saveState.dataset.state = state;
      write(this.saveState, text);
    };
    // No frame for a wait that passes. A later key does not put the telling off.
    if (state === "waiting" && this.saveState.dataset.state === "saved") {
      this.telling ||= setTimeout(() => this.tellNow(), SHOW_WAITING);
    } else {
      this.tellNow();
    }
    if (this.trouble.textContent === trouble) return;
    this.trouble.hidden = trouble === "";
    this.trouble.textContent = trouble;
    this.stage.classList.toggle("sl-in-trouble", trouble !== "");
  }

  /** Shows the save state as it is by now. */
  tellNow() {
    clearTimeout(this.telling);
    this.telling = 0;
    this.tellSaveState();
  }

  /** @param {string} words  an empty one takes the reminder away */
  showRest(words) {
    if (this.rest.hidden === (words === "")) return;
    this.rest.hidden = words === "";
    write(this.rest.firstElementChild, words);
  }

  /** @param {string} text  a quiet word, until the next key */
  say(text) {
    write(this.message, text);
    this.message.hidden = text === "";
    this.announce(text);
  }

  hush() {
    if (this.message.hidden) return;
    this.message.hidden = true;
    this.announce(""); // the same word is read out when it comes again
  }

  /** @param {string} text  for screen readers */
  announce(text) {
    write(this.live, text);
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
 * @param {Batch} batch
 * @param {View} view
 * @returns {string}
 */
function screenInWords(batch, view) {
  const item = batch.current;
  if (item) return `${item.text.slice(0, SUMMARY)} ${opinionInWords(item, view)}`.trimEnd();
  const { title, next } = view.endScreen;
  return `${title.textContent}. ${next.textContent}`;
}

/**
 * @param {Item | null} item  on the screen
 * @param {View} view
 * @returns {string} nothing where no opinion is shown
 */
function opinionInWords(item, view) {
  const opinion = view.isOpinionOn ? item?.opinion : null;
  if (!opinion) return "";
  return `Model: ${view.nameOf(opinion.predicted)}, ${percent(opinion.confidence)}.`;
}
