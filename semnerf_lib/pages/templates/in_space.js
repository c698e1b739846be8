// A figure in space is a picture until one asks for more; then plotly, which lies beside the page, draws it.
const library = document.currentScript.dataset.library;
const webgl = (() => {
  const context = document.createElement("canvas").getContext("webgl");
  if (!context) return false;
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return true;
})();
let loaded;

function plotly() {
  loaded ??= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: library, onload: done, onerror: failed });
    document.head.append(script);
  });
  return loaded;
}

// Of a mesh that has all its triangles in `meta.faces` (base64 of 16 bit), those that face the reader: one looks into a
// room from any side.
const numbers = (text) => new Uint16Array(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);

function front(live) {
  const { camera, aspectratio, ...axes } = live._fullLayout.scene;
  const eye = ["x", "y", "z"].map((axis) => {
    const [low, high] = axes[`${axis}axis`].range;
    return (low + high) / 2 + (camera.eye[axis] * (high - low)) / aspectratio[axis];
  });
  const meshes = live._fullData.filter((trace) => trace.meta?.faces);
  const kept = meshes.map(({ x, y, z, meta }) => {
    const faces = numbers(meta.faces), sides = [[], [], []];
    const at = (n) => [x[n], y[n], z[n]], minus = (p, q) => p.map((value, k) => value - q[k]);
    for (let n = 0; n < faces.length; n += 3) {
      const corner = at(faces[n]), one = minus(at(faces[n + 1]), corner), other = minus(at(faces[n + 2]), corner);
      const across = [0, 1, 2].map((k) => one[(k + 1) % 3] * other[(k + 2) % 3] - one[(k + 2) % 3] * other[(k + 1) % 3]);
      const towards = minus(eye, corner).reduce((sum, value, k) => sum + value * across[k], 0);
      if (towards > 0) sides.forEach((side, k) => side.push(faces[n + k]));
    }
    return sides;
  });
  if (!meshes.length) return;
  const [i, j, k] = [0, 1, 2].map((side) => kept.map((sides) => sides[side]));
  Plotly.restyle(live, { i, j, k }, meshes.map((trace) => trace.index));
}

async function draw(figure, button) {
  const live = figure.querySelector(".live"), still = figure.querySelector(".still");
  const { data, layout, config } = JSON.parse(figure.querySelector("script").textContent);
  button.disabled = true;
  try {
    await plotly();
    live.hidden = false;
    still.hidden = true;
    await Plotly.newPlot(live, data, { ...layout, autosize: true, width: undefined }, config);
    front(live);
    live.on("plotly_relayout", () => front(live));
    figure.dataset.live = "yes";
    button.remove();
  } catch (fault) {
    live.hidden = true;
    still.hidden = false;
    console.error(fault);
  }
}

if (webgl) {
  document.querySelectorAll("figure.in-space").forEach((figure) => {
    const button = Object.assign(document.createElement("button"), { className: "turn", textContent: "Turn it in 3D" });
    button.addEventListener("click", () => draw(figure, button));
    figure.append(button);
  });
}
