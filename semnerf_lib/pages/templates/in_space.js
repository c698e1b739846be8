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

async function draw(figure, button) {
  const live = figure.querySelector(".live"), still = figure.querySelector(".still");
  const { data, layout, config } = JSON.parse(figure.querySelector("script").textContent);
  button.disabled = true;
  try {
    await plotly();
    live.hidden = false;
    still.hidden = true;
    await Plotly.newPlot(live, data, { ...layout, autosize: true, width: undefined }, config);
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
