// The front end of Picture: see picture.py.
function render({ model, el }) {
  const image = document.createElement("img");
  image.className = "semnerf-picture";
  image.draggable = false;
  Object.assign(image.style, { imageRendering: "pixelated", touchAction: "none", maxWidth: "100%" });
  el.appendChild(image);
  let address = null, shown = 0, waiting = false, next = null, start = null;

  function show() {
    if (address) URL.revokeObjectURL(address);
    address = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    image.src = address;
    image.style.width = model.get("width") + "px";
    image.style.cursor = model.get("cursor");
    image.alt = model.get("name");
    image.dataset.name = model.get("name");
  }
  image.addEventListener("load", () => {
    image.dataset.shown = ++shown;
    waiting = false;
    if (next) { const message = next; next = null; tell(message); }
  });
  function tell(message) {
    // one drag is answered before the next is sent: a slow renderer is never more than one picture behind
    if (message.kind === "drag" && waiting) { next = message; return; }
    if (message.kind === "drag") { waiting = true; } else { next = null; }
    model.send(message);
  }
  function place(event) {
    const box = image.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }
  image.addEventListener("pointerdown", (event) => {
    start = place(event); start.moved = false;
    image.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  image.addEventListener("pointermove", (event) => {
    if (!start) return;
    const [x, y] = place(event);
    if (Math.hypot(x - start[0], y - start[1]) > 0.01) start.moved = true;
    if (start.moved) tell({ kind: "drag", dx: x - start[0], dy: y - start[1], shift: event.shiftKey });
  });
  image.addEventListener("pointerup", (event) => {
    if (!start) return;
    const [x, y] = place(event);
    tell(start.moved ? { kind: "drop", dx: x - start[0], dy: y - start[1], shift: event.shiftKey }
                     : { kind: "click", x, y, shift: event.shiftKey });
    start = null;
  });
  image.addEventListener("pointercancel", () => { start = null; });
  for (const trait of ["png", "width", "cursor", "name"]) model.on("change:" + trait, show);
  show();
  return () => { if (address) URL.revokeObjectURL(address); };
}
export default { render };
