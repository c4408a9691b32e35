// Set formulas: from [[tex, display], …] on stdin to {set: [html, …], style: css}, by the MathJax of the folder given.
const { readFileSync } = require("fs");

const load = ["input/tex", "output/svg", "a11y/assistive-mml"];

require(process.argv[2]).init({ loader: { load } }).then(({ startup, svgStylesheet, tex2svg }) => {
  const formulas = JSON.parse(readFileSync(0, "utf8"));
  const set = formulas.map(([tex, display]) => startup.adaptor.outerHTML(tex2svg(tex, { display })));
  console.log(JSON.stringify({ set, style: startup.adaptor.textContent(svgStylesheet()) }));
});
