// What the person reads in words: counts, the head of a batch, its screen, and how far it is saved:
// in short, and in full where something is wrong.

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

/**
 * @typedef {object} Delivery
 * @property {number} waiting  events without an answer
 * @property {Trouble | null} trouble  of the last send
 * @property {boolean} isKept  does this browser keep what waits
 * @property {boolean} isSaving  is a batch being saved
 * @property {string} refusal  what the server would not take, in words
 */

/** @param {Delivery} delivery @returns {{state: SaveState, text: string, trouble: string}} */
function describeSaving({ waiting, trouble, isKept, isSaving, refusal }) {
  const kept = `${waiting} kept here`;
  const failed = waiting > 0 ? trouble : null;
  const offline = failed?.message === "";
  if (waiting > 0 && !isKept) {
    const text = `${waiting} waiting, not kept in this browser`;
    return { state: "trouble", text, trouble: `${text}: leave this page open.` };
  }
  if (failed && isSaving) {
    const why = failed.message || "The server cannot be reached.";
    const text = offline ? `offline, ${kept}` : `${why} ${kept}`;
    return { state: "trouble", text, trouble: `${why} Saving goes on when it is back.` };
  }
  if (offline) return { state: "trouble", text: `offline, ${kept}`, trouble: "" };
  if (failed) {
    const text = `${failed.message} ${kept}`;
    return { state: "trouble", text, trouble: text };
  }
  if (refusal) return { state: "trouble", text: refusal, trouble: refusal };
  if (isSaving) return { state: "saving", text: "saving…", trouble: "" };
  if (waiting > 0) return { state: "waiting", text: `${waiting} waiting`, trouble: "" };
  return { state: "saved", text: "all saved", trouble: "" };
}
