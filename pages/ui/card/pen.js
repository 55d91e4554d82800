// Writes events, under ids that no other page load writes.

class Pen {
  constructor() {
    const bytes = crypto.getRandomValues(new Uint8Array(8));
    this.load = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.sequence = 0;
  }

  /** @returns {string} */
  nextId() {
    this.sequence += 1;
    return `${this.load}-${this.sequence}`;
  }

  /**
   * @param {string} batchId @param {string} action @param {Item | null} item
   * @param {{label?: string, note?: string}} [said] @returns {LabelEvent}
   */
  write(batchId, action, item, { label = "", note = "" } = {}) {
    return {
      event_id: this.nextId(),
      batch_id: batchId,
      item_id: item?.id ?? "",
      action,
      label,
      labeled_at: new Date().toISOString(),
      seconds: item?.shownAt ? Math.round(performance.now() - item.shownAt) / 1000 : 0,
      assisted: item?.assisted ?? false,
      note,
    };
  }
}
