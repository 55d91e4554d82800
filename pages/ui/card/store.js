// Where events stay until the server has them: localStorage and IndexedDB, one key per event.
// localStorage is there at once; IndexedDB outlives a killed browser. Either alone loses some.

const DATABASE = "sunlight";
const PREFIX = "sunlight";
/** Two shelves: what is to be sent, and what the server refused (kept, never sent again). */
const SHELVES = ["waiting", "refused"];

/**
 * @typedef {object} LabelEvent
 * @property {string} event_id  random bytes of this page load, a dash, a sequence number
 * @property {string} batch_id
 * @property {string} item_id  empty for `save`
 * @property {string} action  `label`, `undo`, `skip`, `flag` or `save`
 * @property {string} label  empty unless the action gives one
 * @property {string} labeled_at  ISO 8601, UTC, with milliseconds
 * @property {number} seconds  since the item was first shown
 * @property {boolean} assisted  was the model's opinion on the screen with the item
 * @property {string} note  of a flag; an empty one takes the flag back
 */

/**
 * In the order in which they were made: by time, then by page load and number.
 * @param {LabelEvent} a @param {LabelEvent} b @returns {number}
 */
function byTime(a, b) {
  if (a.labeled_at !== b.labeled_at) return a.labeled_at < b.labeled_at ? -1 : 1;
  const [load, number] = a.event_id.split("-");
  const [otherLoad, otherNumber] = b.event_id.split("-");
  return load === otherLoad ? number - otherNumber : load < otherLoad ? -1 : 1;
}

/** The kept events of one person in one workspace. */
class EventStore {
  /** @param {string} workspace @param {string} annotator */
  constructor(workspace, annotator) {
    this.owner = `${encodeURIComponent(workspace)}/${encodeURIComponent(annotator)}/`;
    /** False from the first write that failed, per store. */
    this.works = { local: true, database: true };
    /** @type {Promise<IDBDatabase> | null} */
    this.opening = null;
  }

  /** Is at least one of the two stores keeping events? */
  get keeps() {
    return this.works.local || this.works.database;
  }

  /** In localStorage at once, in IndexedDB soon. @param {string} shelf @param {LabelEvent} event */
  put(shelf, event) {
    const key = this.localKey(shelf, event.event_id);
    this.local(() => localStorage.setItem(key, JSON.stringify(event)));
    this.write(shelf, (events) => events.put(event, this.owner + event.event_id));
  }

  /** @param {string} shelf @param {string[]} ids */
  remove(shelf, ids) {
    this.local(() => ids.forEach((id) => localStorage.removeItem(this.localKey(shelf, id))));
    this.write(shelf, (events) => ids.forEach((id) => events.delete(this.owner + id)));
  }

  /** @template T @param {() => T} use @returns {T | undefined} nothing if localStorage fails */
  local(use) {
    try {
      return use();
    } catch {
      this.works.local = false;
    }
  }

  /** @param {string} shelf @returns {LabelEvent[]} what localStorage keeps, oldest first */
  readLocal(shelf) {
    const entries = this.local(() => Object.entries(localStorage)) ?? [];
    const events = entries.map(([key, value]) => this.read(shelf, key, value));
    return events.filter(Boolean).sort(byTime);
  }

  /**
   * The event that an entry of localStorage holds; null if it is none of this person's shelf.
   * @param {string} shelf @param {string | null} key @param {string | null} value
   * @returns {LabelEvent | null}
   */
  read(shelf, key, value) {
    if (!key?.startsWith(this.localKey(shelf, "")) || value === null) return null;
    try {
      return JSON.parse(value);
    } catch {
      return null; // torn by a crash; IndexedDB has it whole
    }
  }

  /** @param {string} shelf @returns {Promise<LabelEvent[]>} what IndexedDB keeps, oldest first */
  async readDatabase(shelf) {
    try {
      const database = await this.open();
      const events = database.transaction(shelf).objectStore(shelf);
      const request = events.getAll(IDBKeyRange.bound(this.owner, `${this.owner}\uffff`));
      return (await answerOf(request)).sort(byTime);
    } catch {
      this.works.database = false;
      return [];
    }
  }

  /**
   * Changes a shelf of IndexedDB; on disk (strict) when the transaction completes.
   * @param {string} shelf @param {(events: IDBObjectStore) => void} change
   */
  async write(shelf, change) {
    try {
      const database = await this.open();
      const transaction = database.transaction(shelf, "readwrite", { durability: "strict" });
      transaction.onabort = () => (this.works.database = false);
      change(transaction.objectStore(shelf));
    } catch {
      this.works.database = false;
      this.opening = null; // a closed database is opened again by the next write
    }
  }

  /** @returns {Promise<IDBDatabase>} */
  open() {
    if (this.opening) return this.opening;
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () =>
      SHELVES.forEach((shelf) => request.result.createObjectStore(shelf));
    this.opening = answerOf(request);
    return this.opening;
  }

  /** @param {string} shelf @param {string} id @returns {string} */
  localKey(shelf, id) {
    return `${PREFIX}/${shelf}/${this.owner}${id}`;
  }
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
