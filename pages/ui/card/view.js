// The card on the screen. It touches few nodes per key, and nothing that moves another.

const SUMMARY = 200; // characters of a text that are worth announcing, or showing in one line
/** Milliseconds after which a wait for the server is shown: most are over before anyone looks. */
const SHOW_WAITING = 400;
/** Milliseconds after which a new screen is announced: a region is heard once it is known. */
const ANNOUNCE_AFTER = 250;
/** Pixels that definitions need beside the card, or below its actions, to lie there. */
const BESIDE = 280;
const BELOW = 220;
const GAP = 24;
const LOW = 500; // pixels below which a window is low: then only what labels is kept

/** Elements that change from item to item, by the ends of their classes. */
const PARTS = [
  "progress", "barFill", "saveState", "pace", "toEnd", "today", "split", "foot", "desk", "stage",
  "region", "text", "opinion", "was", "flagged", "message", "trouble", "moreLike", "live",
];

/** @typedef {"saved" | "waiting" | "saving" | "trouble"} SaveState */

class View {
  /** @param {HTMLElement} root  the card's element @param {Card} card */
  constructor(root, card) {
    this.root = root;
    this.card = card;
    const find = (name) => root.querySelector(`.sl-${name}`);
    PARTS.forEach((name) => (this[name] = find(name.replace(/[A-Z]/g, "-$&").toLowerCase())));
    this.reader = new Reader(root);
    this.flagNote = this.flagged.querySelector("bdi");
    this.announcing = 0;
    this.recents = [1, 2, 3].map((place) => itemRow(`recent-${place}`));
    find("recents").replaceChildren(...this.recents);
    this.panels = new Panels(root);
    this.flagField = new FlagField(root, (item, note) => card.flag(item, note));
    this.finder = new Finder(root, (value, item) =>
      card.act({ action: "label", argument: value, item }));
    this.endScreen = new EndScreen(root);
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
    this.watchPage();
    listenForSwipes(this.text, (direction) => {
      const label = swipesOf(this.data)?.[direction];
      if (label) this.card.act({ action: "label", argument: label.value });
    });
  }

  /** What stands around the card may come, go and wrap: then the room for texts is another. */
  watchPage() {
    const observer = new ResizeObserver(() => {
      if (this.root.isConnected) requestAnimationFrame(() => this.fit());
      else observer.disconnect();
    });
    for (const name of ["stMain", "stMainBlockContainer"]) {
      observer.observe(this.root.closest(`[data-testid=${name}]`) ?? this.root);
    }
  }

  /** Tells the style what stands above the text, and what is free beside and below the card. */
  fit() {
    const { root, desk, foot } = this;
    const scrolled = root.closest("[data-testid=stMain]")?.scrollTop ?? 0;
    const topOf = (node) => Math.round(node.getBoundingClientRect().top + scrolled);
    const beside = root.parentElement.clientWidth - root.clientWidth - GAP;
    const below = innerHeight - topOf(foot) - GAP / 2;
    root.classList.toggle("sl-low", innerHeight < LOW);
    const set = (name, pixels) => root.style.setProperty(`--sl-${name}`, `${pixels}px`);
    set("above", topOf(desk));
    set("below", foot.offsetTop - desk.offsetTop - desk.offsetHeight);
    set("top", topOf(root));
    set("beside", beside);
    set("under", below);
    set("foot", foot.offsetTop);
    this.panels.place(beside >= BESIDE ? "beside" : below >= BELOW ? "below" : "over");
    this.reader.showMore();
  }

  /** What stays through a batch, once. @param {CardData} data @param {boolean} hasOpinions */
  furnish(data, hasOpinions) {
    const { short, detailed, labels, keys, order, retired, several } = data;
    const sizes = data.items.map(({ text }) => sizeOf(text));
    const room = ["long", "medium"].find((size) => sizes.includes(size)) ?? "short";
    const hasColumns = data.items.some(({ columns }) => columns?.length);
    const hasBefore = data.items.some(({ before }) => before?.length);
    const task = [short, detailed, labels, keys, order, retired, several];
    const said = [data.reopened, data.split, task, hasOpinions, room, hasColumns, hasBefore];
    const furniture = JSON.stringify(said);
    this.data = data;
    if (furniture === this.furniture) return;
    this.furniture = furniture;
    this.former = null;
    this.labels = namedLabels(data);
    const inOrder = labelsInOrder(data).map(({ value }) => this.labels.get(value));
    const fill = (name, text) => (this.root.querySelector(`.sl-${name}`).textContent = text);
    fill("short", short);
    this.panels.define(detailed, inOrder);
    this.finder.furnish(inOrder);
    this.reader.before.hidden = !hasBefore;
    this.reader.columns.hidden = !hasColumns;
    const isSpaceFree = this.card.commands.get(" ").action === "scroll";
    const scrollKey = keyName(isSpaceFree ? " " : "pagedown");
    fill("unread-key", scrollKey);
    const uses = helpOf(data, hasOpinions, room === "short" ? "" : scrollKey);
    fillHelp(this.root.querySelector(".sl-uses"), uses);
    this.root.dataset.room = room;
    this.furnishLabels(inOrder);
    this.furnishActions(keys, hasOpinions);
    this.fit();
  }

  /** A button for each label with a key, and one that finds the others. @param {Label[]} labels */
  furnishLabels(labels) {
    const drawn = labels.filter(({ key }) => key);
    const rest = labels.length - drawn.length;
    const count = drawn.length + (rest > 0);
    const [wide, narrow] = [MOST_WIDE, MOST_NARROW].map((most) => rowSizes(count, most));
    const groupOf = labels.length > 2 ? groupsOf(labels) : ({ name }) => ["", name];
    const buttons = drawn.map((label, at) =>
      labelButton(label, wide[at], narrow[at], groupOf(label)[1]));
    /** @type {Map<string, HTMLElement>} */
    this.labelButtons = new Map(drawn.map(({ value }, place) => [value, buttons[place]]));
    const shown = inGroups(drawn, buttons, groupOf);
    if (rest > 0) {
      shown.push(actionButton("find", `${rest} more`, FIND_KEY, "sl-find-key"));
      placeInRow(shown.at(-1), wide.at(-1), narrow.at(-1));
    }
    if (this.data.several) shown.push(actionButton("default", "", "enter", "sl-give"));
    const place = this.root.querySelector(".sl-labels");
    place.classList.toggle("sl-grouped", shown.some((node) => node.matches(".sl-group")));
    this.root.classList.toggle("sl-many", count > 9);
    this.root.classList.toggle("sl-crowded", count > 15);
    this.root.classList.toggle("sl-several", this.data.several);
    this.root.classList.toggle("sl-hued", labels.some(({ hue }) => hue));
    place.replaceChildren(...shown);
    this.giveButton = place.querySelector(".sl-give .sl-name");
  }

  /** @param {Record<string, string>} keys  action to key @param {boolean} hasOpinions */
  furnishActions(keys, hasOpinions) {
    const actions = Object.entries(keys)
      .filter(([name]) => ACTIONS[name]?.title && (name !== "model" || hasOpinions))
      .map(([name, key]) => actionButton(name, ACTIONS[name].title, key));
    this.root.querySelector(".sl-actions").replaceChildren(...actions);
    /** @type {Map<string, HTMLElement>} */
    this.actionButtons = new Map(actions.map((button) => [button.dataset.action, button]));
    this.modelButton = this.actionButtons.get("model");
    this.isOpinionOn = null; // told by the new button at the next item
    this.panels.show(this.panels.open);
    expand(this.root, "flag", this.flagField.item !== null);
  }

  /** The focus comes to the card, unless somebody is typing elsewhere. */
  focus() {
    if (!document.activeElement?.matches(TYPING)) this.root.focus({ preventScroll: true });
  }

  /** The item on the screen, or the end. @param {Batch} batch @param {boolean} isOpinionOn */
  show(batch, isOpinionOn) {
    const item = batch.current;
    const opinion = isOpinionOn ? (item?.opinion ?? null) : null;
    this.reader.show(item, opinion);
    this.showOpinion(isOpinionOn, opinion);
    if (this.data.several) this.showChosen(item);
    else this.markFormer(item?.was ?? null);
    this.showPast(item);
    write(this.progress, `${batch.position} of ${batch.size}`);
    this.barFill.style.transform = `scaleX(${batch.size ? batch.labeled / batch.size : 1})`;
    this.showRecents(batch);
    this.showEnd(item === null, batch);
  }

  /** @returns {HTMLElement} what keys scroll: that which lies on top */
  get scroller() {
    return this.panels.onTop ?? (this.text.hidden ? this.endScreen.list : this.text);
  }

  /** @param {boolean} isOn  its place is kept from item to item @param {Opinion | null} opinion */
  showOpinion(isOn, opinion) {
    if (this.isOpinionOn !== isOn) {
      this.isOpinionOn = isOn;
      this.stage.classList.toggle("sl-opinionated", isOn);
      this.modelButton?.setAttribute("aria-pressed", String(isOn));
    }
    if (this.opinion.hidden !== (opinion === null)) this.opinion.hidden = opinion === null;
    if (!opinion) return;
    const [verdict, why] = this.opinion.children;
    tint(this.region, this.labels.get(opinion.predicted));
    write(verdict.querySelector("strong"), this.nameOf(opinion.predicted));
    write(verdict.querySelector("span"), percent(opinion.confidence));
    write(why, opinion.why);
  }

  /** @param {Item | null} item  its chosen labels are pressed, and named on the button for Enter */
  showChosen(item) {
    for (const [value, button] of this.labelButtons) {
      button.ariaPressed = String(item?.chosen.has(value) ?? false);
    }
    if (item) write(this.giveButton, this.nameOf(joinedAnswer(this.data, item.chosen)));
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
   * @param {Batch} batch @param {{pace: string, end: string}} tempo
   * @param {{have: number, today: number}} before  labels before those of this batch
   */
  showFigures(batch, { pace, end }, { have, today }) {
    for (const [value, { lastChild: count }] of this.labelButtons) {
      write(count, counted(batch.counts.get(value) ?? 0));
    }
    for (const group of this.root.querySelectorAll(".sl-group")) {
      const isOf = ({ label }) =>
        valuesOf(this.data, String(label)).some((value) => group.values.has(value));
      write(group.firstChild.lastChild, counted(batch.items.filter(isOf).length));
    }
    write(this.pace, pace);
    write(this.toEnd, end);
    write(this.today, `${counted(today + batch.labeled)} today`);
    const added = batch.items.filter(({ adds, label }) => adds && label !== null);
    write(this.split, headInWords(this.data, have + added.length));
  }

  /** @param {Batch} batch */
  showRecents(batch) {
    const latest = batch.latest(this.recents.length);
    this.recents.forEach((row, place) => {
      const item = latest[place];
      row.classList.toggle("sl-empty", !item);
      row.disabled = !item;
      if (item) fillRow(row, this, item);
    });
    // Never like a held-out item: those must not choose what is learned from.
    this.moreLike.hidden = !latest.length || this.data.split !== "training";
    const asked = Object.fromEntries(new URLSearchParams(location.search));
    this.moreLike.href = `sunlight?${new URLSearchParams({ ...asked, like: latest[0]?.id })}`;
  }

  /** @param {boolean} isEnd @param {Batch} batch */
  showEnd(isEnd, batch) {
    if (isEnd) this.endScreen.fill(batch, this);
    this.showActions(isEnd, batch.aside > 0);
    const end = this.endScreen.node;
    if (this.text.hidden === isEnd) return;
    if (end.contains(document.activeElement)) this.root.focus({ preventScroll: true });
    this.text.hidden = isEnd;
    end.hidden = !isEnd;
    this.endScreen.filter = null;
    this.root.classList.toggle("sl-at-end", isEnd);
    this.fit();
  }

  /** What actions do here; some need an item. @param {boolean} isEnd @param {boolean} hasSkipped */
  showActions(isEnd, hasSkipped) {
    const set = (action, name, isHidden) => {
      const button = this.actionButtons.get(action);
      if (!button) return;
      write(button.firstChild, name);
      if (button.hidden !== isHidden) button.hidden = isHidden;
    };
    set("save", this.data.reopened ? "Return" : isEnd ? "Finish batch" : "Pause", false);
    set("skip", isEnd ? "Show skipped" : "Skip", isEnd && !hasSkipped);
    set("flag", "Flag", isEnd);
  }

  /**
   * @param {number} waiting @param {SaveState} state @param {string} text  plain and short
   * @param {string} trouble  what the person must be told in full, or nothing
   */
  showSaveState(waiting, state, text, trouble) {
    this.saveState.dataset.waiting = String(waiting);
    this.tellSaveState = () => {
      this.saveState.dataset.state = state;
      write(this.saveState, text);
    };
    // No frame for a wait that passes. A later key does not put the telling off.
    const isBrief = state === "waiting" && this.saveState.dataset.state === "saved";
    if (isBrief) this.telling ||= setTimeout(() => this.tellNow(), SHOW_WAITING);
    else this.tellNow();
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
    clearTimeout(this.announcing);
    write(this.live, text);
  }

  /** @param {() => string} tell  what is on the screen by then, unless something is told before */
  announceSoon(tell) {
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => this.announce(tell()), ANNOUNCE_AFTER);
  }

  /** @param {string | null} answer @returns {string} the names of its labels */
  nameOf(answer) {
    const values = valuesOf(this.data, String(answer));
    return values.map((value) => this.labels.get(value)?.name ?? value).join(", ");
  }
}
