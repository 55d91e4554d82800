// One item of a batch, as it was sent and as it stands.

/** @typedef {object} Label  as in `core/workspace/task.py` */
/** @typedef {object} SentItem  as `CardItem` in `__init__.py` */
/** @typedef {object} Opinion  as `CardPrediction` there */
/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} text
 * @property {[string, string][]} columns
 * @property {string[]} before  messages before it
 * @property {[string, string][]} found  pieces of the text with the color of a kept search
 * @property {Set<string>} chosen  values, where it can have several labels, until they are given
 * @property {Opinion | null} opinion
 * @property {boolean} adds  does its label count among those of its split
 * @property {string | null} label
 * @property {string | null} was  the label that was last taken back
 * @property {string} at  when it was labeled or skipped last
 * @property {number} skips  since its last label
 * @property {number} heard  those of the skips that this page knows as events
 * @property {boolean} isAside  not shown again by itself
 * @property {LabelEvent | null} event  the last label, undo or skip that this browser knows
 * @property {string} flag
 * @property {string} sentFlag  as the server last told it
 * @property {LabelEvent | null} flagEvent  the last flag that this browser knows
 * @property {boolean} assisted  was the model's opinion seen with it
 * @property {number | null} shownAt  performance.now() when it was first shown
 */

/** @param {SentItem} sent @returns {Item} before `Batch.merge` takes in what the server knows */
function unlabeledItem(sent) {
  return {
    id: sent.item_id, text: sent.text, columns: sent.columns ?? [], before: sent.before ?? [],
    opinion: null, chosen: new Set(), adds: sent.adds ?? true, found: sent.found ?? [],
    label: null, was: null, at: "", skips: 0, heard: 0, isAside: false, event: null,
    flag: "", sentFlag: "", flagEvent: null, assisted: false, shownAt: null,
  };
}

/** @param {LabelEvent} event @param {Item} item @returns {boolean} is it news of it? */
function isNews(event, item) {
  if (!["label", "undo", "skip"].includes(event.action)) return false;
  return item.event ? byTime(event, item.event) > 0 : event.labeled_at > item.at;
}

/** @param {Item[]} items @param {Item} item  the latest of the list, most often */
function remove(items, item) {
  const place = items.lastIndexOf(item);
  if (place >= 0) items.splice(place, 1);
}
