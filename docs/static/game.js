// Which is real? On the landing page, ten rounds of a made digit beside one that a person wrote.

import { drawPixels } from "./draw.js";
import { ask, fetchNetwork, newSeed, onceSeen } from "./network.js";

const ROUNDS = 10;
const SIDES = ["left", "right"];
const root = document.querySelector("#game");
const now = {};

root.innerHTML = `
  <div class="digit-pad" role="group" aria-label="Which one is real?">
    <div class="title round" aria-live="polite"></div>
    <div class="pair">
      ${SIDES.map((side) => `<button type="button" disabled aria-label="The ${side} one is real"><canvas width="28" height="28"></canvas></button>`).join("")}
    </div>
    <div aria-live="polite">
      <div class="pair"><p></p><p></p></div>
      <p class="verdict"></p>
    </div>
    <div class="tools"><button type="button" class="next" hidden></button></div>
  </div>`;
const choices = [...root.querySelectorAll(".pair button")];
const captions = root.querySelectorAll(".pair p");
const [title, verdict, next] = [".round", ".verdict", ".next"].map((part) => root.querySelector(part));

choices.forEach((button, side) => (button.onclick = () => judge(side)));
next.onclick = () => {
  if (now.round === ROUNDS) begin();
  else deal();
  choices[0].focus();
};
onceSeen(root, async () => {
  const names = ["real", "generator", "discriminator", "final"];
  const [real, ...networks] = await Promise.all(names.map(fetchNetwork));
  [now.generator, now.discriminator, now.final] = networks;
  now.images = Array.from({ length: real.weights.images.length / 784 }, (_, number) =>
    [...real.weights.images.subarray(784 * number, 784 * (number + 1))],
  );
  begin();
});

function begin() {
  Object.assign(now, { round: 0, yours: 0, its: 0, left: [...now.images] });
  deal();
}

function deal() {
  const [real] = now.left.splice(Math.floor(now.left.length * Math.random()), 1);
  now.pair = [real, ask(now.generator, newSeed())];
  now.real = Math.floor(2 * Math.random()); // on which side
  if (now.real) now.pair.reverse();
  now.pair.forEach((image, side) => {
    drawPixels(choices[side].firstChild, image.map((ink) => 255 * ink));
    choices[side].disabled = false;
    choices[side].classList.remove("real");
    captions[side].textContent = "";
  });
  now.round += 1;
  title.textContent = `Round ${now.round} of ${ROUNDS}: which one did a person write?`;
  verdict.textContent = "";
  next.hidden = true;
}

function judge(side) {
  const answers = now.pair.map((image) => ask(now.discriminator, image)[0]);
  now.pair.forEach((image, each) => {
    const outputs = ask(now.final, image);
    const largest = Math.max(...outputs);
    captions[each].textContent =
      `${each === now.real ? "Real" : "Made"}. The final network reads ${outputs.indexOf(largest)} ` +
      `(${largest.toFixed(2)}); the discriminator says ${answers[each].toFixed(2)}.`;
    choices[each].disabled = true;
  });
  choices[now.real].classList.add("real");
  now.yours += Number(side === now.real);
  now.its += Number(answers[now.real] > answers[1 - now.real]);
  verdict.textContent =
    `${side === now.real ? "Right" : "No"}: the ${SIDES[now.real]} one is real. ` +
    `Of ${now.round} you have ${now.yours} right, the discriminator ${now.its}.`;
  next.textContent = now.round === ROUNDS ? "Play again" : "Next round";
  next.hidden = false;
  next.focus();
}
