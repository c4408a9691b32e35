// A chart of two lines over the training steps, one for each network, in the colours of site.css.

const [LEFT, RIGHT, TOP, BOTTOM] = [44, 392, 26, 128]; // where the lines may go

// Put a chart into `root`. Returns a function that draws lines, each a list of [step, value], up to a
// last step, and to the value `top`, or else to the largest one.
export function makeChart(root, title, format, top) {
  root.innerHTML = `<svg viewBox="0 0 400 152" role="img" aria-label="${title}, over the steps"></svg>`;
  return (lines, end) => {
    const drawn = lines.map((line) => line.filter(([, value]) => Number.isFinite(value)));
    const highest = top ?? roundUp(Math.max(...drawn.flat().map(([, value]) => value)));
    const across = (step) => LEFT + ((RIGHT - LEFT) * step) / end;
    const down = (value) => BOTTOM - ((BOTTOM - TOP) * value) / highest;
    const point = ([step, value]) => `${across(step)},${down(value)}`;
    const level = (value) =>
      `<line x1="${LEFT}" x2="${RIGHT}" y1="${down(value)}" y2="${down(value)}"/>` +
      `<text x="${LEFT - 6}" y="${down(value) + 4}" text-anchor="end">${format(value)}</text>`;
    const mark = (step, anchor, unit) =>
      `<text x="${across(step)}" y="147" text-anchor="${anchor}">${step.toLocaleString("en")}${unit}</text>`;
    root.firstChild.innerHTML = [
      `<text y="12" class="name">${title}</text>`,
      ...[0, highest / 2, highest].map(level),
      mark(0, "start", ""),
      mark(end / 2, "middle", ""),
      mark(end, "end", " steps"),
      ...drawn.map((line, each) => `<polyline class="network-${each}" points="${line.map(point).join(" ")}"/>`),
    ].join("");
  };
}

// The next of 0.1, 0.2, 0.5, 1, 2, …; 1 where there is nothing yet.
function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((times) => times * power >= value);
}
