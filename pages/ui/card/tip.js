// What a label means, over the stage, while its button is pointed at or has the focus.

/** Milliseconds that a pointer rests on a button until it is told, and is away until it is not. */
const TIP_AFTER = 300;

class Tip {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.over = root.querySelector(".sl-over");
    this.node = element("p", "sl-message sl-tip", "");
    Object.assign(this.node, { id: "sl-tip", role: "tooltip", dir: "auto" });
    this.node.dataset.testid = "tip";
    /** @type {Map<string, string>} what is said of labels that are described, by value */
    this.said = new Map();
    this.waiting = 0;
    const buttons = root.querySelector(".sl-labels");
    buttons.addEventListener("mouseover", ({ target }) => this.consider(target, TIP_AFTER));
    buttons.addEventListener("mouseleave", () => this.consider(null, TIP_AFTER));
    this.node.addEventListener("mouseleave", () => this.consider(null, TIP_AFTER));
    buttons.addEventListener("focusin", ({ target }) => this.consider(target, 0));
    buttons.addEventListener("focusout", () => this.hide());
  }

  get isShown() {
    return this.node.isConnected;
  }

  /** @param {Element | null} target  a button, or nothing @param {number} wait */
  consider(target, wait) {
    const button = target?.closest("[data-action=label]");
    const said = this.said.get(button?.dataset.argument);
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (!said && this.node.matches(":hover")) return; // a pointer may go there, to read it
      this.hide();
      if (said) this.show(button, said);
    }, wait);
  }

  /** @param {Element} button @param {string} said */
  show(button, said) {
    write(this.node, said);
    this.over.append(this.node);
    this.button = button;
    button.setAttribute("aria-describedby", this.node.id);
  }

  hide() {
    clearTimeout(this.waiting);
    this.node.remove();
    this.button?.removeAttribute("aria-describedby");
  }
}
