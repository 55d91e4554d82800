// What a label means, over the stage, while its button is pointed at or has the focus.

/** Milliseconds that a pointer rests on a button until it is told, and is away until it is not. */
const TIP_AFTER = 300;

class Tip {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    const buttons = root.querySelector(".sl-labels");
    this.over = root.querySelector(".sl-over");
    this.node = element("p", "sl-message sl-tip", "");
    Object.assign(this.node, { id: "sl-tip", role: "tooltip", dir: "auto" });
    this.node.dataset.testid = "tip";
    /** @type {Map<string, Label>} those that are described, by value */
    this.said = new Map();
    this.waiting = 0;
    buttons.addEventListener("mouseover", ({ target }) => this.consider(target, TIP_AFTER));
    buttons.addEventListener("focusin", ({ target }) => this.consider(target, 0));
    buttons.addEventListener("focusout", () => this.hide());
    buttons.addEventListener("mouseleave", () => this.hideSoon());
    this.node.addEventListener("mouseleave", () => this.hideSoon());
  }

  get isShown() {
    return this.node.isConnected;
  }

  /** @param {Label[]} labels */
  furnish(labels) {
    this.hide();
    this.said = new Map(labels.filter(saidOf).map((label) => [label.value, label]));
  }

  /** @param {Element} target @param {number} wait  in milliseconds */
  consider(target, wait) {
    const button = target.closest("[data-action=label]");
    const label = this.said.get(button?.dataset.argument);
    clearTimeout(this.waiting);
    if (label) this.waiting = setTimeout(() => this.show(button, label), wait);
    else if (this.isShown) this.hideSoon();
  }

  /** @param {Element} button @param {Label} label */
  show(button, label) {
    this.hide();
    write(this.node, saidOf(label));
    this.over.append(this.node);
    this.button = button;
    button.setAttribute("aria-describedby", this.node.id);
  }

  /** A pointer may go over to what is told, to read it. */
  hideSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.node.matches(":hover") || this.hide(), TIP_AFTER);
  }

  hide() {
    clearTimeout(this.waiting);
    if (!this.isShown) return;
    this.node.remove();
    this.button.removeAttribute("aria-describedby");
  }
}
