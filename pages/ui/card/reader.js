// The item's text on the screen: set by its length, scrolled by keys, with a word on what is below.

/** Lines that each key scrolls by, of so many in sight: a page leaves two of the one before. */
const SCROLLS = {
  " ": (lines) => Math.max(lines - 2, 1),
  pagedown: (lines) => Math.max(lines - 2, 1),
  pageup: (lines) => Math.min(2 - lines, -1),
  arrowdown: () => 2,
  arrowup: () => -2,
  home: () => -1e6,
  end: () => 1e6,
};
const REST_OF_A_LINE = 8; // pixels of a text below the last line in sight that are not worth a word

class Reader {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.stage = root.querySelector(".sl-stage");
    this.text = root.querySelector(".sl-text");
    this.columns = root.querySelector(".sl-columns");
    this.before = root.querySelector(".sl-before");
    /** @type {Item | null} whose text is on the screen, with this opinion in it */
    this.item = null;
    this.marked = null;
    this.isScrolled = false;
    this.text.onscroll = () => {
      this.isScrolled = true;
      this.showMore();
    };
  }

  /**
   * Another text begins at its first line; the same one stays where it was read.
   * @param {Item | null} item @param {Opinion | null} opinion
   */
  show(item, opinion) {
    if (item === this.item && opinion === this.marked) return;
    if (item !== this.item) {
      if (this.isScrolled) this.text.scrollTop = 0;
      this.isScrolled = false;
      fillColumns(this.columns, item?.columns ?? []);
      const messages = (item?.before ?? []).map((text) => element("p", "", text));
      messages.forEach((message) => (message.dir = "auto"));
      this.before.replaceChildren(...messages);
      if (!this.before.hidden) requestAnimationFrame(() => this.showNearest());
    }
    this.item = item;
    this.marked = opinion;
    const text = item?.text ?? "";
    const size = sizeOf(text);
    if (this.text.dataset.size !== size) this.text.dataset.size = size;
    this.text.dataset.itemId = item?.id ?? "";
    const found = foundMarks(item?.found ?? []);
    fillText(this.text, text, opinion ? marksOf(text, opinion) : found);
    // In the text's own frame: its layout is made once, and read here.
    requestAnimationFrame(() => this.showMore());
  }

  /** Whether there is more of the text below what is in sight. */
  showMore() {
    const { scrollHeight, scrollTop, clientHeight } = this.text;
    const below = scrollHeight - scrollTop - clientHeight;
    this.stage.classList.toggle("sl-more-below", below > REST_OF_A_LINE);
    const tabIndex = scrollHeight > clientHeight ? 0 : -1; // what scrolls can be reached
    if (this.text.tabIndex !== tabIndex) this.text.tabIndex = tabIndex;
  }

  /** Of the messages before the text the last one is in sight. */
  showNearest() {
    this.before.scrollTop = this.before.scrollHeight;
    this.before.tabIndex = this.before.scrollTop > 0 ? 0 : -1;
  }

  /** @param {HTMLElement} node  the text, or what lies on it @param {string} key  of `SCROLLS` */
  scroll(node, key) {
    const line = parseFloat(getComputedStyle(node).lineHeight);
    node.scrollTop += line * SCROLLS[key](Math.floor(node.clientHeight / line));
    this.isScrolled = true; // its event comes with the next frame, a label may come before
  }
}

/**
 * The item's columns in one line. Whoever wrote the file wrote them: they are text, and a link
 * only where all of it is an address of the web.
 * @param {HTMLElement} node @param {[string, string][]} columns
 */
function fillColumns(node, columns) {
  node.replaceChildren(...columns.map(([name, value]) => {
    const pair = element("span", "sl-column", `${name}: `);
    const href = webAddress(value);
    const shown = element(href ? "a" : "bdi", "", value);
    if (href) Object.assign(shown, { href, target: "_blank", rel: "noopener noreferrer" });
    pair.title = value;
    pair.append(shown);
    return pair;
  }));
}

/** @param {string} value @returns {string} the address that all of it is; else nothing */
function webAddress(value) {
  return /^https?:\/\/\S+$/i.test(value) && URL.canParse(value) ? new URL(value).href : "";
}
