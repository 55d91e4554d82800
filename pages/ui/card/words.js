// What is on the screen, for those who hear it.

/**
 * @param {Batch} batch
 * @param {View} view
 * @returns {string}
 */
function screenInWords(batch, view) {
  const item = batch.current;
  if (item) return `${item.text.slice(0, SUMMARY)} ${opinionInWords(item, view)}`.trimEnd();
  const { title, next } = view.endScreen;
  return `${title.textContent}. ${next.textContent}`;
}

/**
 * @param {Item | null} item  on the screen
 * @param {View} view
 * @returns {string} nothing where no opinion is shown
 */
function opinionInWords(item, view) {
  const opinion = view.isOpinionOn ? item?.opinion : null;
  if (!opinion) return "";
  return `Model: ${view.nameOf(opinion.predicted)}, ${percent(opinion.confidence)}.`;
}
