// The front end of Picture: see picture.py.
const TAP_SECONDS = 0.12;   // what a key counts that was only touched
const SETTLE_MS = 180;      // after the last turn of the wheel comes the rest
const NOTCH = 100;          // wheel units a notch

function render({ model, el }) {
  const image = document.createElement("img");
  image.className = "semnerf-picture";
  image.draggable = false;
  Object.assign(image.style, { touchAction: "none", maxWidth: "100%" });
  el.appendChild(image);
  let address = null, shown = 0;

  function show() {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    image.src = address;
    image.style.width = model.get("width") + "px";
    image.style.cursor = model.get("cursor");
    image.alt = model.get("name");
    image.dataset.name = model.get("name");
    if (!model.get("listens").length) return;
    image.tabIndex = 0;
    image.dataset.lmSuppressShortcuts = "true";  // else JupyterLab takes "d d" for "delete the cell"
  }
  image.addEventListener("load", () => { sharpen(); image.dataset.shown = ++shown; });

  function sharpen() {  // pixels are told apart where they are enlarged; text is legible where it is shrunk
    const shrunk = image.clientWidth > 0 && image.clientWidth < image.naturalWidth;
    image.style.imageRendering = shrunk ? "auto" : "pixelated";
  }
  const sizes = new ResizeObserver(sharpen);
  sizes.observe(image);

  const placed = new ResizeObserver(() => {
    if (!image.clientWidth) return;
    placed.disconnect();
    window.dispatchEvent(new Event("resize"));  // a plot beside it was drawn before it had a place: now it takes its width
  });
  placed.observe(image);

  // A move is answered and its picture on screen before the next is sent, so that a slow renderer is never more than one
  // picture behind: `next` is the newest drag, `amounts` what keys and wheel have added up to in the meantime.
  let awaited = null, next = null, amounts = {};

  function send(message) {
    const id = Math.random();
    model.send({ ...message, id });
    return id;
  }
  function proceed() {
    if (awaited !== null) return;
    if (next) { awaited = send(next); next = null; }
    else if (Object.keys(amounts).length) { awaited = send({ kind: "fly", amounts, resting: false }); amounts = {}; }
  }
  function heard(message) {
    if (message.answered !== awaited) return;
    image.decode().catch(() => {}).then(() => { awaited = null; proceed(); });
  }
  function rest() {
    send({ kind: "fly", amounts, resting: true });
    amounts = {};
  }

  let start = null;
  function place(event) {
    const box = image.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  function gone(event) {
    const [x, y] = place(event);
    return { dx: x - start[0], dy: y - start[1], shift: event.shiftKey };
  }
  image.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = place(event); start.moved = false;
    image.setPointerCapture(event.pointerId);
    image.focus({ preventScroll: true });
    event.preventDefault();
  });
  image.addEventListener("pointermove", (event) => {
    if (!start) return;
    const way = gone(event);
    if (Math.hypot(way.dx, way.dy) > 0.01) start.moved = true;
    if (start.moved) { next = { kind: "drag", ...way }; proceed(); }
  });
  function released(event) {
    if (!start) return;
    next = null;
    if (start.moved) send({ kind: "drop", ...gone(event) });
    else if (event.type === "pointerup") send({ kind: "click", x: start[0], y: start[1] });
    start = null;
  }
  image.addEventListener("pointerup", released);
  image.addEventListener("pointercancel", released);

  const held = new Map();  // key -> since when it has not been counted
  function count() {
    const now = performance.now();
    for (const [key, since] of held) {
      amounts[key] = (amounts[key] ?? 0) + Math.max(0, now - since) / 1000;
      held.set(key, Math.max(since, now));
    }
  }
  function tick() {
    if (!held.size) return;
    count();
    proceed();
    requestAnimationFrame(tick);
  }
  function letGo(key) {
    if (!held.has(key)) return;
    count();
    held.delete(key);
    if (!held.size) rest();
  }
  image.addEventListener("keydown", (event) => {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !model.get("listens").includes(key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat || held.has(key)) return;
    amounts[key] = (amounts[key] ?? 0) + TAP_SECONDS;
    held.set(key, performance.now() + 1000 * TAP_SECONDS);
    if (held.size === 1) tick();
  });
  image.addEventListener("keyup", (event) => letGo(event.key.length === 1 ? event.key.toLowerCase() : event.key));
  image.addEventListener("focus", () => { if (image.tabIndex === 0) image.style.outline = "2px solid #0072b2"; });
  image.addEventListener("blur", () => {
    image.style.outline = "none";
    for (const key of [...held.keys()]) letGo(key);
  });

  let settle = null;
  image.addEventListener("wheel", (event) => {
    if (!model.get("listens").includes("wheel") || document.activeElement !== image) return;  // else the page scrolls
    event.preventDefault();
    amounts.wheel = (amounts.wheel ?? 0) - event.deltaY / NOTCH;
    proceed();
    clearTimeout(settle);
    settle = setTimeout(rest, SETTLE_MS);
  }, { passive: false });

  const traits = ["png", "width", "cursor", "name", "listens"];
  for (const trait of traits) model.on("change:" + trait, show);
  model.on("msg:custom", heard);
  show();
  return () => {
    for (const trait of traits) model.off("change:" + trait, show);
    model.off("msg:custom", heard);
    sizes.disconnect();
    clearTimeout(settle);
    if (address) URL.revokeObjectURL(address);
  };
}
export default { render };
