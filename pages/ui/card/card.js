// The card: commands change the batch, the outbox keeps them, the view shows them.
// One card per person and workspace lives on `window` as long as the page, mounted or not.

/** Milliseconds after which the page may be asked again if it has not answered. */
const PAGE_ANSWERS_WITHIN = 3_000;
const LOOK_AGAIN = 250; // milliseconds between two looks at whether Streamlit can hear the card

class Card {
  /** @param {string} workspace @param {string} annotator */
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
    this.pace = new Pace();
    this.rhythm = new Rhythm();
    /** Labels before those of this batch: of its split, and today. */
    this.before = { have: 0, today: 0 };
    this.isOpinionOn = false;
    this.mounting = 0;
    /** @type {{batchId: string, eventId: string, told: boolean} | null} a save on its way */
    this.saving = null;
    /** Is the page asked for an earlier batch? */
    this.isLeaving = false;
    this.refusal = "";
    /** Random bytes of this page load, and how many ids it has made of them. */
    this.load = crypto.getRandomValues(new BigUint64Array(1))[0].toString(16).padStart(16, "0");
    this.sequence = 0;
    addEventListener("storage", (event) => this.onOtherTab(event));
  }

  /**
   * Runs at every mounting and at every change of data or theme.
   * @param {CardData} data @param {HTMLElement} root
   * @param {(name: string, value: object) => void} trigger
   * @returns {() => void} takes the card off the page, unless a later mounting has it
   */
  mount(data, root, trigger) {
    const mounting = ++this.mounting;
    const isNew = this.view?.root !== root || this.batch?.id !== data.batch_id;
    if (isNew) this.leaveFields();
    this.data = data;
    this.trigger = trigger;
    this.commands = bindKeys(data.labels, data.keys);
    this.openBatch(data);
    if (this.view?.root !== root) this.view = new View(root, this);
    this.view.furnish(data, this.batch.hasOpinions);
    if (this.saving?.told) this.saving = null;
    if (isNew) this.arrive();
    this.show();
    const screen = () => `${data.name}. ${screenInWords(this.batch, this.view)}`;
    if (isNew) this.view.announceSoon(screen);
    this.outbox.address(data.endpoint, data.token);
    this.onOutbox();
    return () => mounting === this.mounting && this.leavePage();
  }

  leavePage() {
    this.leaveFields();
    this.view = null;
  }

  /** What is typed as a note is kept; half a label's name is none. */
  leaveFields() {
    this.view?.flagField.settle();
    this.view?.finder.close();
  }

  /** A card or a batch is new on the page: kept events are taken in, keys begin to act. */
  arrive() {
    this.refusal = "";
    this.isLeaving = false;
    const first = this.batch.byId.get(this.data.item_id);
    if (first?.label === null) this.batch.showAgain(first);
    else if (first) this.batch.goBackFirstTo(first);
    this.view.panels.show(this.view.panels.resting);
    this.rhythm.byEnter = false;
    this.view.hush();
    this.view.focus();
    this.adoptKept();
  }

  /** @param {CardData} data */
  openBatch(data) {
    const known = this.batches.get(data.batch_id);
    known?.merge(data.items, (event) => this.outbox.hasDelivered(event));
    this.batch = known ?? new Batch(data.batch_id, data.items, data.several);
    this.batches.set(data.batch_id, this.batch);
    const sent = data.items.filter(({ label }) => label !== null);
    const added = sent.filter(({ adds }) => adds);
    this.before = { have: data.have - added.length, today: data.today - sent.length };
    if (!known) this.outbox.known.forEach((event) => this.follow(event));
  }

  /** Sends what an earlier page load has left. @param {{endpoint: string, token: string}} data */
  deliverKept({ endpoint, token }) {
    this.outbox.address(endpoint, token);
    this.adoptKept();
  }

  adoptKept() {
    this.adopt(this.store.readLocal("waiting"));
    this.store.readDatabase("waiting").then((events) => this.adopt(events));
  }

  /** @param {LabelEvent[]} events */
  adopt(events) {
    const adopted = this.outbox.adopt(events);
    adopted.forEach((event) => this.follow(event));
    if (adopted.length > 0) this.show();
  }

  /** @param {LabelEvent} event  of an earlier page load, or made before its batch came here */
  follow(event) {
    this.batches.get(event.batch_id)?.apply(event);
    const isSave = event.action === "save" && event.batch_id === this.batch?.id;
    if (isSave && this.outbox.waiting.has(event.event_id)) this.awaitSave(event);
  }

  /**
   * Escape is the card's only where something is open. Keys that scroll are so where something
   * can be scrolled, or could for another item, and nothing else on the page has the focus; Space
   * is even where all is in sight, since it would take the text and its labels from there.
   * @param {Command} command @param {Element} target  of the key press
   * @returns {boolean}
   */
  takes({ action, argument }, target) {
    const { panels, flagField, message, root, scroller } = this.view;
    if (action === "close") {
      return panels.open !== null || flagField.item !== null || !message.hidden;
    }
    if (action !== "scroll") return true;
    const isHere = target.contains(root) || root.contains(target);
    const scrolls = scroller.scrollHeight > scroller.clientHeight;
    return isHere && (scrolls || root.dataset.room === "long" || argument === " ");
  }

  /** @param {Command} command */
  act({ action, argument, item }) {
    const { waits, run } = ACTIONS[action];
    if (!this.view?.root.isConnected) return;
    if (waits && (this.saving || this.isLeaving)) {
      if (["default", "label", "find"].includes(action)) this.rhythm.note("dropped");
      return;
    }
    this.view.hush();
    if (waits) this.view.flagField.settle();
    if (action !== "find") this.view.finder.close();
    run(this, argument, item);
  }

  /** @param {string} value @param {Item | null} [item]  that was there when its name was begun */
  label(value, item = this.batch.current) {
    this.rhythm.note("label");
    if (item === null) this.filter(value);
    else if (this.data.several) this.toggle(value, item);
    else this.give(value, item);
  }

  /** Takes one of several labels, or takes it out. @param {string} value @param {Item} item */
  toggle(value, item) {
    if (this.isTooEarly()) return;
    if (!item.chosen.delete(value)) item.chosen.add(value);
    this.show();
    const state = item.chosen.has(value) ? "chosen" : "taken out";
    this.view.announce(`${this.view.labels.get(value).name} ${state}.`);
    if (item !== this.batch.current) this.view.say("Another tab has labeled that text meanwhile.");
  }

  /** @param {string} answer @param {Item} item */
  give(answer, item) {
    if (this.isTooEarly()) return;
    this.batch.label(item, this.record("label", item, { label: answer }));
    this.pace.note(Date.now());
    this.show();
    this.announceScreen(this.view.nameOf(answer));
  }

  /** Has a key just met no item? Then this one was meant for another than is on the screen now. */
  isTooEarly() {
    if (!this.rhythm.isOn("dropped")) return false;
    this.rhythm.note("dropped");
    this.view.say("That key came before this item did, and was ignored. Press it again.");
    return true;
  }

  /** @param {string} [letter]  of a label's name; a second press of the button closes the field */
  find(letter = "") {
    const { finder } = this.view;
    if (finder.isOpen) finder.close();
    else finder.open(this.batch.current, letter);
  }

  /** Enter: the chosen labels or the default one; at the end save, but by no press too many. */
  labelByDefault() {
    const { current: item } = this.batch;
    if (item !== null) {
      const { several, labels } = this.data;
      const answer = several ? joinedAnswer(this.data, item.chosen)
        : labels.find((each) => each.default)?.value;
      if (answer !== undefined) {
        this.rhythm.note("label");
        this.give(answer, item);
      }
      this.rhythm.byEnter = answer !== undefined;
      return;
    }
    const goesOn = this.rhythm.byEnter && this.rhythm.isOn("label");
    this.rhythm.note("label");
    if (goesOn) {
      this.view.say("Enter was ignored: this batch is done. Wait a second, then press it again.");
    } else this.save();
  }

  /** @param {string} value  a label, whose items alone are listed at the end; twice: all again */
  filter(value) {
    const { endScreen, labels } = this.view;
    endScreen.filter = endScreen.filter === value ? null : value;
    this.show();
    const count = endScreen.list.children.length;
    const which = endScreen.filter === null ? "All" : labels.get(value)?.name;
    this.view[count > 0 ? "announce" : "say"](`${which}: ${count} listed.`);
  }

  /** Leaves the item for later; at the end of a batch, shows what was set aside once more. */
  skip() {
    const item = this.batch.current;
    if (item === null) return this.recallSkipped();
    this.batch.skip(this.record("skip", item));
    this.show();
    if (this.batch.current === item) this.view.say("Skipped. It is the last item of this batch.");
    this.announceScreen(item.isAside ? "Set aside" : "Skipped");
  }

  recallSkipped() {
    if (this.batch.aside === 0) return this.view.say("Nothing was skipped.");
    this.batch.recallSkipped();
    this.show();
    this.announceScreen("Skipped items again");
  }

  /** To what was done last; where there is nothing, to the batch before. */
  goBack() {
    const item = this.batch.trail.at(-1);
    if (!item) this.openEarlier();
    else if (item.label !== null) this.takeBack(item);
    else {
      this.batch.showAgain(item);
      this.show();
      this.announceScreen("Skipped item");
    }
  }

  /** @param {Item | null | undefined} item  labeled, in this batch */
  takeBack(item) {
    if (!item || item.label === null) return;
    this.adopt(this.store.readLocal("waiting")); // another tab's label must arrive before its undo
    const was = this.view.nameOf(item.label);
    this.batch.undo(item, this.record("undo", item));
    this.show();
    this.announceScreen(`Undone: ${was}`);
  }

  /** Asks the page for the batch before this one, if there is one. */
  openEarlier() {
    if (!this.data.has_earlier) return this.view.say("Nothing to undo.");
    this.view.say("Opening the previous batch …");
    this.isLeaving = true;
    this.askForEarlier(performance.now() + PAGE_ANSWERS_WITHIN);
  }

  /** As soon as Streamlit can hear it, or never. @param {number} until  as `performance.now` has it */
  askForEarlier(until) {
    clearTimeout(this.leaving);
    if (!this.isLeaving || !this.view) return; // another batch is here, or another page
    if (streamlitListens()) {
      this.trigger("earlier", { batch_id: this.batch.id, at: this.nextId() });
      this.leaving = setTimeout(() => (this.isLeaving = false), PAGE_ANSWERS_WITHIN);
    } else if (performance.now() < until) {
      this.leaving = setTimeout(() => this.askForEarlier(until), LOOK_AGAIN);
    } else {
      this.isLeaving = false;
      this.view.say("The page is busy. Try again in a moment.");
    }
  }

  /** Opens the field for a note; closes it as any other command does. */
  toggleFlag() {
    const field = this.view.flagField;
    if (field.item) field.settle();
    else if (this.batch.current) field.open(this.batch.current);
    else this.view.say("No item to flag.");
  }

  /** @param {Item} item @param {string} note */
  flag(item, note) {
    this.batch.flag(item, this.record("flag", item, { note }));
    this.show();
    this.view.announce(note ? `Flagged: ${note}` : "Flag removed.");
  }

  /** @param {string} name */
  togglePanel(name) {
    this.view.panels.toggle(name);
    this.view.announce(this.view.panels.inWords(name));
  }

  closePanel() {
    this.view.flagField.close();
    if (this.view.panels.open) this.togglePanel(this.view.panels.open);
  }

  toggleOpinion() {
    if (!this.batch.hasOpinions) {
      const hidden = "so they cannot influence you.";
      const { split, set_name: set } = this.data;
      this.view.say(set && split !== "training" ? `Predictions are hidden for the ${set}, ${hidden}`
        : "There are no predictions for this batch.");
      return;
    }
    this.isOpinionOn = !this.isOpinionOn;
    this.show();
    const state = `Predictions are ${this.isOpinionOn ? "on" : "off"}.`;
    this.view.announce(opinionInWords(this.batch.current, this.view) || state);
  }

  /** Saves the batch: the page hears of it when the server has every event. */
  save() {
    this.adopt(this.store.readLocal("waiting")); // another tab's labels belong to it too
    this.awaitSave(this.record("save", null));
    this.onOutbox();
  }

  /** @param {LabelEvent} event */
  awaitSave(event) {
    this.saving = { batchId: event.batch_id, eventId: event.event_id, told: false };
  }

  /**
   * Makes an event, keeps it, and sends it in the background.
   * @param {string} action @param {Item | null} item
   * @param {{label?: string, note?: string}} [said] @returns {LabelEvent}
   */
  record(action, item, { label = "", note = "" } = {}) {
    const event = {
      event_id: this.nextId(),
      batch_id: this.batch.id,
      item_id: item?.id ?? "",
      action,
      label,
      labeled_at: new Date().toISOString(),
      seconds: item?.shownAt ? Math.round(performance.now() - item.shownAt) / 1000 : 0,
      assisted: item?.assisted ?? false,
      note,
    };
    this.outbox.add(event);
    return event;
  }

  /** @returns {string} an id that no other page load makes */
  nextId() {
    this.sequence += 1;
    return `${this.load}-${this.sequence}`;
  }

  /** The batch as it is now, and what waits. */
  show() {
    if (!this.view || !this.batch) return;
    const item = this.batch.current;
    if (item) {
      item.shownAt ??= performance.now();
      item.assisted ||= this.isOpinionOn && item.opinion !== null; // once seen, seen
    }
    this.view.show(this.batch, this.isOpinionOn);
    this.view.showFigures(this.batch, this.pace.inWords(this.batch.left), this.before);
    this.showSaveState();
  }

  /** @param {string} what  has just happened, for those who hear it */
  announceScreen(what) {
    this.view.announce(`${what}. ${screenInWords(this.batch, this.view)}`);
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
    const count = events.length === 1 ? "One entry was" : `${counted(events.length)} entries were`;
    this.refusal = `${count} not saved: ${events.at(-1).reason}`;
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
    const { saving } = this;
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
    const { state, text, trouble } = describeSaving({
      waiting,
      trouble: this.outbox.trouble,
      isKept: this.store.keeps,
      isSaving: this.saving !== null,
      refusal: this.refusal,
    });
    this.view?.showSaveState(waiting, state, text, trouble);
  }
}
