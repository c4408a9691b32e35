// The pad of draw.py as seen in a browser. `makePad` knows nothing of a model or a kernel: it reports
// what was drawn, and shows the image and the outputs that it is given. `render` ties it to DigitPad.

const SIDE = 28; // pixels of the image's side, and steps of the keyboard's brush across the pad
const PAPER = "#ffffff";
const INK = "#08306b"; // the darkest of matplotlib's "Blues", in which the notebooks show images

const STYLE = `
.digit-pad { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; padding: 8px;
  font-family: var(--jp-ui-font-family, sans-serif); font-size: 13px;
  color: var(--jp-ui-font-color1, CanvasText); }
.digit-pad .title { margin: 0 0 6px; font-size: 13px; font-weight: 600; }
.digit-pad p { margin: 6px 0 0; max-width: 252px; min-height: 1.4em; }
.digit-pad canvas { display: block; width: 252px; height: 252px; background: ${PAPER};
  border: 1px solid var(--jp-ui-font-color2, GrayText); box-sizing: border-box; }
.digit-pad .paper { touch-action: none; cursor: crosshair; }
.digit-pad .seen { width: 142px; height: 142px; image-rendering: pixelated; }
.digit-pad .tools { display: flex; gap: 8px; margin-top: 8px; }
.digit-pad button { padding: 4px 14px; font: inherit; cursor: pointer;
  color: var(--jp-ui-font-color1, ButtonText); background: var(--jp-layout-color2, ButtonFace);
  border: 1px solid var(--jp-ui-font-color2, GrayText); border-radius: 3px; }
.digit-pad :focus-visible { outline: 3px solid var(--jp-brand-color1, Highlight); outline-offset: 2px; }
.digit-pad .bar { display: grid; grid-template-columns: 1.5em 180px 3em; align-items: center; height: 20px; }
.digit-pad .track { height: 14px; background: var(--jp-layout-color2, ButtonFace);
  border: 1px solid var(--jp-ui-font-color2, GrayText); }
.digit-pad .fill { height: 100%; width: 0; background: #0072B2; }
.digit-pad .best .fill { background: #D55E00; }
.digit-pad .best { font-weight: 700; }
.digit-pad .spoken { position: absolute; width: 1px; height: 1px; min-height: 0; overflow: hidden; clip-path: inset(50%); }
.digit-pad .value { text-align: right; font-variant-numeric: tabular-nums; }
`;

// A text in the page's language; it is English where the page brings no other words, as in JupyterLab.
export function _(text, values) {
  return (globalThis.words?.[text] ?? text).replace(/\{(\w+)\}/g, (place, name) => values[name]);
}

const HELP = _(
  "Draw with mouse, finger or pen. With the keyboard: arrow keys move the brush, Space puts it " +
  "down and lifts it, Backspace takes a line back, Delete clears.",
);

// Build a pad in `root`. `onStrokes(strokes)` is called at every change of what is drawn (a list of
// lines, each a list of points [x, y] in 0..1), `onPrepared(on)` when the switch is moved.
// Returns functions that show what the pad is given.
export function makePad(root, { brush, onStrokes, onPrepared }) {
  root.innerHTML = `<style>${STYLE}</style>
    <div class="digit-pad" role="group" aria-label="${_("Draw a digit")}" data-lm-suppress-shortcuts="true">
      <div>
        <div class="title">${_("Draw a digit")}</div>
        <canvas class="paper" tabindex="0" role="application" aria-label="${_("Paper.")} ${HELP}"></canvas>
        <div class="tools">
          <button type="button" class="undo">${_("Undo")}</button>
          <button type="button" class="clear">${_("Clear")}</button>
        </div>
        <p>${HELP}</p>
        <p class="where" aria-live="polite"></p>
      </div>
      <div>
        <div class="title">${_("What the network sees")}</div>
        <canvas class="seen" width="${SIDE}" height="${SIDE}" role="img"></canvas>
        <p><label><input type="checkbox" class="prepared"> ${_("prepare as MNIST was")}</label></p>
      </div>
      <div class="outputs"></div>
    </div>`;
  const part = (name) => root.querySelector(`.${name}`);

  const paper = makePaper(part("paper"), brush, onStrokes, (text) => (part("where").textContent = text));
  part("undo").onclick = paper.undo;
  part("clear").onclick = paper.clear;
  part("prepared").onchange = (event) => onPrepared(event.target.checked);

  return {
    showStrokes: paper.show,
    showPrepared: (on) => (part("prepared").checked = on),
    showSeen(pixels) {
      drawPixels(part("seen"), pixels);
      const ink = pixels.some((pixel) => pixel > 0);
      part("seen").setAttribute("aria-label", ink ? _("28 by 28 pixels of your digit") : _("28 by 28 empty pixels"));
    },
    showOutputs: makeOutputs(part("outputs")),
  };
}

// Put the ten outputs into `root`, as bars and as a sentence; returns a function that shows them.
export function makeOutputs(root) {
  root.innerHTML = `
    <div class="title">${_("The ten outputs")}</div>
    <div class="bars" aria-hidden="true"></div>
    <p class="answer" aria-hidden="true"></p>
    <p class="spoken" aria-live="polite"></p>`;
  const [, bars, said, spoken] = root.children;
  const { show } = makeBars(bars);
  let later;
  return (outputs) => {
    show(outputs);
    said.textContent = answer(outputs);
    clearTimeout(later); // a screen reader speaks only of what stays
    later = setTimeout(() => (spoken.textContent = answer(outputs)), 300);
  };
}

// The canvas to draw on. It keeps the lines, and reports each change of them.
function makePaper(canvas, brush, onStrokes, say) {
  const pixels = Math.round(252 * (window.devicePixelRatio || 1));
  canvas.width = canvas.height = pixels;
  let strokes = [];
  let line = null; // the line that is being drawn
  let pointer = null; // ... and the mouse, finger or pen that draws it
  let at = [0.5, 0.5]; // the keyboard's brush
  let keys = false; // ... which is seen once a key was pressed

  function redraw() {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, pixels, pixels);
    if (!strokes.length && !keys) drawHint(context, pixels);
    for (const stroke of strokes) drawLine(context, stroke, brush * pixels, pixels);
    if (keys) drawBrush(context, at, Boolean(line), brush * pixels, pixels);
  }

  function changed() {
    redraw();
    onStrokes(strokes.map((stroke) => [...stroke]));
  }

  function begin(point) {
    line = [point];
    strokes.push(line);
  }

  function undo() {
    line = pointer = null;
    strokes.pop();
    changed();
  }

  function clear() {
    line = pointer = null;
    strokes = [];
    changed();
  }

  function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return place.map((share) => Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000);
  }

  canvas.onpointerdown = (event) => {
    if (pointer !== null || event.button !== 0) return; // a second finger draws nothing
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    keys = false;
    begin(pointOf(event));
    changed();
  };

  canvas.onpointermove = (event) => {
    if (event.pointerId !== pointer) return;
    // a browser reports a fast move as one event, which holds the places in between
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) {
      const point = pointOf(each);
      if (distance(point, line.at(-1)) > 0.01) line.push(point);
    }
    changed();
  };

  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.pointerId !== pointer) return;
    line = pointer = null;
    redraw();
  };

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || pointer !== null) return;
    if (event.key in moves) {
      at = at.map((share, axis) => Math.min(1, Math.max(0, share + moves[event.key][axis] / SIDE)));
      if (line) line.push(at);
    } else if (event.key === " ") {
      if (line) line = null;
      else begin(at);
    } else if (event.key === "Backspace") undo();
    else if (event.key === "Delete") clear();
    else return;
    event.preventDefault();
    keys = true;
    const [column, row] = at.map((share) => Math.round(share * SIDE));
    const values = { row, column, side: SIDE };
    say(line
      ? _("Brush down, row {row}, column {column} of {side}.", values)
      : _("Brush up, row {row}, column {column} of {side}.", values));
    changed();
  };

  canvas.onblur = () => {
    if (pointer === null) line = null; // lift the keyboard's brush
    keys = false;
    redraw();
  };

  function show(others) {
    if (line || JSON.stringify(others) === JSON.stringify(strokes)) return;
    strokes = others.map((stroke) => [...stroke]);
    redraw();
  }

  redraw();
  return { undo, clear, show };
}

function distance([x, y], [u, v]) {
  return Math.hypot(x - u, y - v);
}

export function drawLine(context, points, width, side) {
  context.strokeStyle = INK;
  context.lineWidth = width;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x * side, y * side);
  context.stroke();
  const [x, y] = points[0]; // a line without length is not drawn: a dot is a disc
  context.beginPath();
  context.arc(x * side, y * side, width / 2, 0, 2 * Math.PI);
  context.fillStyle = INK;
  context.fill();
}

function drawHint(context, side) {
  context.font = `${side / 14}px sans-serif`;
  context.textAlign = "center";
  context.fillStyle = "#6b6b6b";
  context.fillText(_("Draw a digit here"), side / 2, side / 2);
}

function drawBrush(context, [x, y], down, width, side) {
  context.beginPath();
  context.arc(x * side, y * side, width / 2, 0, 2 * Math.PI);
  context.lineWidth = width / 8;
  context.strokeStyle = "#D55E00";
  context.stroke();
  context.fillStyle = "#D55E00";
  if (down) context.fill();
}

// Show 28 x 28 numbers in 0..255 as pixels between paper and ink.
export function drawPixels(canvas, pixels) {
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, SIDE, SIDE);
  context.fillStyle = INK;
  pixels.forEach((pixel, index) => {
    context.globalAlpha = pixel / 255;
    context.fillRect(index % SIDE, Math.floor(index / SIDE), 1, 1);
  });
  context.globalAlpha = 1;
}

// Ten bars, one for each digit; `show` moves them.
export function makeBars(root) {
  root.innerHTML = [...Array(10).keys()]
    .map((digit) => `<div class="bar"><span>${digit}</span><div class="track"><div class="fill"></div></div><span class="value"></span></div>`)
    .join("");
  const show = (outputs) => {
    const best = bestOf(outputs);
    [...root.children].forEach((bar, digit) => {
      const output = outputs[digit] ?? 0;
      bar.classList.toggle("best", digit === best);
      bar.querySelector(".fill").style.width = `${100 * Math.min(1, Math.max(0, output))}%`;
      bar.querySelector(".value").textContent = outputs.length ? output.toFixed(2) : "";
    });
  };
  return { show };
}

export function answer(outputs) {
  const best = bestOf(outputs);
  if (best < 0) return _("Nothing is drawn, so there is no answer.");
  const values = { best, output: outputs[best].toFixed(2) };
  return outputs[best] < 0.1
    ? _("No output is large; the largest is that of {best}: {output}.", values)
    : _("The largest output is that of {best}: {output}.", values);
}

function bestOf(outputs) {
  return outputs.indexOf(Math.max(...outputs));
}

function render({ model, el }) {
  const send = (name) => (value) => {
    model.set(name, value);
    model.save_changes();
  };
  const pad = makePad(el, {
    brush: model.get("_brush"),
    onStrokes: send("strokes"),
    onPrepared: send("prepared"),
  });
  const bytes = (view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const shows = {
    strokes: pad.showStrokes,
    prepared: pad.showPrepared,
    _seen: (view) => pad.showSeen(bytes(view)),
    _bars: pad.showOutputs,
  };
  const stops = Object.entries(shows).map(([name, show]) => {
    const update = () => show(model.get(name));
    update();
    model.on(`change:${name}`, update);
    return () => model.off(`change:${name}`, update);
  });
  return () => stops.forEach((stop) => stop());
}

export default { render };
