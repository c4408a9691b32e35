// A chart of two lines over the training steps, one for each network, in the colours of site.css.

import { _ } from "./draw.js";

// Put a chart into `root`. Returns a function that draws two lines, each a list of [step, value], up to
// the step `end`, and up to the value `top`, or else to the largest one.
export function makeChart(root, title, format, top) {
  root.innerHTML = `
    <div class="title">${title}</div>
    <div class="plot">
      <div class="levels"><span></span><span></span><span></span></div>
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="${_("{title}, over the steps", { title })}">
        <path d="M0 0 H100 M0 50 H100 M0 100 H100"/>
        <polyline class="network-0"/>
        <polyline class="network-1"/>
      </svg>
      <div class="steps"><span>0</span><span></span><span></span></div>
    </div>`;
  const levels = root.querySelectorAll(".levels span");
  const [, half, last] = root.querySelectorAll(".steps span");
  const drawn = root.querySelectorAll("polyline");
  return (lines, end) => {
    const finite = lines.map((line) => line.filter(([, value]) => Number.isFinite(value)));
    const highest = top ?? roundUp(Math.max(...finite.flat().map(([, value]) => value)));
    levels.forEach((level, place) => (level.textContent = format(highest * (1 - place / 2))));
    half.textContent = (end / 2).toLocaleString("en");
    last.textContent = _("{steps} steps", { steps: end.toLocaleString("en") });
    finite.forEach((line, each) => {
      const points = line.map(([step, value]) => `${(100 * step) / end},${100 - (100 * value) / highest}`);
      drawn[each].setAttribute("points", points.join(" "));
    });
  };
}

// The next of …, 1, 1.5, 2, 3, 4, 6, 8, 10, 15, …; 1 where there is nothing yet.
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 4, 6, 8, 10].find((times) => times * power >= value);
}
