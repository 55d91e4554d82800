// The end of a batch: what was done, what comes next, and every labeled item to go back to.

class EndScreen {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.node = root.querySelector(".sl-end");
    const find = (name) => this.node.querySelector(`.sl-${name}`);
    this.title = find("end-title");
    this.next = find("end-next");
    this.filters = find("filters");
    this.list = find("end-items");
    this.earlier = find("earlier");
    this.listed = "";
    /** @type {string | null} the label whose items are listed; null: all of them */
    this.filter = null;
  }

  /** @param {Batch} batch @param {View} view */
  fill(batch, view) {
    const { data } = view;
    write(this.title, endTitle(batch, data));
    write(this.next, endNext(batch, data));
    this.earlier.hidden = !data.has_earlier;
    const items = batch.latest(batch.size);
    const isListed = ({ label }) => valuesOf(data, label).includes(this.filter);
    const shown = this.filter ? items.filter(isListed) : items;
    const rows = shown.map(({ id, label }) => [id, label]);
    const listed = JSON.stringify([this.filter, batch.id, rows]);
    if (listed === this.listed) return;
    this.listed = listed;
    this.fillFilters(batch, view);
    this.list.replaceChildren(...shown.map((item) => endRow(item, view)));
    this.list.scrollTop = 0;
  }

  /** Labels with counts, of many those with items. @param {Batch} batch @param {View} view */
  fillFilters(batch, { data, labels }) {
    const few = data.labels.length <= MOST_HUES + 1 ? data.labels.map(({ value }) => value) : [];
    const isOf = ({ value }) => few.includes(value) || batch.counts.get(value) > 0;
    const offered = [...labels.values()].filter(isOf);
    const focused = document.activeElement?.dataset.testid;
    this.filters.replaceChildren(...offered.map((label) => {
      const { value, name, key } = label;
      const button = element("button", "sl-key sl-filter", "");
      Object.assign(button.dataset, { action: "filter", argument: value });
      button.ariaPressed = String(value === this.filter);
      finishButton(button, `filter-${value}`, name, [key].filter(Boolean));
      tint(button.firstChild, label);
      const count = counted(batch.counts.get(value) ?? 0);
      button.firstChild.after(element("span", "sl-filter-count", count));
      return button;
    }));
    this.filters.querySelector(`[data-testid="${CSS.escape(focused ?? "")}"]`)?.focus();
  }
}

/** @param {Item} item @param {View} view @returns {HTMLElement} */
function endRow(item, view) {
  const row = element("li", "sl-end-item", "");
  const button = itemRow("end-item");
  button.dataset.itemId = item.id;
  fillRow(button, view, item);
  row.append(button);
  return row;
}

/** @param {Batch} batch @param {CardData} data @returns {string} */
function endTitle(batch, data) {
  if (data.reopened) return headInWords(data, 0);
  if (batch.size === 0) return "Nothing left to label here";
  if (batch.labeled === batch.size) return `All ${batch.size} labeled`;
  return `${batch.labeled} labeled, ${batch.aside} skipped`;
}

/** @param {Batch} batch @param {CardData} data @returns {string} */
function endNext(batch, { keys, reopened }) {
  const skip = keyName(keys.skip ?? "");
  const skipped = batch.aside > 0 ? ` Press ${skip} to see the skipped items again.` : "";
  if (batch.size === 0) return "Press Enter to go on.";
  const again = `Press ${keyName(keys.back)} to go through these labels again, Enter to return.`;
  if (reopened) return again + skipped;
  const then = batch.id.includes("-check-") ? "the result" : "the next batch"; // of "Label many"
  return `Batch done. Check your labels below, or press Enter for ${then}.${skipped}`;
}
