// How fast somebody labels.

const PACE_INTERVALS = 20; // intervals between labels that the pace is taken from
const PACE_LABELS = 5; // labels from which on there is a pace
const MINUTE = 60_000;
const SILENCE = 1_000; // milliseconds without a key that end a rhythm

/** The time that a label takes: a median, so that pauses do not count. */
class Pace {
  constructor() {
    /** @type {number[]} milliseconds, the latest last */
    this.intervals = [];
    this.last = 0;
  }

  /** @param {number} now  Date.now() at a label */
  note(now) {
    if (this.last) this.intervals.push(Math.max(now - this.last, 1));
    if (this.intervals.length > PACE_INTERVALS) this.intervals.shift();
    this.last = now;
  }

  /** @returns {number | null} milliseconds for a label; null before there are enough */
  get median() {
    if (this.intervals.length < PACE_LABELS - 1) return null;
    const sorted = [...this.intervals].sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  /** @param {number} left @returns {{pace: string, end: string}} in words, end for so many items */
  inWords(left) {
    const median = this.median;
    if (median === null) return { pace: "", end: "" };
    const perMinute = Math.round(MINUTE / median);
    const minutes = Math.round((left * median) / MINUTE);
    const about = left * median < MINUTE ? "under 1 min" : `about ${counted(minutes)} min`;
    const labels = perMinute === 1 ? "label" : "labels";
    return {
      pace: perMinute > 0 ? `${counted(perMinute)} ${labels} a minute` : "under 1 label a minute",
      end: left > 0 ? `${about} left` : "",
    };
  }
}

/**
 * Whether a key belongs to the screen that it meets. Somebody in a rhythm presses on when the batch
 * ends: an Enter finishes it only after a moment without a key, if Enter has labeled before. Nor
 * does a key label an item if one was pressed just before, while that item was on its way.
 */
class Rhythm {
  byEnter = false;
  /** performance.now() of the last key that labels, and of the last one that met no item. */
  last = { label: -Infinity, dropped: -Infinity };

  /** @param {"label" | "dropped"} kind */
  note(kind) {
    this.last[kind] = performance.now();
  }

  /** @param {"label" | "dropped"} kind @returns {boolean} was there such a key a moment ago */
  isOn(kind) {
    return performance.now() - this.last[kind] < SILENCE;
  }
}
