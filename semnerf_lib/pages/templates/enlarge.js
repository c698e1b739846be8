// A press on a picture shows it as large as the window allows; on a narrow one it can be moved about.
const dialog = document.querySelector("dialog.large");
document.querySelectorAll(".output_area img, .rendered_html img").forEach((picture) => {
  if (picture.closest("a, .in-space")) return;
  const button = document.createElement("button");
  button.className = "enlarge";
  button.setAttribute("aria-label", `Enlarge: ${picture.alt}`);
  picture.replaceWith(button);
  button.append(picture);
  button.addEventListener("click", () => {
    dialog.querySelector("img").src = picture.src;
    dialog.querySelector("img").alt = picture.alt;
    dialog.showModal();
  });
});
dialog.addEventListener("click", () => dialog.close());

// What scrolls sideways can be scrolled by the keyboard too.
document.querySelectorAll("pre, .scroll, .output_area, .output_subarea, math[display=block]").forEach((box) => {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
});
