// Which is real? On the landing page, ten rounds of a made digit beside one that a person wrote.

import { _, drawPixels } from "./draw.js";
import { ask, fetchNetwork, newSeed, onceSeen } from "./network.js";

const ROUNDS = 10;
const root = document.querySelector("#game");
const now = {};

root.innerHTML = `
  <div class="digit-pad" role="group" aria-label="${_("Which one is real?")}">
    <div class="title round" aria-live="polite"></div>
    <div class="pair">
      ${[_("The left one is real"), _("The right one is real")].map((label) => `<button type="button" disabled aria-label="${label}"><canvas width="28" height="28"></canvas></button>`).join("")}
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
  title.textContent = _("Round {round} of {rounds}: which one did a person write?", { round: now.round, rounds: ROUNDS });
  verdict.textContent = "";
  next.hidden = true;
}

function judge(side) {
  const answers = now.pair.map((image) => ask(now.discriminator, image)[0]);
  now.pair.forEach((image, each) => {
    const outputs = ask(now.final, image);
    const largest = Math.max(...outputs);
    const values = { digit: outputs.indexOf(largest), output: largest.toFixed(2), answer: answers[each].toFixed(2) };
    captions[each].textContent = each === now.real
      ? _("Real. The final network reads {digit} ({output}); the discriminator says {answer}.", values)
      : _("Made. The final network reads {digit} ({output}); the discriminator says {answer}.", values);
    choices[each].disabled = true;
  });
  choices[now.real].classList.add("real");
  now.yours += Number(side === now.real);
  now.its += Number(answers[now.real] > answers[1 - now.real]);
  const right = side === now.real ? _("Right") : _("No");
  const real = now.real ? _("the right one is real.") : _("the left one is real.");
  const score = _("Of {round} you have {yours} right, the discriminator {its}.", now);
  verdict.textContent = `${right}: ${real} ${score}`;
  next.textContent = now.round === ROUNDS ? _("Play again") : _("Next round");
  next.hidden = false;
  next.focus();
}
