// What opens and moves nothing: help over the stage; definitions there, below the actions where
// that is free, or beside the card, where they stay open until somebody closes them.

class Panels {
  /** @param {HTMLElement} root  the card's element */
  constructor(root) {
    this.root = root;
    this.stage = root.querySelector(".sl-stage");
    /** @type {Map<string, HTMLElement>} by action */
    this.panels = new Map(
      ["definitions", "help"].map((name) => [name, root.querySelector(`.sl-${name}`)]),
    );
    this.over = root.querySelector(".sl-over");
    /** @type {string | null} */
    this.open = null;
    /** Where definitions lie: "over", "below" or "beside". */
    this.where = "over";
    this.hasDefinitions = false;
    this.areWanted = true;
  }

  /** What is open where nothing else is. */
  get resting() {
    const rests = this.where === "beside" && this.hasDefinitions && this.areWanted;
    return rests ? "definitions" : null;
  }

  /** @returns {HTMLElement | null} what lies between the reader and the text */
  get onTop() {
    const isAside = this.open === "definitions" && this.where === "beside";
    return isAside ? null : (this.panels.get(this.open) ?? null);
  }

  /** @param {string} name */
  toggle(name) {
    const isOpen = this.open === name;
    if (name === "definitions") this.areWanted = !isOpen;
    this.show(isOpen ? this.resting : name);
  }

  /** @param {string} detailed @param {Label[]} labels */
  define(detailed, labels) {
    this.hasDefinitions = fillDefinitions(this.panels.get("definitions"), detailed, labels);
  }

  /** @param {string} where  definitions lie from now on */
  place(where) {
    if (where === this.where) return;
    const isBeside = [where, this.where].includes("beside");
    this.where = where;
    const panel = this.panels.get("definitions");
    panel.dataset.where = where;
    if (where === "over") this.over.prepend(panel);
    else this.root.append(panel);
    this.show(isBeside && this.open !== "help" ? this.resting : this.open);
  }

  /** @param {string | null} name  the only one that is open then */
  show(name) {
    this.open = name;
    for (const [each, panel] of this.panels) {
      panel.hidden = each !== name;
      expand(this.root, each, each === name);
    }
    const isOver = name === "help" || (name === "definitions" && this.where === "over");
    this.stage.classList.toggle("sl-covered", isOver);
  }

  /** @param {string} name @returns {string} what its key has opened or closed, to be heard */
  inWords(name) {
    const panel = this.panels.get(name);
    const title = panel.getAttribute("aria-label");
    return panel.hidden ? `${title} closed.` : `${title}. ${panel.innerText}`;
  }
}

/** @param {HTMLElement} root @param {string} action  whose button tells @param {boolean} isOpen */
function expand(root, action, isOpen) {
  const button = root.querySelector(`.sl-actions [data-action="${action}"]`);
  button?.setAttribute("aria-expanded", String(isOpen));
}

/**
 * Definitions of the task and of its labels; where there are none, how to write them.
 * @param {HTMLElement} panel @param {string} detailed @param {Label[]} labels
 * @returns {boolean} whether there are any
 */
function fillDefinitions(panel, detailed, labels) {
  const described = labels.filter(saidOf);
  const list = element("dl", "sl-described", "");
  list.append(...described.flatMap(({ description, examples = [], ...label }) => {
    const term = element("dt", "", label.name);
    tint(term, label);
    const said = [description].filter(Boolean).map((text) => element("dd", "", text));
    return [term, ...said, ...examples.map((text) => element("dd", "sl-example", text))];
  }));
  if (detailed || described.length > 0) {
    panel.replaceChildren(element("p", "sl-detailed", detailed), list);
    return true;
  }
  const text = element("p", "sl-detailed", "No definitions yet. Add them in ");
  const link = element("a", "", "Data → Settings");
  link.href = `data${location.search}`;
  text.append(link, ".");
  panel.replaceChildren(text);
  return false;
}

/**
 * Every key and what it does.
 * @param {CardData} data @param {boolean} hasOpinions
 * @param {string} scrollKey  empty where every text is short
 * @returns {[string, string][]} key as it stands on a keyboard, and its use
 */
function helpOf(data, hasOpinions, scrollKey) {
  const standard = data.labels.find((label) => label.default);
  const swipes = swipesOf(data);
  const given = data.several ? "Give the chosen labels, or none" : standard?.name;
  const hasLike = data.split === "training" && data.labels.every(({ key }) => key !== LIKE_KEY);
  const found = [[FIND_KEY, "Find a label, as does any letter that is no key"]];
  const actions = Object.entries(data.keys)
    .filter(([name]) => ACTIONS[name]?.help && (name !== "model" || hasOpinions))
    .map(([name, key]) => [keyName(key), ACTIONS[name].help]);
  return [
    ...labelsInOrder(data).filter(({ key }) => key).map(({ key, name }) => [keyName(key), name]),
    ...(hasKeyless(data.labels) ? found : []),
    ["Enter", `${given ? `${given}; at` : "At"} the end, finish the batch`],
    ...actions,
    ...(hasLike ? [[LIKE_KEY, ACTIONS.moreLike.help]] : []),
    ...(scrollKey ? [[scrollKey, "Read on in a long text"]] : []),
    ["Escape", "Close what is open"],
    ...(swipes ? [["Swipe →", swipes.right.name], ["Swipe ←", swipes.left.name]] : []),
  ];
}

/** @param {HTMLElement} list @param {[string, string][]} uses */
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
