// The page around the cards: which card is on it, and what Streamlit calls.

/** @typedef {object} CardData  what Python sends: `CardBatch` in `__init__.py` tells each field */

/** @returns {boolean} can Streamlit be told something? While it runs the page it may be lost. */
function streamlitListens() {
  const app = document.querySelector("[data-testid=stApp]")?.dataset;
  const isConnected = (app?.testConnectionState ?? "CONNECTED") === "CONNECTED";
  return isConnected && (app?.testScriptState ?? "notRunning") === "notRunning";
}

/** @returns {{cards: Map<string, Card>, mounted: Card | null}} this page's cards */
function pageCards() {
  if (!window.sunlightCards) {
    window.sunlightCards = { cards: new Map(), mounted: null };
    listenForKeys(() => {
      const card = window.sunlightCards.mounted;
      return card?.view ? card : null;
    });
  }
  return window.sunlightCards;
}

/**
 * Streamlit calls this at every mounting and change of data or theme, without the clean-up of
 * the call before; only the last clean-up runs, at the end. Where there is no batch in the data,
 * there is nothing to see: the person's card, on the page or not, sends what is kept.
 * @param {{data: CardData, parentElement: HTMLElement, setTriggerValue: Function}} component
 * @returns {(() => void) | undefined}
 */
export default function ({ data, parentElement, setTriggerValue }) {
  const page = pageCards();
  const owner = JSON.stringify([data.workspace, data.annotator]);
  if (!page.cards.has(owner)) page.cards.set(owner, new Card(data.workspace, data.annotator));
  const card = page.cards.get(owner);
  if (data.batch_id === undefined) return card.deliverKept(data);
  if (page.mounted && page.mounted !== card) page.mounted.leavePage();
  page.mounted = card;
  return card.mount(data, parentElement.querySelector(".sl-card"), setTriggerValue);
}
