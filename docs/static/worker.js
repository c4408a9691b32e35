// Trains the two networks of trainer.js, so that the page itself stays free, and reports on them.

import { accuracy, countImages, makeNetwork, PIXELS, readImage, takeStep, weightsOf } from "./train.js";

const EVERY = 500; // steps from one report to the next
const BREATH = 100; // ... from one look for messages to the next
const image = new Float32Array(PIXELS);
const now = { step: 0, until: 0, training: false };

// The first message brings { recipes, images }, each how far to go: { until: 24000 }; { until: 0 } stops.
onmessage = ({ data }) => {
  Object.assign(now, data);
  now.networks ??= data.recipes.map(({ words, rate, seed }) => makeNetwork(words, rate, seed));
  now.sums ??= now.networks.map(() => 0);
  now.first ??= now.networks.map(pictures);
  if (!now.training) train();
};

async function train() {
  now.training = true;
  if (now.step === 0) report();
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
    changes: pictures(network).map((weights, unit) => weights.map((weight, pixel) => weight - now.first[each][unit][pixel])),
  }));
  now.sums.fill(0);
  postMessage({ step: now.step, results });
}

function pictures(network) {
  return Array.from({ length: now.units }, (_, unit) => weightsOf(network, unit));
}
