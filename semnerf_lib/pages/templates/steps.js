// A slider under the picture of an explorer: at each of its places a picture that was made when the notebook ran.
document.querySelectorAll(".steps").forEach((box) => {
  const { start, steps } = JSON.parse(box.querySelector("script").textContent);
  const slider = box.querySelector("input"), value = box.querySelector("output"), picture = box.querySelector("img");
  function show() {
    const step = steps[slider.value];
    picture.src = `data:image/png;base64,${step.png}`;
    picture.alt = step.alt;
    picture.closest("button")?.setAttribute("aria-label", `Enlarge: ${step.alt}`);
    value.textContent = step.value;
    slider.setAttribute("aria-valuetext", step.value);
  }
  slider.value = start;
  slider.addEventListener("input", show);
  show();
  box.hidden = false;
});
