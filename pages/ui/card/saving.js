// What the person reads about saving: in short, and in full where something is wrong.

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
