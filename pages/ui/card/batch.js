// What the person does with a batch, without screen or server: labels, skips, flags, what comes
// next. Of the items without a label, those that were never skipped come first, in rank order;
// then those that were skipped once, in the order in which they were skipped. One that was skipped
// twice since its last label is set aside: it is not shown again by itself.
//
// `back` goes to what was done last. A label is taken back by an event. A skip gave no label: its
// item only comes to the screen again, and the skip still counts, here as on the server. Skips
// that only the server remembers are not gone back to.

const ENOUGH_SKIPS = 2; // skips after which an item is set aside. The server counts the same way.

class Batch {
  /** @param {string} id @param {SentItem[]} items  in rank order @param {boolean} several */
  constructor(id, items, several) {
    this.id = id;
    this.several = several;
    this.items = items.map(unlabeledItem);
    this.byId = new Map(this.items.map((item) => [item.id, item]));
    /** @type {Item[]} what was labeled or skipped and not gone back to; `back` goes to the last */
    this.trail = [];
    /** @type {Item[]} unlabeled, in the order in which they were skipped last */
    this.skipped = [];
    /** @type {Map<string, number>} how many items have each label */
    this.counts = new Map();
    this.labeled = 0;
    /** @type {Item | null} the item on the screen; null when nothing is left to ask */
    this.current = null;
    this.refused = 0;
    this.merge(items, () => true);
  }

  get size() {
    return this.items.length;
  }

  /** Is nothing left to ask, as the server sees it? */
  get isComplete() {
    return this.items.every((item) => item.label !== null || item.skips >= ENOUGH_SKIPS);
  }

  /** How many items are set aside. */
  get aside() {
    return this.skipped.filter((item) => item.isAside).length;
  }

  /** How many items are still to be asked. */
  get left() {
    return this.size - this.labeled - this.aside;
  }

  /** The number of the item on the screen, as people count; at the end, that of the labels. */
  get position() {
    return this.current ? Math.min(this.labeled + 1, this.size) : this.labeled;
  }

  get hasOpinions() {
    return this.items.some((item) => item.opinion !== null);
  }

  /** @param {number} most @returns {Item[]} those labeled last, the latest first */
  latest(most) {
    return this.trail.filter((item) => item.label !== null).slice(-most).reverse();
  }

  /** The next item comes to the screen. */
  advance() {
    this.current =
      this.items.find((item) => item.label === null && item.skips === 0) ??
      this.skipped.find((item) => !item.isAside) ??
      null;
  }

  /** @param {Item} item  the next one follows, if it is on screen @param {LabelEvent} event */
  label(item, event) {
    this.setLabel(item, event.label);
    item.was = null;
    this.finish(item, event);
  }

  /** Leaves the item on the screen without a label, goes to the next. @param {LabelEvent} event */
  skip(event) {
    const item = this.current;
    item.heard += 1;
    this.setSkips(item, item.skips + 1);
    this.finish(item, event);
  }

  /** @param {Item} item @param {LabelEvent} event */
  finish(item, event) {
    item.event = event;
    item.at = event.labeled_at;
    this.goBackFirstTo(item);
    if (item === this.current) this.advance();
  }

  /** Takes a label back, and brings its item back. @param {Item} item @param {LabelEvent} event */
  undo(item, event) {
    this.follow(item, event);
    this.current = item;
  }

  /** Brings an item without a label to the screen. @param {Item} item */
  showAgain(item) {
    remove(this.trail, item);
    item.isAside = false;
    this.current = item;
  }

  /** The items that were set aside are asked once more. */
  recallSkipped() {
    this.skipped.forEach((item) => (item.isAside = false));
    this.advance();
  }

  /** @param {Item} item @param {LabelEvent} event  its note is the flag; none if it is empty */
  flag(item, event) {
    item.flag = event.note;
    item.flagEvent = event;
  }

  /** Applies an event made elsewhere or before, if it is news. @param {LabelEvent} event */
  apply(event) {
    const item = this.byId.get(event.item_id);
    if (event.batch_id !== this.id || !item) return;
    item.assisted ||= event.assisted;
    if (event.action === "flag") {
      if (!item.flagEvent || byTime(event, item.flagEvent) > 0) this.flag(item, event);
    } else if (isNews(event, item)) {
      this.follow(item, event);
      const isOver = event.action === "skip" && this.current === item;
      if (isOver || !this.current || this.current.label !== null) this.advance();
    }
  }

  /** @param {Item} item @param {LabelEvent} event  a label, undo or skip */
  follow(item, event) {
    item.event = event;
    item.at = event.labeled_at;
    if (event.action === "undo") {
      this.setLabel(item, null);
      remove(this.trail, item);
    } else if (event.action === "label") {
      this.setLabel(item, event.label);
      this.enterTrail(item);
    } else if (item.label === null) {
      // The server may have counted this skip already.
      item.heard += 1;
      this.setSkips(item, Math.max(item.skips, item.heard));
      this.enterTrail(item);
    }
  }

  /**
   * Takes in what the server knows, where this browser has no later word of its own.
   * @param {SentItem[]} items @param {(event: LabelEvent) => boolean} isOnServer
   */
  merge(items, isOnServer) {
    this.dropHandedOver(items);
    for (const sent of items) {
      const item = this.byId.get(sent.item_id);
      if (!item) continue;
      item.opinion = sent.opinion ?? null;
      item.sentFlag = sent.flag ?? "";
      if (!item.flagEvent || isOnServer(item.flagEvent)) item.flag = item.sentFlag;
      if (!item.event || (sent.labeled_at ?? "") > item.event.labeled_at) {
        this.followServer(item, sent);
      }
    }
    if (!this.current || this.current.label !== null) this.advance();
  }

  /** @param {SentItem[]} items  others were handed over, if this browser has no word on them */
  dropHandedOver(items) {
    const sent = new Set(items.map((item) => item.item_id));
    const isOurs = (item) => sent.has(item.id) || item.event !== null;
    this.items.filter((item) => !isOurs(item)).forEach((item) => {
      this.setLabel(item, null);
      remove(this.trail, item);
      remove(this.skipped, item);
      this.byId.delete(item.id);
    });
    this.items = this.items.filter(isOurs);
    if (this.current && !isOurs(this.current)) this.advance();
  }

  /** @param {Item} item @param {SentItem} sent */
  followServer(item, { label, labeled_at: at = "", skips = 0 }) {
    if (label !== item.label) {
      this.setLabel(item, label);
      item.at = at;
      if (label === null) remove(this.trail, item);
      else this.enterTrail(item);
    }
    if (label === null && skips !== item.skips) this.setSkips(item, skips);
  }

  /** As if it had not been, if nothing came after. @param {LabelEvent} event */
  refuse(event) {
    if (event.batch_id !== this.id) return;
    this.refused += 1;
    const item = this.byId.get(event.item_id);
    if (item?.flagEvent?.event_id === event.event_id) item.flag = item.sentFlag;
    if (item?.event?.event_id !== event.event_id || event.action === "undo") return;
    if (event.action === "label") this.setLabel(item, null);
    else this.setSkips(item, Math.max(item.skips - 1, 0));
    remove(this.trail, item);
    if (this.current === null) this.advance();
  }

  /** @param {Item} item @param {string | null} label */
  setLabel(item, label) {
    this.count(item.label, -1);
    this.count(label, 1);
    item.was = item.label ?? item.was;
    if (item.label !== null) item.chosen = new Set(valuesOf(this, item.label));
    item.label = label;
    if (label === null) return;
    item.heard = 0;
    this.setSkips(item, 0);
  }

  /** @param {string | null} label @param {number} change */
  count(label, change) {
    if (label === null) return;
    for (const value of valuesOf(this, label)) {
      this.counts.set(value, (this.counts.get(value) ?? 0) + change);
    }
    this.labeled += change;
  }

  /** @param {Item} item @param {number} skips */
  setSkips(item, skips) {
    remove(this.skipped, item);
    item.skips = skips;
    item.isAside = skips >= ENOUGH_SKIPS;
    if (skips > 0) this.skipped.push(item);
  }

  /** @param {Item} item */
  goBackFirstTo(item) {
    remove(this.trail, item);
    this.trail.push(item);
  }

  /** Files an item in the trail by time; of the same moment, by rank. @param {Item} item */
  enterTrail(item) {
    remove(this.trail, item);
    let place = this.trail.length;
    while (place > 0 && this.trail[place - 1].at > item.at) place -= 1;
    this.trail.splice(place, 0, item);
  }
}
