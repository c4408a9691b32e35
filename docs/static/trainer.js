// On the landing page two networks learn, one word apart. worker.js trains them; this is what is seen.

import { makeChart } from "./chart.js";
import { _ } from "./draw.js";
import { fetchImages, RATES, WORDS } from "./train.js";

const STRETCH = 24_000; // steps from Train to the end: four passes over the images, as in notebook 03
const UNITS = 8; // hidden units whose weights are shown
const PAUSE = 3000; // milliseconds between sentences, and for who wants less motion between pictures
const [POSITIVE, NEGATIVE] = [[84, 39, 136], [179, 88, 6]]; // of the "PuOr" of notebook 03
const PARTS = Object.keys(WORDS);
const NAMES = {
  loss: _("loss"),
  activation: _("activation"),
  optimizer: _("optimizer"),
  normalization: _("normalization"),
};
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const option = (word) => `<option value="${word}">${NAMES[word] ?? word}</option>`;
const select = (name, words) => `<select name="${name}">${words.map(option).join("")}</select>`;

const root = document.querySelector("#trainer");
root.innerHTML = `
  <form class="digit-pad" aria-label="${_("Train two networks")}">
    <div class="tools">
      ${PARTS.map((part) => `<label>${NAMES[part]} ${select(part, WORDS[part])}</label>`).join("")}
    </div>
    <div class="tools">
      <label>${_("learning rate")} <input type="number" name="rate" value="${RATES.sgd}" min="0" step="any" required></label>
      <label>${_("seed")} <input type="number" name="seed" value="0" min="0" max="4294967295" required></label>
      <label>${_("second network: change")} ${select("part", PARTS)}</label>
      <button class="go"></button>
      <button type="button" class="reset">${_("Reset")}</button>
    </div>
    ${[0, 1].map((each) => `
    <div class="network network-${each}">
      <div class="title"></div>
      <div class="figures"></div>
      <div class="weights" role="img" aria-label="${_("How the weights of {units} hidden units have changed", { units: UNITS })}">
        ${`<canvas width="28" height="28"></canvas>`.repeat(UNITS)}
      </div>
    </div>`).join("")}
    <div class="chart"></div>
    <div class="chart"></div>
    <p aria-live="polite"></p>
  </form>`;
const form = root.querySelector("form");
const said = root.querySelector("p");
const cards = [...root.querySelectorAll(".network")];
const [losses, accuracies] = root.querySelectorAll(".chart");
const charts = {
  loss: makeChart(losses, _("Loss"), (value) => String(Number(value.toPrecision(2)))),
  accuracy: makeChart(accuracies, _("Accuracy on 500 test images"), (value) => `${100 * value} %`, 1),
};
const now = {};

form.part.value = "activation";
form.optimizer.onchange = () => (form.rate.value = RATES[form.optimizer.value]);
form.onchange = begin;
form.querySelector(".reset").onclick = begin;
form.onsubmit = (event) => {
  event.preventDefault();
  if (now.running) stop();
  else goOn();
};
begin();

// Show the networks as they are before the first step.
function begin() {
  now.worker?.terminate();
  const part = form.part.value;
  const words = Object.fromEntries(PARTS.map((each) => [each, form[each].value]));
  const others = Object.fromEntries(PARTS.map((each) => [each, WORDS[each].find((word) => word !== words[each])]));
  const first = { words, rate: Number(form.rate.value), seed: Number(form.seed.value) };
  const second = { ...first, words: { ...words, [part]: others[part] } };
  if (part === "optimizer") second.rate = RATES[others.optimizer];
  const recipes = [first, second];
  Object.assign(now, { part, recipes, reports: [], running: false, until: 0, worker: null });
  for (const option of form.part.options) {
    option.text = _("{part} to {word}", { part: NAMES[option.value], word: others[option.value] });
  }
  cards.forEach((card, each) => {
    const name = PARTS.map((key) => (each && key === part ? `<em>${second.words[key]}</em>` : words[key]));
    card.querySelector(".title").innerHTML = _("{name}, rate {rate}", { name: name.join("-"), rate: recipes[each].rate });
  });
  draw();
  say(_("Press Train: both networks start from the same weights, and see the same images."));
}

async function goOn() {
  const { recipes } = now;
  if ((last()?.step ?? 0) === now.until) now.until += STRETCH;
  now.running = true;
  draw();
  try {
    if (!now.worker) {
      say(_("Both networks learn as soon as the images are here (0.9 MB)."));
      const images = await fetchImages();
      if (now.recipes !== recipes || !now.running) return; // another choice meanwhile
      now.worker ??= startWorker(images);
    }
    now.worker.postMessage({ until: now.until });
  } catch (error) {
    begin();
    say(_("The images could not be fetched ({error}). Press Train to try again.", { error: error.message }));
  }
}

function stop() {
  now.running = false;
  now.worker?.postMessage({ until: 0 });
  draw();
  if (last()) say(sentence(last()));
}

function startWorker(images) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.postMessage({ recipes: now.recipes, units: UNITS, images });
  worker.onmessage = ({ data }) => {
    now.reports.push(data);
    if (data.step === now.until) stop();
    else if (now.running) follow();
  };
  return worker;
}

function last() {
  return now.reports.at(-1);
}

// What is seen and said.

function follow() {
  const time = performance.now();
  if (!calm.matches || time - now.drawn > PAUSE) draw();
  if (time - now.spoken > PAUSE) say(sentence(last()));
}

function draw() {
  now.drawn = performance.now();
  form.querySelector(".go").textContent = now.running ? _("Stop") : last() ? _("Go on") : _("Train");
  cards.forEach((card, each) => {
    const { loss, accuracy, changes } = last()?.results[each] ?? { changes: [] };
    const largest = Math.max(0, ...changes.map((unit) => Math.max(...unit.map(Math.abs))));
    const values = { loss: loss?.toPrecision(2), share: percent(accuracy), change: largest.toPrecision(2) };
    const figures = Number.isFinite(loss)
      ? _("loss {loss}, reads {share}, weights changed by up to {change}", values)
      : last()?.step ? _("loss no longer a finite number") : _("not trained yet");
    card.querySelector(".figures").textContent = figures;
    card.querySelectorAll("canvas").forEach((canvas, unit) => drawChanges(canvas, changes[unit] ?? [], largest));
  });
  for (const [kind, show] of Object.entries(charts)) {
    const line = (each) => now.reports.map((report) => [report.step, report.results[each][kind]]);
    show([line(0), line(1)], now.until || STRETCH);
  }
}

function drawChanges(canvas, changes, largest) {
  const picture = new ImageData(28, 28);
  changes.forEach((change, pixel) => {
    const colour = change > 0 ? POSITIVE : NEGATIVE;
    picture.data.set([...colour, (255 * Math.abs(change)) / largest], 4 * pixel);
  });
  canvas.getContext("2d").putImageData(picture, 0, 0);
}

function say(text) {
  now.spoken = performance.now();
  said.textContent = text;
}

function sentence({ step, results }) {
  const steps = step.toLocaleString("en");
  const lost = results.findIndex(({ accuracy }) => Number.isNaN(accuracy));
  if (lost === 0) return _("After {steps} steps the loss of the first network is no longer a finite number: try a smaller learning rate.", { steps });
  if (lost === 1) return _("After {steps} steps the loss of the second network is no longer a finite number: try a smaller learning rate.", { steps });
  const [first, second] = results.map(({ accuracy }) => percent(accuracy));
  const [word, other] = now.recipes.map(({ words }) => words[now.part]);
  const said = _("After {steps} steps the first network reads {first} of 500 test images, the second, with {other} in place of {word}, {second}.",
    { steps, first, second, word, other });
  return now.part === "loss" ? `${said} ${_("Two kinds of loss cannot be compared, what the networks read can.")}` : said;
}
