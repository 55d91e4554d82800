// The end of a batch: what was done, what comes next, and every labeled item to go back to.

class EndScreen {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.node = root.querySelector(".sl-end");
    const find = (name) => this.node.querySelector(`.sl-${name}`);
    this.title = find("end-title");
    this.next = find("end-next");
    this.counts = find("counts");
    this.list = find("end-items");
    this.earlier = find("earlier");
    this.listed = "";
  }

  /**
   * @param {Batch} batch
   * @param {CardData} data
   * @param {Map<string, Label>} labels  by value
   */
  fill(batch, data, labels) {
    write(this.title, endTitle(batch, data));
    write(this.next, endNext(batch, data));
    this.earlier.hidden = !data.has_earlier;
    const terms = [...labels.values()].map(({ value, name, positive }) => {
      const pair = element("div", "sl-count", "");
      const count = `${batch.counts.get(value) ?? 0}`;
      pair.append(element("dt", positive ? "sl-positive" : "", name), element("dd", "", count));
      return pair;
    });
    this.counts.replaceChildren(...terms);
    this.fillList(batch.latest(batch.size), labels);
  }

  /**
   * @param {Item[]} items
   * @param {Map<string, Label>} labels
   */
  fillList(items, labels) {
    const listed = JSON.stringify(items.map(({ id, label }) => [id, label]));
    if (listed === this.listed) return;
    this.listed = listed;
    this.list.replaceChildren(...items.map((item) => endRow(item, labels.get(item.label))));
    this.node.scrollTop = 0;
  }
}

/**
 * @param {Item} item
 * @param {Label | undefined} label
 * @returns {HTMLElement}
 */
function endRow(item, label) {
  const row = element("li", "sl-end-item", "");
  const button = itemRow("end-item");
  button.dataset.itemId = item.id;
  fillRow(button, label, item);
  row.append(button);
  return row;
}

/**
 * @param {Batch} batch
 * @param {CardData} data
 * @returns {string}
 */
function endTitle(batch, data) {
  if (data.reopened) return `An earlier batch (${data.reopened})`;
  if (batch.size === 0) return "Nothing left to label here";
  if (batch.labeled === batch.size) return `All ${batch.size} labeled`;
  return `${batch.labeled} labeled, ${batch.aside} skipped`;
}

/**
 * @param {Batch} batch
 * @param {CardData} data
 * @returns {string}
 */
function endNext(batch, { keys, reopened }) {
  const skip = batch.aside > 0 ? `${keyName(keys.skip ?? "")} shows the skipped ones again. ` : "";
  if (reopened) {
    const back = `${keyName(keys.back)} goes back through it; `;
    return `${skip}${back}Enter or ${keyName(keys.save)} returns.`;
  }
  if (batch.aside > 0) return `${skip}Enter saves; the next batch follows.`;
  return "Last chance to go back. Enter saves; the next batch follows.";
}
