// Sections in which every word of the question occurs; those with the words in their heading come first.
const box = document.querySelector(".search input"), answers = document.querySelector(".search ul");

function asSection(section, words) {
  const item = document.createElement("li"), link = document.createElement("a"), line = document.createElement("p");
  link.href = box.dataset.root + section.at;
  link.textContent = section.heading === section.page ? section.page : `${section.page}: ${section.heading}`;
  const first = Math.max(0, section.text.toLowerCase().indexOf(words[0]) - 60);
  line.textContent = (first ? "… " : "") + section.text.slice(first, first + 160) + " …";
  item.append(link, line);
  return item;
}

function search() {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const score = ({ page, heading, text }) => {
    const [high, low] = [`${page} ${heading}`.toLowerCase(), text.toLowerCase()];
    return words.reduce((sum, word) => sum && (high.includes(word) ? sum + 3 : low.includes(word) ? sum + 1 : 0), 1);
  };
  const best = words.length ? SECTIONS.map((section) => [score(section), section]).filter(([points]) => points) : [];
  best.sort(([one], [other]) => other - one);
  answers.replaceChildren(...best.slice(0, 12).map(([, section]) => asSection(section, words)));
  if (words.length && !best.length) answers.append(Object.assign(document.createElement("li"), { textContent: "Nothing found." }));
}

box.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement.tagName !== "INPUT") { event.preventDefault(); box.focus(); }
  if (event.key === "Escape") { box.value = ""; search(); }
});
