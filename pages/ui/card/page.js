// The page around the cards: which card is on it, and what Streamlit calls.

/**
 * What Python sends.
 * @typedef {object} CardData
 * @property {string} workspace
 * @property {string} annotator
 * @property {string} endpoint
 * @property {string} token
 * @property {string} batch_id
 * @property {string} name  of the batch, as people read it
 * @property {string} set_name  of the split, as people read it
 * @property {number} have  labels of this split
 * @property {number} target  as many as the task asks for
 * @property {number} today  labels of this person since midnight
 * @property {string} split
 * @property {string} short
 * @property {string} detailed
 * @property {Label[]} labels
 * @property {Record<string, string>} keys  action to key
 * @property {SentItem[]} items  in rank order
 * @property {number} rest_minutes  0: never a word about a rest
 * @property {string} reopened  when an earlier batch was labeled, in words; empty for that of now
 * @property {string} item_id  of the item that back goes to first, or nothing
 * @property {boolean} has_earlier  is there a batch before this one
 */

/**
 * Can Streamlit be told something? While it reconnects or runs the page, it may be lost.
 * @returns {boolean}
 */
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
