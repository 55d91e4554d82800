// What a person can do with the card. Every way to it, by key, pointer or finger, ends here.

/**
 * What a command does. One with a `title` has a button, when the task gives it a key; `help` says
 * its use. One that `waits` is ignored while a batch is being saved or another one is opened; it
 * may bring another item to the screen, and so sends the note that is being typed.
 * @typedef {object} Action
 * @property {string} [title]
 * @property {string} [help]
 * @property {boolean} waits
 * @property {(card: Card, argument?: string) => void} run
 */

/** @type {Record<string, Action>} */
const ACTIONS = {
  label: { waits: true, run: (card, value) => card.label(value) },
  default: { waits: true, run: (card) => card.labelByDefault() },
  back: {
    title: "Back", help: "Back to the last one", waits: true,
    run: (card) => card.goBack(),
  },
  revisit: { waits: true, run: (card, id) => card.takeBack(card.batch.byId.get(id)) },
  skip: {
    title: "Skip", help: "Skip: it comes back last", waits: true,
    run: (card) => card.skip(),
  },
  flag: {
    title: "Flag", help: "Flag with a note", waits: false,
    run: (card) => card.toggleFlag(),
  },
  sendFlag: { waits: false, run: (card) => card.view.flagField.send() },
  definitions: {
    title: "Definitions", help: "Definitions", waits: false,
    run: (card) => card.togglePanel("definitions"),
  },
  model: {
    title: "Model", help: "The model's opinion", waits: false,
    run: (card) => card.toggleOpinion(),
  },
  help: {
    title: "Help", help: "All keys", waits: false,
    run: (card) => card.togglePanel("help"),
  },
  close: { waits: false, run: (card) => card.closePanel() },
  save: {
    title: "Save", help: "Save, finished or not", waits: true,
    run: (card) => card.save(),
  },
  scroll: { waits: false, run: (card, key) => card.view.scroll(key) },
  earlier: { waits: true, run: (card) => card.openEarlier() },
  restLater: { waits: false, run: (card) => card.rest.begin(Date.now()) },
  restNever: { waits: false, run: (card) => card.rest.refuse() },
};
