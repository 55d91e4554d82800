// What the person does with a batch, without screen or server: labels, trail, what comes next.

/** @typedef {{value: string, name: string, key: string, default: boolean, positive: boolean}} Label */
/** @typedef {{item_id: string, text: string, label: string | null}} SentItem */
/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} text
 * @property {string | null} label
 * @property {string | null} was  the label that was last taken back
 * @property {LabelEvent | null} event  the last word on it that this browser knows
 * @property {number | null} shownAt  performance.now() when it was first shown
 */

class Batch {
  /**
   * @param {string} id
   * @param {SentItem[]} items  in rank order
   */
  constructor(id, items) {
    this.id = id;
    /** @type {Item[]} */
    this.items = items.map(({ item_id, text, label }) => ({
      id: item_id, text, label, was: null, event: null, shownAt: null,
    }));
    this.byId = new Map(this.items.map((item) => [item.id, item]));
    /** @type {Item[]} exactly the labeled items, the latest last */
    this.trail = this.items.filter((item) => item.label !== null);
    /** @type {Item | null} the item on the screen; null when all are labeled */
    this.current = null;
    this.refused = 0;
    this.advance();
  }

  get size() {
    return this.items.length;
  }

  get isComplete() {
    return this.trail.length === this.size;
  }

  /** The number of the item on the screen, as people count. */
  get position() {
    return Math.min(this.trail.length + 1, this.size);
  }

  /** The first item in rank order without a label comes to the screen. */
  advance() {
    this.current = this.items.find((item) => item.label === null) ?? null;
  }

  /**
   * Labels the item on the screen and goes to the next.
   * @param {string} label
   * @param {LabelEvent} event
   */
  label(label, event) {
    const item = this.current;
    this.setLabel(item, label);
    item.event = event;
    item.was = null;
    this.advance();
  }

  /** @returns {Item | null} the item that `back` goes to */
  get previous() {
    return this.trail.at(-1) ?? null;
  }

  /**
   * Takes a label back and brings its item to the screen.
   * @param {Item} item
   * @param {LabelEvent} event
   */
  undo(item, event) {
    this.setLabel(item, null);
    item.event = event;
    this.current = item;
  }

  /**
   * Applies an event that was made elsewhere or before, if it is newer than what is known.
   * @param {LabelEvent} event
   */
  apply(event) {
    const item = this.byId.get(event.item_id);
    const isOurs = event.batch_id === this.id && item && ["label", "undo"].includes(event.action);
    if (!isOurs || (item.event && byTime(event, item.event) <= 0)) return;
    this.setLabel(item, event.action === "label" ? event.label : null);
    item.event = event;
    if (this.current === null || this.current.label !== null) this.advance();
  }

  /**
   * Takes in the server's labels where this browser has no word of its own.
   * @param {SentItem[]} items
   */
  merge(items) {
    for (const { item_id, label } of items) {
      const item = this.byId.get(item_id);
      if (item && item.event === null && item.label !== label) this.setLabel(item, label);
    }
    if (this.current === null || this.current.label !== null) this.advance();
  }

  /**
   * The server would not take this event: its item is open again if nothing came after.
   * @param {LabelEvent} event
   */
  refuse(event) {
    if (event.batch_id !== this.id) return;
    this.refused += 1;
    const item = this.byId.get(event.item_id);
    if (event.action !== "label" || item?.event?.event_id !== event.event_id) return;
    this.setLabel(item, null);
    if (this.current === null) this.advance();
  }

  /**
   * @param {Item} item
   * @param {string | null} label
   */
  setLabel(item, label) {
    const place = this.trail.lastIndexOf(item);
    if (place >= 0) this.trail.splice(place, 1);
    if (label !== null) this.trail.push(item);
    item.was = item.label ?? item.was;
    item.label = label;
  }
}
