// Draws each figure in space over its picture, when it comes into sight; where it cannot, the picture stays.
const webgl = (() => {
  const context = document.createElement("canvas").getContext("webgl");
  if (!context) return false;
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return true;
})();

async function draw(figure) {
  const live = figure.querySelector(".live"), still = figure.querySelector(".still");
  const { data, layout, config } = JSON.parse(figure.querySelector("script").textContent);
  live.hidden = false;
  still.hidden = true;
  try {
    await Plotly.newPlot(live, data, { ...layout, autosize: true, width: undefined }, config);
    figure.dataset.live = "yes";
  } catch (fault) {
    live.hidden = true;
    still.hidden = false;
    console.error(fault);
  }
}

if (webgl && window.Plotly) {
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      sight.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "200px" });
  document.querySelectorAll("figure.in-space").forEach((figure) => sight.observe(figure));
}
