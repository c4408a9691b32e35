// What helpers/draw.py and PyTorch do, for a page without Python: prepare a drawing as MNIST was
// prepared, and ask a network, be it one that reads digits, writes or judges them, for its outputs.
// tests/browser/test_site.py holds the two to the same numbers.

const SIDE = 28; // the constants are those of draw.py
const BOX = 20;
const MIDDLE = 14;
const DRAWING = 112;
const RADIUS = 5;
export const BRUSH = (2 * RADIUS + 1) / DRAWING;
const round32 = Math.fround; // PyTorch computes with 32 bits; where a line crosses pixels, it shows

// An image is { pixels, height, width }, row by row, 1 for ink and 0 for paper.

// The image that a network sees of a drawing.
export function look(strokes, prepared) {
  const drawing = rasterise(strokes);
  return prepared ? prepare(drawing) : shrink(drawing);
}

// Draw lines with a round brush, 112 x 112.
export function rasterise(strokes) {
  const touched = new Set();
  for (const [start, end] of strokes.flatMap(piecesOf)) {
    for (let step = 0; step < DRAWING; step++) {
      const [column, row] = [0, 1].map((axis) => pixelOf(start[axis], end[axis], step));
      touched.add(row * DRAWING + column);
    }
  }
  const drawing = blank(DRAWING, DRAWING);
  for (const place of touched) stamp(drawing, Math.floor(place / DRAWING), place % DRAWING);
  return drawing;
}

function piecesOf(stroke) {
  if (stroke.length === 1) return [[stroke[0], stroke[0]]]; // a dot
  return stroke.slice(1).map((point, index) => [stroke[index], point]);
}

function pixelOf(from, to, step) {
  const unit = round32(1 / (DRAWING - 1));
  const half = step < DRAWING / 2; // PyTorch counts from the nearer end
  const share = round32(half ? unit * step : 1 - unit * (DRAWING - 1 - step));
  const [start, end] = [round32(from), round32(to)];
  const way = round32(end - start);
  const place = round32(share < 0.5 ? start + share * way : end - way * round32(1 - share));
  return Math.min(DRAWING - 1, Math.max(0, Math.trunc(round32(DRAWING * place))));
}

function stamp(drawing, row, column) {
  for (let down = -RADIUS; down <= RADIUS; down++) {
    for (let right = -RADIUS; right <= RADIUS; right++) {
      const [y, x] = [row + down, column + right];
      const inside = y >= 0 && y < DRAWING && x >= 0 && x < DRAWING;
      if (inside && down * down + right * right <= RADIUS * RADIUS) drawing.pixels[y * DRAWING + x] = 1;
    }
  }
}

// Make a drawing smaller, 28 x 28: each pixel is the mean of 4 x 4.
export function shrink(drawing) {
  const image = blank(SIDE, SIDE);
  const times = DRAWING / SIDE;
  drawing.pixels.forEach((ink, place) => {
    const row = Math.floor(place / DRAWING / times);
    const column = Math.floor((place % DRAWING) / times);
    image.pixels[row * SIDE + column] += ink / times ** 2;
  });
  return image;
}

// Prepare a drawing of any size as MNIST was prepared, 28 x 28.
export function prepare(drawing) {
  if (!drawing.pixels.some((ink) => ink > 0)) return blank(SIDE, SIDE);
  return moveToMiddle(fitInBox(cutOut(drawing)));
}

function cutOut({ pixels, height, width }) {
  let [top, bottom, left, right] = [height, 0, width, 0];
  pixels.forEach((ink, place) => {
    if (!ink) return;
    const [row, column] = [Math.floor(place / width), place % width];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
  });
  const rows = [];
  for (let row = top; row < bottom; row++) rows.push(...pixels.slice(row * width + left, row * width + right));
  return { pixels: Float64Array.from(rows), height: bottom - top, width: right - left };
}

// Bring the longer side to 20 pixels, and the other one in proportion.
function fitInBox(digit) {
  const scale = BOX / Math.max(digit.height, digit.width);
  const [height, width] = [digit.height, digit.width].map((side) => Math.max(1, roundHalfToEven(scale * side)));
  const wide = turn(resizeRows(digit, width));
  const resized = turn(resizeRows(wide, height));
  resized.pixels = resized.pixels.map((ink) => Math.min(1, Math.max(0, ink)));
  return resized;
}

// Give each row `width` pixels: each is a mean of those near its place, the nearer the heavier.
function resizeRows({ pixels, height, width: before }, width) {
  const resized = blank(height, width);
  const step = before / width;
  const reach = Math.max(1, step);
  for (let column = 0; column < width; column++) {
    const middle = step * (column + 0.5);
    const first = Math.max(0, Math.trunc(middle - reach + 0.5));
    const last = Math.min(before, Math.trunc(middle + reach + 0.5));
    const weights = [];
    for (let from = first; from < last; from++) {
      weights.push(Math.max(0, 1 - Math.abs(from - middle + 0.5) / reach));
    }
    const total = weights.reduce((sum, weight) => sum + weight);
    for (let row = 0; row < height; row++) {
      weights.forEach((weight, index) => {
        resized.pixels[row * width + column] += (weight / total) * pixels[row * before + first + index];
      });
    }
  }
  return resized;
}

function turn({ pixels, height, width }) {
  const turned = blank(width, height);
  turned.pixels = turned.pixels.map((_, place) => pixels[(place % height) * width + Math.floor(place / height)]);
  return turned;
}

// Put a digit into 28 x 28, its centre of mass at row 14, column 14, but never over the edge.
function moveToMiddle({ pixels, height, width }) {
  let [total, rows, columns] = [0, 0, 0];
  pixels.forEach((ink, place) => {
    total += ink;
    rows += ink * Math.floor(place / width);
    columns += ink * (place % width);
  });
  const start = (sum, side) => Math.min(Math.max(roundHalfToEven(MIDDLE - sum / total), 0), SIDE - side);
  const [top, left] = [start(rows, height), start(columns, width)];
  const image = blank(SIDE, SIDE);
  pixels.forEach((ink, place) => {
    image.pixels[(top + Math.floor(place / width)) * SIDE + left + (place % width)] = ink;
  });
  return image;
}

function blank(height, width) {
  return { pixels: new Float64Array(height * width), height, width };
}

// As Python rounds: 2.5 becomes 2.
function roundHalfToEven(number) {
  const down = Math.floor(number);
  if (number - down !== 0.5) return Math.round(number);
  return down % 2 ? down + 1 : down;
}

const fetched = {};

// A network of networks/, fetched once.
export function fetchNetwork(name) {
  return (fetched[name] ??= fetch(new URL(`networks/${name}.safetensors`, import.meta.url))
    .then((response) => response.arrayBuffer())
    .then(readNetwork));
}

// Read a safetensors file with numbers in half precision: a length, a header in JSON, the numbers.
export function readNetwork(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: about, ...places } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const weights = {};
  for (const [name, { data_offsets: [start, end] }] of Object.entries(places)) {
    const bytes = buffer.slice(8 + length + start, 8 + length + end);
    weights[name] = Float64Array.from(new Uint16Array(bytes), fromHalf);
  }
  return { about, weights };
}

function fromHalf(bits) {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction;
  return bits & 0x8000 ? -size : size;
}

// The outputs of a network, such as ten for 784 pixels. Its file names its layers, as PyTorch does.
export function ask({ about, weights }, inputs) {
  const after = (values, kind, number) => LAYERS[kind](values, (part) => weights[`${number}.${part}`]);
  return [...about.layers.split(" ").reduce(after, Float64Array.from(inputs))];
}

// What a layer makes of numbers, or of images: an image is square here, and each channel an array of its own.
const LAYERS = {
  Linear: (values, its) => linear(its("weight"), its("bias"), values),
  Sigmoid: (values) => values.map((value) => 1 / (1 + Math.exp(-value))),
  LeakyReLU: (values) => values.map((value) => (value < 0 ? 0.02 * value : value)),
  LayerNorm: (values, its) => layerNorm(its("weight"), its("bias"), values),
  Softmax: softmax,
  Unflatten: (values) => [values], // a grey image has one channel
  Flatten: (channels) => Float64Array.from(channels.flatMap((channel) => [...channel])),
  Conv2d: (channels, its) => convolve(its("weight"), its("bias"), channels),
  MaxPool2d: (channels) => channels.map(pool),
  BatchNorm2d: (channels, its) => batchNorm(its, channels),
  ReLU: (channels) => channels.map((channel) => channel.map((value) => Math.max(0, value))),
};

function linear(weight, bias, values) {
  return bias.map((start, unit) =>
    values.reduce((sum, value, index) => sum + value * weight[unit * values.length + index], start),
  );
}

function layerNorm(weight, bias, values) {
  const mean = meanOf(values);
  const spread = Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)) + 1e-5);
  return values.map((value, unit) => ((value - mean) / spread) * weight[unit] + bias[unit]);
}

// Positive numbers with the sum 1: shares, so that the pad can show them as bars.
function softmax(values) {
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, power) => sum + power);
  return powers.map((power) => power / total);
}

// Each number of an image that comes out is a sum over a patch: its pixels, in all channels, each times a weight.
// Four images at a time (there are always a multiple of four), so that a pixel is fetched once for four products: that
// halves the time.
function convolve(weight, bias, channels) {
  const length = weight.length / bias.length; // of a patch
  const patches = patchesOf(channels, Math.sqrt(length / channels.length));
  const images = Array.from(bias, () => new Float64Array(channels[0].length));
  for (let first = 0; first < images.length; first += 4) {
    const [one, two, three, four] = images.slice(first, first + 4);
    const start = first * length; // of the weights
    for (let place = 0; place < one.length; place++) {
      let a = bias[first];
      let b = bias[first + 1];
      let c = bias[first + 2];
      let d = bias[first + 3];
      for (let index = 0; index < length; index++) {
        const pixel = patches[place * length + index];
        a += weight[start + index] * pixel;
        b += weight[start + length + index] * pixel;
        c += weight[start + 2 * length + index] * pixel;
        d += weight[start + 3 * length + index] * pixel;
      }
      one[place] = a;
      two[place] = b;
      three[place] = c;
      four[place] = d;
    }
  }
  return images;
}

// For each place the pixels around it, size x size in each channel; over the edge there are zeros, so that height and
// width stay.
function patchesOf(channels, size) {
  const side = Math.sqrt(channels[0].length);
  const reach = (size - 1) / 2;
  const patches = new Float64Array(channels[0].length * channels.length * size ** 2);
  let next = 0;
  for (let place = 0; place < channels[0].length; place++) {
    const row = Math.floor(place / side);
    const column = place % side;
    for (const channel of channels) {
      for (let y = row - reach; y <= row + reach; y++) {
        for (let x = column - reach; x <= column + reach; x++, next++) {
          if (y >= 0 && y < side && x >= 0 && x < side) patches[next] = channel[y * side + x];
        }
      }
    }
  }
  return patches;
}

// Of each 2 x 2 numbers the largest; an odd last row and column are left out.
function pool(channel) {
  const side = Math.sqrt(channel.length);
  const half = Math.floor(side / 2);
  return Float64Array.from({ length: half ** 2 }, (_, place) => {
    const start = 2 * Math.floor(place / half) * side + 2 * (place % half);
    return Math.max(channel[start], channel[start + 1], channel[start + side], channel[start + side + 1]);
  });
}

// As in eval mode, with the mean and variance of each channel that training has kept.
function batchNorm(its, channels) {
  const [weight, bias, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(its);
  return channels.map((channel, index) => {
    const times = weight[index] / Math.sqrt(variance[index] + 1e-5);
    return channel.map((value) => (value - mean[index]) * times + bias[index]);
  });
}

function meanOf(values) {
  return values.reduce((sum, value) => sum + value) / values.length;
}

// A seed of a generator: 100 normal numbers.
export function newSeed() {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Array.from({ length: 100 }, normal);
}

// Call `start` once an element is seen: until then nothing is fetched for it.
export function onceSeen(element, start) {
  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    start();
  }).observe(element);
}
