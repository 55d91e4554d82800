// A swipe over the headline, where fingers label: to the right or to the left.

const SWIPE_LENGTH = 60; // pixels that a finger must go
const SWIPE_WITHIN = 800; // milliseconds in which it must do so
const SWIPE_SLOPE = 2; // how much more sideways than up or down it must go

/**
 * Calls back at every swipe over a node. Up and down stays scrolling: the style leaves that to
 * the browser, which then cancels the pointer.
 * @param {HTMLElement} node @param {(direction: "right" | "left") => void} onSwipe
 */
function listenForSwipes(node, onSwipe) {
  /** @type {PointerEvent | null} */
  let start = null;
  node.addEventListener("pointerdown", (event) => {
    // A mouse selects text; a second finger zooms.
    start = event.pointerType !== "mouse" && event.isPrimary ? event : null;
  });
  node.addEventListener("pointercancel", () => (start = null));
  node.addEventListener("pointerup", (event) => {
    const began = start;
    start = null;
    if (began?.pointerId !== event.pointerId) return;
    const right = event.clientX - began.clientX;
    const down = event.clientY - began.clientY;
    const isSideways = Math.abs(right) >= SWIPE_SLOPE * Math.abs(down);
    const isQuick = event.timeStamp - began.timeStamp < SWIPE_WITHIN;
    if (Math.abs(right) < SWIPE_LENGTH || !isSideways || !isQuick) return;
    onSwipe(right > 0 ? "right" : "left");
  });
}

/** @param {CardData} data @returns {{right: Label, left: Label} | null} only two have directions */
function swipesOf({ labels, several }) {
  if (labels.length !== 2 || several) return null;
  const right = labels.find((label) => label.positive);
  return { right, left: labels.find((label) => label !== right) };
}
