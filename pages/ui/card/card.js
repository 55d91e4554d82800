// The card: commands change the batch, the outbox keeps them, the view shows them.
// One card per person and workspace lives on `window` as long as the page, mounted or not.

/** Milliseconds after which `save` may be pressed again if the page has not answered it. */
const PAGE_ANSWERS_WITHIN = 3_000;
/** Milliseconds between two looks at whether Streamlit can hear the card. */
const LOOK_AGAIN = 250;

/**
 * What Python sends.
 * @typedef {object} CardData
 * @property {string} workspace
 * @property {string} annotator
 * @property {string} endpoint
 * @property {string} token
 * @property {string} batch_id
 * @property {string} split
 * @property {string} short
 * @property {string} detailed
 * @property {Label[]} labels
 * @property {Record<string, string>} keys  action to key
 * @property {SentItem[]} items  in rank order
 */

/**
 * What a command does. One with a title has a button, when the task gives it a key; one that
 * `waits` is ignored while a batch is being saved.
 * @type {Record<string, {title?: string, waits: boolean, run: (card: Card, argument?: string) => void}>}
 */
const ACTIONS = {
  label: { waits: true, run: (card, value) => card.label(value) },
  default: { waits: true, run: (card) => card.labelByDefault() },
  back: { title: "Back", waits: true, run: (card) => card.goBack(card.batch.previous) },
  revisit: { waits: true, run: (card, id) => card.goBack(card.batch.byId.get(id)) },
  definitions: { title: "Definitions", waits: false, run: (card) => card.view.toggleDefinitions() },
  save: { title: "Save", waits: true, run: (card) => card.save() },
};

class Card {
  /**
   * @param {string} workspace
   * @param {string} annotator
   */
  constructor(workspace, annotator) {
    this.store = new EventStore(workspace, annotator);
    this.outbox = new Outbox(this.store, () => this.onOutbox(), (events) => this.onRefused(events));
    /** @type {Map<string, Batch>} every batch this page has shown: a re-mount brings no news */
    this.batches = new Map();
    /** @type {Batch | null} */
    this.batch = null;
    /** @type {View | null} */
    this.view = null;
    /** @type {Map<string, Command>} */
    this.commands = new Map();
    this.mounting = 0;
    /** @type {{batchId: string, eventId: string, told: boolean} | null} a save on its way */
    this.saving = null;
    this.refusal = "";
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    this.load = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.sequence = 0;
    addEventListener("storage", (event) => this.onOtherTab(event));
  }

  /**
   * Runs at every mounting and at every change of data or theme.
   * @param {CardData} data
   * @param {HTMLElement} root
   * @param {(name: string, value: object) => void} trigger
   * @returns {() => void} takes the card off the page, unless a later mounting has it
   */
  mount(data, root, trigger) {
    const mounting = ++this.mounting;
    const isNew = this.view?.root !== root || this.batch?.id !== data.batch_id;
    this.data = data;
    this.trigger = trigger;
    this.commands = bindKeys(data.labels, data.keys);
    this.openBatch(data);
    if (this.view?.root !== root) this.view = new View(root, data, (command) => this.act(command));
    else this.view.furnish(data);
    if (this.saving?.told) this.saving = null;
    this.show();
    if (isNew) this.arrive();
    this.outbox.address(data.endpoint, data.token);
    this.onOutbox();
    return () => this.unmount(mounting);
  }

  /** @param {number} mounting */
  unmount(mounting) {
    if (mounting === this.mounting) this.view = null;
  }

  /** A card or a batch is new on the page: kept events are taken in, keys begin to act. */
  arrive() {
    this.refusal = "";
    this.view.toggleDefinitions(false);
    this.view.focus();
    this.adopt(this.store.readLocal("waiting"));
    this.store.readDatabase("waiting").then((events) => this.adopt(events));
  }

  /** @param {CardData} data */
  openBatch(data) {
    const known = this.batches.get(data.batch_id);
    known?.merge(data.items);
    this.batch = known ?? new Batch(data.batch_id, data.items);
    this.batches.set(data.batch_id, this.batch);
  }

  /** @param {LabelEvent[]} events */
  adopt(events) {
    const adopted = this.outbox.adopt(events);
    for (const event of adopted) {
      this.batch?.apply(event);
      if (event.action === "save" && event.batch_id === this.batch?.id) this.awaitSave(event);
    }
    if (adopted.length > 0) this.show();
  }

  /** @param {Command} command */
  act({ action, argument }) {
    const { waits, run } = ACTIONS[action];
    if (this.view?.root.isConnected && !(waits && this.saving)) run(this, argument);
  }

  /** @param {string} value */
  label(value) {
    const item = this.batch.current;
    if (item === null) return;
    this.batch.label(value, this.record("label", item, value));
    this.show();
    this.view.flash();
    const next = this.batch.current?.text ?? "The batch is complete. Save, or go back.";
    this.view.announce(`${this.view.nameOf(value)}. ${next}`);
  }

  /** Enter: the default label, or at the end of a batch, save. */
  labelByDefault() {
    const label = this.data.labels.find((each) => each.default);
    if (this.batch.current === null) this.save();
    else if (label) this.label(label.value);
  }

  /** @param {Item | null | undefined} item  labeled, in this batch */
  goBack(item) {
    if (!item || item.label === null) return;
    const was = item.label;
    this.batch.undo(item, this.record("undo", item, ""));
    this.show();
    this.view.announce(`Back. Was ${this.view.nameOf(was)}. ${item.text}`);
  }

  /** Saves the batch: the page hears of it when the server has every event. */
  save() {
    this.adopt(this.store.readLocal("waiting")); // another tab's labels belong to it too
    this.awaitSave(this.record("save", null, ""));
    this.onOutbox();
  }

  /** @param {LabelEvent} event */
  awaitSave(event) {
    this.saving = { batchId: event.batch_id, eventId: event.event_id, told: false };
  }

  /**
   * Makes an event, keeps it, and sends it in the background.
   * @param {string} action
   * @param {Item | null} item
   * @param {string} label
   * @returns {LabelEvent}
   */
  record(action, item, label) {
    const event = {
      event_id: `${this.load}-${++this.sequence}`,
      batch_id: this.batch.id,
      item_id: item?.id ?? "",
      action,
      label,
      labeled_at: new Date().toISOString(),
      seconds: item?.shownAt ? Math.round(performance.now() - item.shownAt) / 1000 : 0,
      assisted: false,
      note: "",
    };
    this.outbox.add(event);
    return event;
  }

  /** The batch as it is now, and what waits. */
  show() {
    if (!this.view || !this.batch) return;
    if (this.batch.current) this.batch.current.shownAt ??= performance.now();
    this.view.show(this.batch);
    this.showSaveState();
  }

  /** The outbox has changed: another tab, an answer, a failure. */
  onOutbox() {
    this.showSaveState();
    if (this.view && this.saving && !this.saving.told) this.tellPage();
  }

  /** @param {(LabelEvent & {reason: string})[]} events */
  onRefused(events) {
    events.forEach((event) => {
      this.batches.get(event.batch_id)?.refuse(event);
      if (event.event_id === this.saving?.eventId) this.saving = null;
    });
    const count = events.length === 1 ? "One event was" : `${events.length} events were`;
    this.refusal = `${count} refused: ${events.at(-1).reason}`;
    this.show();
  }

  /** @param {StorageEvent} event  a key of localStorage that another tab has written */
  onOtherTab({ key, newValue }) {
    const event = this.store.read("waiting", key, newValue);
    if (!event) return;
    this.batches.get(event.batch_id)?.apply(event);
    this.show();
  }

  /** Tells Python that the batch is saved: once, when all is on disk and Streamlit listens. */
  tellPage() {
    if (this.saving.batchId !== this.batch.id || this.outbox.holds(this.batch.id)) return;
    if (!streamlitListens()) {
      clearTimeout(this.asking);
      this.asking = setTimeout(() => this.onOutbox(), LOOK_AGAIN);
      return;
    }
    const saving = this.saving;
    saving.told = true;
    const complete = this.batch.isComplete && this.batch.refused === 0;
    this.trigger("finished", { batch_id: saving.batchId, complete, event_id: saving.eventId });
    setTimeout(() => {
      if (this.saving === saving) this.saving = null;
      this.showSaveState();
    }, PAGE_ANSWERS_WITHIN);
  }

  showSaveState() {
    const waiting = this.outbox.waiting.size;
    const { state, text, trouble } = this.describe(waiting);
    this.view?.showSaveState(waiting, state, text, trouble);
  }

  /**
   * What the person reads about saving: in short, and in full where something is wrong.
   * @param {number} waiting
   * @returns {{state: SaveState, text: string, trouble: string}}
   */
  describe(waiting) {
    const kept = `${waiting} kept here`;
    const failed = this.outbox.trouble && waiting > 0 ? this.outbox.trouble : null;
    const offline = failed?.message === "";
    if (waiting > 0 && !this.store.keeps) {
      const text = `${waiting} waiting, not kept in this browser`;
      return { state: "trouble", text, trouble: `${text}: leave this page open.` };
    }
    if (failed && this.saving) {
      const why = failed.message || "The server cannot be reached.";
      const trouble = `${why} Saving goes on when it is back.`;
      return { state: "trouble", text: offline ? `offline, ${kept}` : `${why} ${kept}`, trouble };
    }
    if (offline) return { state: "trouble", text: `offline, ${kept}`, trouble: "" };
    if (failed) {
      const text = `${failed.message} ${kept}`;
      return { state: "trouble", text, trouble: text };
    }
    if (this.refusal) return { state: "trouble", text: this.refusal, trouble: this.refusal };
    if (this.saving) return { state: "saving", text: "saving…", trouble: "" };
    if (waiting > 0) return { state: "waiting", text: `${waiting} waiting`, trouble: "" };
    return { state: "saved", text: "all saved", trouble: "" };
  }
}

/**
 * Can Streamlit be told something? While it reconnects or runs the page, it may be lost.
 * @returns {boolean}
 */
function streamlitListens() {
  const app = document.querySelector("[data-testid=stApp]")?.dataset;
  const isConnected = (app?.testConnectionState ?? "CONNECTED") === "CONNECTED";
  return isConnected && (app?.testScriptState ?? "notRunning") === "notRunning";
}

/** @returns {{cards: Map<string, Card>, mounted: Card | null}} this page's cards */
function pageCards() {
  if (!window.sunlightCards) {
    window.sunlightCards = { cards: new Map(), mounted: null };
    listenForKeys(() => {
      const card = window.sunlightCards.mounted;
      return card?.view ? card : null;
    });
  }
  return window.sunlightCards;
}

/**
 * Streamlit calls this at every mounting and change of data or theme, without the clean-up of
 * the call before; only the last clean-up runs, at the end.
 * @param {{data: CardData, parentElement: HTMLElement, setTriggerValue: Function}} component
 * @returns {() => void}
 */
export default function ({ data, parentElement, setTriggerValue }) {
  const page = pageCards();
  const owner = JSON.stringify([data.workspace, data.annotator]);
  if (!page.cards.has(owner)) page.cards.set(owner, new Card(data.workspace, data.annotator));
  if (page.mounted && page.mounted !== page.cards.get(owner)) page.mounted.view = null;
  page.mounted = page.cards.get(owner);
  return page.mounted.mount(data, parentElement.querySelector(".sl-card"), setTriggerValue);
}
