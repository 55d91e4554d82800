// What opens over the stage and moves nothing: definitions and help.

class Panels {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector(".sl-stage");
    /** @type {Map<string, HTMLElement>} by action */
    this.panels = new Map(
      ["definitions", "help"].map((name) => [name, root.querySelector(`.sl-${name}`)]),
    );
    /** @type {string | null} */
    this.open = null;
  }

  /** @param {string} name */
  toggle(name) {
    this.show(this.open === name ? null : name);
  }

  /** @param {string | null} name  the only one that is open then */
  show(name) {
    this.open = name;
    for (const [each, panel] of this.panels) {
      panel.hidden = each !== name;
      expand(this.root, each, each === name);
    }
    this.stage.classList.toggle("sl-covered", name !== null);
  }

  /**
   * @param {string} name
   * @returns {string} what a press of its key has opened or closed, for those who hear it
   */
  inWords(name) {
    const panel = this.panels.get(name);
    const title = panel.getAttribute("aria-label");
    return panel.hidden ? `${title} closed.` : `${title}. ${panel.innerText}`;
  }
}

/**
 * Tells on an action's button whether what it opens is open.
 * @param {HTMLElement} root
 * @param {string} action
 * @param {boolean} isOpen
 */
function expand(root, action, isOpen) {
  const button = root.querySelector(`.sl-actions [data-action="${action}"]`);
  button?.setAttribute("aria-expanded", String(isOpen));
}

/**
 * Every key and what it does.
 * @param {CardData} data
 * @param {boolean} hasOpinions
 * @param {string} scrollKey  empty where every text is short
 * @returns {[string, string][]} key as it stands on a keyboard, and its use
 */
function helpOf(data, hasOpinions, scrollKey) {
  const standard = data.labels.find((label) => label.default);
  const swipes = swipesOf(data.labels);
  const actions = Object.entries(data.keys)
    .filter(([name]) => ACTIONS[name]?.help && (name !== "model" || hasOpinions))
    .map(([name, key]) => [keyName(key), ACTIONS[name].help]);
  return [
    ...data.labels.map(({ key, name }) => [keyName(key), name]),
    ["Enter", standard ? `${standard.name}; at the end, save` : "At the end, save"],
    ...actions,
    ...(scrollKey ? [[scrollKey, "Read on in a long text"]] : []),
    ["Escape", "Close what is open"],
    ...(swipes ? [["Swipe →", swipes.right.name], ["Swipe ←", swipes.left.name]] : []),
  ];
}

/**
 * @param {HTMLElement} list
 * @param {[string, string][]} uses
 */
function fillHelp(list, uses) {
  const rows = uses.map(([key, use]) => {
    const row = element("div", "sl-use", "");
    const term = element("dt", "", "");
    term.append(element("kbd", "", key));
    row.append(term, " ", element("dd", "", use));
    return row;
  });
  list.replaceChildren(...rows);
}
