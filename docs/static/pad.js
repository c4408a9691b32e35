// The pad of the landing page: draw.js draws it, network.js computes what the network answers.

import { makePad } from "./draw.js";
import { ask, BRUSH, fetchNetwork, look } from "./network.js";

const root = document.querySelector("#pad");
const now = { strokes: [], prepared: true };

root.innerHTML = "";
const pad = makePad(root, {
  brush: BRUSH,
  onStrokes: (strokes) => update({ strokes }),
  onPrepared: (prepared) => update({ prepared }),
});
pad.showPrepared(now.prepared);

for (const choice of document.querySelectorAll("[name=network]")) {
  choice.onchange = () => choose(choice.value);
  if (choice.checked) choose(choice.value);
}

async function choose(name) {
  now.name = name;
  const network = await fetchNetwork(name);
  if (now.name === name) update({ network }); // unless another was chosen meanwhile
}

function update(change) {
  Object.assign(now, change);
  const { pixels } = look(now.strokes, now.prepared);
  pad.showSeen(pixels.map((ink) => Math.round(255 * ink)));
  if (now.network) pad.showOutputs(now.strokes.length ? ask(now.network, pixels) : []);
}
