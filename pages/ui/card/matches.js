// Labels found by what is typed: by the start of a name, of its words, their parts, a description.

/**
 * @typedef {object} Findable
 * @property {Label} label
 * @property {string} name  folded
 * @property {string[]} words  of the name, folded
 * @property {string} description  folded
 */

/** @param {string} text @returns {string} without case and accents */
function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** @param {Label} label @returns {Findable} */
function findable(label) {
  const name = folded(label.name);
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return { label, name, words, description: folded(label.description ?? "") };
}

/**
 * @param {Findable[]} labels
 * @param {string} typed
 * @returns {Label[]} the best ones first; those as good stay in their order
 */
function matchesOf(labels, typed) {
  const query = folded(typed).trim();
  const parts = query.split(/\s+/);
  const ranks = labels.map((each) => {
    const rank = each.name.startsWith(query) ? 0 : Math.max(...parts.map((p) => rankOf(each, p)));
    return { label: each.label, rank };
  });
  return ranks.filter(({ rank }) => rank < 4).sort((a, b) => a.rank - b.rank)
    .map(({ label }) => label);
}

/** @param {Findable} label @param {string} part  of what was typed @returns {number} 4: nowhere */
function rankOf({ name, words, description }, part) {
  if (words.some((word) => word.startsWith(part))) return 1;
  if (name.includes(part)) return 2;
  return description.includes(part) ? 3 : 4;
}
