// Trains the two networks of trainer.js, so that the page itself stays free, and reports on them.

import { accuracy, countImages, makeNetwork, PIXELS, readImage, takeStep, weightsOf } from "./train.js";

const EVERY = 500; // steps from one report to the next
const BREATH = 100; // ... from one look for messages to the next
const image = new Float32Array(PIXELS);
const now = { step: 0, until: 0, training: false };

// The first message brings { recipes, units, images }, each other one the step to go to: { until: 24000 }.
// What lies behind, such as { until: 0 }, stops.
onmessage = ({ data }) => {
  Object.assign(now, data);
  if (data.recipes) begin();
  else if (!now.training) train();
};

function begin() {
  now.networks = now.recipes.map(({ words, rate, seed }) => makeNetwork(words, rate, seed));
  now.first = now.networks.map(pictures);
  now.sums = now.networks.map(() => 0);
  report();
}

async function train() {
  now.training = true;
  while (now.step < now.until) {
    takeSteps(BREATH);
    if (now.step % EVERY === 0) report();
    await new Promise((resolve) => setTimeout(resolve));
  }
  now.training = false;
}

function takeSteps(count) {
  const { networks, sums, images } = now;
  for (let taken = 0; taken < count; taken++) {
    const label = readImage(images.train, now.step % countImages(images.train), image);
    for (let each = 0; each < networks.length; each++) sums[each] += takeStep(networks[each], image, label);
    now.step += 1;
  }
}

function report() {
  const results = now.networks.map((network, each) => ({
    loss: now.step ? now.sums[each] / EVERY : undefined, // the mean since the last report
    accuracy: Number.isFinite(now.sums[each]) ? accuracy(network, now.images.test) : NaN,
    changes: changes(network, now.first[each]),
  }));
  now.sums.fill(0);
  postMessage({ step: now.step, results });
}

function changes(network, first) {
  return pictures(network).map((weights, unit) => weights.map((weight, pixel) => weight - first[unit][pixel]));
}

function pictures(network) {
  return Array.from({ length: now.units }, (_, unit) => weightsOf(network, unit));
}
