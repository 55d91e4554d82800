// What a person can do with the card. Every way to it, by key, pointer or finger, ends here.

/**
 * What a command does. One with a `title` has a button, when the task gives it a key; `help` says
 * its use. One that `waits` is ignored while a batch is being saved or another one is opened; it
 * may bring another item to the screen, and so sends the note that is being typed.
 * @typedef {object} Action
 * @property {string} [title]
 * @property {string} [help]
 * @property {boolean} waits
 * @property {(card: Card, argument?: string, item?: Item) => void} run
 */

const NONE_ALIKE = "Label a training item first: this shows others like the last one.";

/** @type {Record<string, Action>} */
const ACTIONS = {
  label: { waits: true, run: (card, value, item) => card.label(value, item) },
  find: { waits: true, run: (card, letter) => card.find(letter) },
  default: { waits: true, run: (card) => card.labelByDefault() },
  back: { title: "Undo", help: "Undo last label", waits: true, run: (card) => card.goBack() },
  revisit: { waits: true, run: (card, id) => card.takeBack(card.batch.byId.get(id)) },
  skip: { title: "Skip", help: "Skip for now", waits: true, run: (card) => card.skip() },
  flag: { title: "Flag", help: "Flag for review", waits: false, run: (card) => card.toggleFlag() },
  sendFlag: { waits: false, run: (card) => card.view.flagField.send() },
  definitions: {
    title: "Definitions", help: "Definitions", waits: false,
    run: (card) => card.togglePanel("definitions"),
  },
  model: {
    title: "Prediction", help: "Show or hide the model's prediction", waits: false,
    run: (card) => card.toggleOpinion(),
  },
  help: { title: "Help", help: "All keys", waits: false, run: (card) => card.togglePanel("help") },
  moreLike: {
    help: "Unlabeled items like the last labeled one, in a new tab", waits: false,
    run: ({ view }) => (view.moreLike.hidden ? view.say(NONE_ALIKE) : view.moreLike.click()),
  },
  close: { waits: false, run: (card) => card.closePanel() },
  save: {
    title: "Pause", help: "Pause; at the end, finish the batch", waits: true,
    run: (card) => card.save(),
  },
  filter: { waits: false, run: (card, value) => card.filter(value) },
  scroll: { waits: false, run: ({ view }, key) => view.reader.scroll(view.scroller, key) },
  earlier: { waits: true, run: (card) => card.openEarlier() },
};
