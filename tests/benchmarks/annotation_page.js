// Notes every key before the page hears of it: the item it is pressed upon, when it was pressed,
// and the first moment after the frame with the next item was produced.
window.presses = [];

{
  const frames = new MessageChannel();
  const produced = [];
  frames.port1.onmessage = () => (produced.shift().painted = performance.now());

  const shownItem = () => document.querySelector('[data-testid="item-text"]')?.dataset.itemId ?? "";

  addEventListener("keydown", ({ key, timeStamp }) => {
    const press = { item: shownItem(), key, at: timeStamp, painted: null };
    window.presses.push(press);
    const inFrame = () => {
      if (shownItem() === press.item) {
        requestAnimationFrame(inFrame); // not yet the next item: look at the next frame
        return;
      }
      produced.push(press);
      frames.port2.postMessage(null); // arrives when this frame is laid out and painted
    };
    requestAnimationFrame(inFrame);
  }, { capture: true });
}
