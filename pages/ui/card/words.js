// Counts, the head of a batch and its screen, in words.

/** @param {number} count @returns {string} with a comma between thousands */
function counted(count) {
  return count.toLocaleString("en-US");
}

/** @param {number} confidence @returns {string} what is not certain is never called so */
function percent(confidence) {
  const rounded = Math.round(confidence * 100);
  return rounded === 100 && confidence < 1 ? ">99%" : `${rounded}%`;
}

/** @param {CardData} data @param {number} have  labels of this split @returns {string} */
function headInWords({ name, reopened, set_name: set, target }, have) {
  if (reopened) return `${name}, labeled on ${reopened}`;
  if (!set) return name;
  const count = have < target ? `${counted(have)} of ${counted(target)}` : counted(have);
  return `${name} · ${set}: ${count} labels`;
}

/** @param {Batch} batch @param {View} view @returns {string} */
function screenInWords(batch, view) {
  const item = batch.current;
  if (item) return `${item.text.slice(0, SUMMARY)} ${opinionInWords(item, view)}`.trimEnd();
  const { title, next } = view.endScreen;
  return `${title.textContent}. ${next.textContent}`;
}

/** @param {Item | null} item @param {View} view @returns {string} nothing if none is shown */
function opinionInWords(item, view) {
  const opinion = view.isOpinionOn ? item?.opinion : null;
  if (!opinion) return "";
  return `Model: ${view.nameOf(opinion.predicted)}, ${percent(opinion.confidence)}.`;
}
