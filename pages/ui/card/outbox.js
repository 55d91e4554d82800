// The way of an event to the server: kept, sent, acknowledged, and only then forgotten.

const MOST_EVENTS = 500; // the route's limit for one request
/** A page may have 64 KiB of keepalive requests under way; this leaves room for the token. */
const MOST_BYTES = 60_000;
/** Milliseconds that a new event waits, kept but unsent: the next headline is painted first. */
const AFTER_PAINT = 20;
const RETRY_FIRST = 250; // milliseconds between two tries: the first, doubling to the last
const RETRY_LAST = 8_000;
/** Milliseconds after which a request without an answer counts as failed and is sent again. */
const ANSWER_WITHIN = 15_000;

/** @typedef {{event_id: string, reason: string}} Refusal */
/** @typedef {{acknowledged: string[], refused: Refusal[]}} Answer */

/** A send that failed, in words for the person; an empty message means nobody answered. */
class Trouble extends Error {}

/** Everything that one person in one workspace has yet to send; lives as long as the page. */
class Outbox {
  /**
   * @param {EventStore} store
   * @param {() => void} onChange  after every change of what waits, or of the trouble
   * @param {(events: LabelEvent[]) => void} onRefused
   */
  constructor(store, onChange, onRefused) {
    this.store = store;
    this.onChange = onChange;
    this.onRefused = onRefused;
    /** @type {Map<string, LabelEvent>} by event id, oldest first */
    this.waiting = new Map();
    /**
     * What has left the queue, by id: a slow read of a store must not bring it back, and a page
     * that was rendered before its answer does not know of it. Null where the server refused.
     * @type {Map<string, LabelEvent | null>}
     */
    this.gone = new Map();
    /** @type {Trouble | null} */
    this.trouble = null;
    this.endpoint = "";
    this.token = "";
    this.bytesUnderWay = 0;
    this.delay = RETRY_FIRST;
    this.timer = 0;
    this.encoder = new TextEncoder();
    addEventListener("online", () => this.sendNow());
    addEventListener("pagehide", () => this.flush());
    addEventListener("pageshow", (event) => event.persisted && this.sendNow());
  }

  /** @param {string} endpoint @param {string} token  proves who sends; tried at once if new */
  address(endpoint, token) {
    const isNew = endpoint !== this.endpoint || token !== this.token;
    this.endpoint = endpoint;
    this.token = token;
    if (isNew) this.sendNow();
  }

  /** @param {LabelEvent} event */
  add(event) {
    this.store.put("waiting", event);
    this.waiting.set(event.event_id, event);
    this.wake(AFTER_PAINT);
  }

  /**
   * Takes in what an earlier page load or another tab has left.
   * @param {LabelEvent[]} events @returns {LabelEvent[]} those new to this page, oldest first
   */
  adopt(events) {
    const unknown = events.filter(
      ({ event_id: id }) => !this.waiting.has(id) && !this.gone.has(id),
    );
    if (unknown.length === 0) return [];
    const all = [...this.waiting.values(), ...unknown].sort(byTime);
    this.waiting = new Map(all.map((event) => [event.event_id, event]));
    this.wake(0);
    this.onChange();
    return unknown;
  }

  /** @param {string} batchId @returns {boolean} is an event of it still without an answer? */
  holds(batchId) {
    return [...this.waiting.values()].some((event) => event.batch_id === batchId);
  }

  /** @param {LabelEvent} event @returns {boolean} has the server said that it is on disk? */
  hasDelivered(event) {
    return Boolean(this.gone.get(event.event_id));
  }

  /** @returns {LabelEvent[]} all that this page knows and the server did not refuse, in order */
  get known() {
    return [...this.gone.values(), ...this.waiting.values()].filter(Boolean).sort(byTime);
  }

  /** @param {number} delay  milliseconds to the next send, unless one is under way or arranged */
  wake(delay) {
    if (this.timer || this.bytesUnderWay) return;
    this.timer = setTimeout(() => {
      this.timer = 0;
      this.send();
    }, delay);
  }

  /** Sends at once, whatever the back-off says. */
  sendNow() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.delay = RETRY_FIRST;
    this.wake(0);
  }

  /** One request. */
  async send() {
    if (this.bytesUnderWay || this.waiting.size === 0 || !this.endpoint) return;
    const body = this.pack(MOST_BYTES);
    this.bytesUnderWay = body.length;
    try {
      this.settle(await post(this.endpoint, body));
      this.trouble = null;
      this.delay = RETRY_FIRST;
    } catch (error) {
      this.trouble = error instanceof Trouble ? error : new Trouble(String(error));
    } finally {
      this.bytesUnderWay = 0;
    }
    // The next one: at once after an answer, later and later after trouble.
    if (this.waiting.size > 0) this.wake(this.trouble ? this.delay : 0);
    if (this.trouble) this.delay = Math.min(this.delay * 2, RETRY_LAST);
    this.onChange();
  }

  /**
   * The page goes away: everything that fits beside the request under way, which may be lost,
   * is sent from the oldest on. Events that arrive twice keep their order, and count once.
   */
  flush() {
    if (this.waiting.size === 0 || !this.endpoint) return;
    const body = this.pack(MOST_BYTES - this.bytesUnderWay);
    post(this.endpoint, body).catch(() => undefined);
  }

  /** @param {number} room  bytes @returns {Uint8Array} a request of the oldest events that fit */
  pack(room) {
    const events = [];
    let size = this.encoder.encode(JSON.stringify({ token: this.token, events })).length;
    for (const event of this.waiting.values()) {
      const text = JSON.stringify(event);
      size += this.encoder.encode(text).length + 1;
      if (events.length === MOST_EVENTS || (size > room && events.length > 0)) break;
      events.push(text);
    }
    const token = JSON.stringify(this.token);
    return this.encoder.encode(`{"token":${token},"events":[${events.join(",")}]}`);
  }

  /** Forgets what the server has on disk, lays aside what it refused. @param {Answer} answer */
  settle({ acknowledged, refused }) {
    const reasons = new Map(refused.map(({ event_id: id, reason }) => [id, reason]));
    const rejected = [...this.waiting.values()]
      .filter((event) => reasons.has(event.event_id))
      .map((event) => ({ ...event, reason: reasons.get(event.event_id) }));
    rejected.forEach((event) => this.store.put("refused", event));
    const done = [...acknowledged, ...reasons.keys()].filter((id) => this.waiting.has(id));
    if (done.length === 0) throw new Trouble("The server answered about no label that was sent.");
    done.forEach((id) => {
      this.gone.set(id, reasons.has(id) ? null : this.waiting.get(id));
      this.waiting.delete(id);
    });
    this.store.remove("waiting", done);
    if (rejected.length > 0) this.onRefused(rejected);
  }
}

/**
 * One request, outliving the page if it must.
 * @param {string} endpoint @param {Uint8Array} body @returns {Promise<Answer>} raises Trouble
 */
async function post(endpoint, body) {
  let response;
  let answer = null;
  try {
    response = await fetch(endpoint, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body,
      keepalive: body.length <= MOST_BYTES,
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    answer = await response.json();
  } catch (error) {
    // Not JSON: not from our route, a proxy's page perhaps. The status says enough.
    if (!(error instanceof SyntaxError)) throw new Trouble("");
  }
  const { status } = response;
  if (status === 401 || status === 403) {
    const why = answer?.error ?? "The server no longer knows this page.";
    throw new Trouble(`${why} Reload the page to go on.`);
  }
  if (status !== 200) throw new Trouble(answer?.error ?? `The server answered ${status}.`);
  if (!Array.isArray(answer?.acknowledged)) {
    throw new Trouble("The server's answer could not be read.");
  }
  return { acknowledged: answer.acknowledged, refused: answer.refused ?? [] };
}
