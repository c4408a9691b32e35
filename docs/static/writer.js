// On the landing page a generator writes digits, and the final network reads them.

import { _, drawPixels, makeOutputs } from "./draw.js";
import { ask, fetchNetwork, newSeed, onceSeen } from "./network.js";

const root = document.querySelector("#writer");
const DIGITS = [...Array(10).keys()];
const now = {};

root.innerHTML = `
  <div class="digit-pad" role="group" aria-label="${_("Let a network write")}">
    <div>
      <div class="title">${_("What it writes")}</div>
      <canvas class="made" width="28" height="28" role="img" aria-label="${_("28 by 28 pixels of a made digit")}"></canvas>
      <div class="walk">
        <canvas width="28" height="28" role="img" aria-label="${_("what the first seed gives")}"></canvas>
        <input type="range" value="0" aria-label="${_("Walk from the first seed to the second, in percent")}">
        <canvas width="28" height="28" role="img" aria-label="${_("what the second seed gives")}"></canvas>
      </div>
      <div class="tools">
        <button type="button">${_("Write a digit")}</button>
      </div>
      <div class="tools told" role="group" aria-label="${_("Write a digit that you choose")}">
        ${DIGITS.map((digit) => `<button type="button" value="${digit}" aria-label="${_("Write a {digit}", { digit })}">${digit}</button>`).join("")}
      </div>
    </div>
    <div class="outputs"></div>
  </div>`;
const [made, first, second] = root.querySelectorAll("canvas");
const slider = root.querySelector("input");
const showOutputs = makeOutputs(root.querySelector(".outputs"));

for (const button of root.querySelectorAll("button")) button.onclick = () => write(button.value);
slider.oninput = walk;
onceSeen(root, () => write(""));

// Write the digit "0" … "9", or with "" any.
async function write(digit) {
  now.digit = digit;
  const networks = await Promise.all([digit ? "conditional" : "generator", "final"].map(fetchNetwork));
  if (now.digit !== digit) return; // another was asked for meanwhile
  const told = digit ? DIGITS.map((each) => Number(each === Number(digit))) : [];
  [now.generator, now.final] = networks;
  now.seeds = [first, second].map((canvas) => {
    const seed = [...newSeed(), ...told];
    show(canvas, ask(now.generator, seed));
    return seed;
  });
  slider.value = 0;
  walk();
}

function walk() {
  if (!now.seeds) return;
  const share = slider.value / 100;
  const [start, end] = now.seeds;
  const image = ask(now.generator, start.map((number, place) => (1 - share) * number + share * end[place]));
  show(made, image);
  showOutputs(ask(now.final, image));
}

function show(canvas, image) {
  drawPixels(canvas, image.map((ink) => 255 * ink));
}
