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

// Meshes with triangles that face away from the reader at first: base64 of 16 bit numbers in `meta.back`.
function meshes(live) {
  return live._fullData.filter((trace) => trace.meta?.back).map(({ index, x, y, z, i, j, k, meta }) => {
    const back = new Uint16Array(Uint8Array.from(atob(meta.back), (letter) => letter.charCodeAt(0)).buffer);
    const faces = Array.from(i, (corner, n) => [corner, j[n], k[n]]);
    for (let n = 0; n < back.length; n += 3) faces.push(back.slice(n, n + 3));
    return { index, faces, at: (n) => [x[n], y[n], z[n]] };
  });
}

// Only triangles that face the reader are drawn, so that one looks into a room from any side.
function front(live, all) {
  const { camera, aspectratio, ...axes } = live._fullLayout.scene;
  const eye = ["x", "y", "z"].map((axis) => {
    const [low, high] = axes[`${axis}axis`].range;
    return (low + high) / 2 + (camera.eye[axis] * (high - low)) / aspectratio[axis];
  });
  const minus = (p, q) => p.map((value, k) => value - q[k]);
  const kept = all.map(({ faces, at }) => faces.filter((face) => {
    const [corner, b, c] = Array.from(face, at), one = minus(b, corner), other = minus(c, corner);
    const across = [0, 1, 2].map((k) => one[(k + 1) % 3] * other[(k + 2) % 3] - one[(k + 2) % 3] * other[(k + 1) % 3]);
    return minus(eye, corner).reduce((sum, value, k) => sum + value * across[k], 0) > 0;
  }));
  const [i, j, k] = [0, 1, 2].map((side) => kept.map((faces) => faces.map((face) => face[side])));
  if (all.length) Plotly.restyle(live, { i, j, k }, all.map((mesh) => mesh.index));
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
    const all = meshes(live);
    live.on("plotly_relayout", () => front(live, all));
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
