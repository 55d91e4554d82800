// The field for a note, over the stage: it moves nothing.

const PLAIN_NOTE = "look again"; // the note of a flag that says nothing more

/** One line for a note on the item that was on the screen when it was opened. */
class FlagField {
  /** @param {HTMLElement} root @param {(item: Item, note: string) => void} onNote  empty: none */
  constructor(root, onNote) {
    this.root = root;
    this.onNote = onNote;
    this.row = root.querySelector(".sl-flag");
    /** @type {HTMLInputElement} */
    this.input = root.querySelector(".sl-note");
    /** @type {Item | null} what the note is about, while the field is open */
    this.item = null;
    this.input.onkeydown = (event) => this.onKey(event);
  }

  /** @param {KeyboardEvent} event  Enter that ends a composed character is not for us */
  onKey(event) {
    if (event.isComposing || isTaken(event) || event.repeat) return;
    if (event.key === "Enter") this.send();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
  }

  /** @param {Item} item */
  open(item) {
    this.item = item;
    this.input.value = item.flag;
    this.row.hidden = false;
    expand(this.root, "flag", true);
    this.input.focus({ preventScroll: true });
  }

  /** The focus goes back to the card, if the field has it. */
  close() {
    if (!this.item) return;
    this.item = null;
    if (this.row.contains(document.activeElement)) this.root.focus({ preventScroll: true });
    this.row.hidden = true;
    expand(this.root, "flag", false);
  }

  /** An empty note means a look again, or takes the flag back that was there. */
  send() {
    this.hand(this.input.value.trim() || (this.item?.flag ? "" : PLAIN_NOTE));
  }

  /** Something else has come while the field was open: what was typed is not lost. */
  settle() {
    this.hand(this.input.value.trim());
  }

  /** @param {string} note */
  hand(note) {
    const item = this.item;
    this.close();
    if (item && note !== item.flag) this.onNote(item, note);
  }
}
