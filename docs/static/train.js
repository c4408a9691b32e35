// The networks of helpers/recipes.py, trained as PyTorch trains them: one image a step, in numbers of
// 32 bits. tests/browser/test_train.py holds the two to the same outputs.

export const WORDS = {
  loss: ["mse", "bce"],
  activation: ["sigmoid", "leaky"],
  optimizer: ["sgd", "adam"],
  normalization: ["none", "layernorm"],
};
export const RATES = { sgd: 0.01, adam: 0.001 };
export const PIXELS = 784;
const [HIDDEN, DIGITS] = [200, 10];
const ROW = 1 + PIXELS; // bytes of an image: its label, then its pixels
const INK = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
const SMALLEST = 2 ** -126; // below it numbers count as zero, as in helpers/training.py: they are slow
const round32 = Math.fround;

// A new network: a list of layers. `words` are four, such as { loss: "mse", … }; the seed is that of
// torch.manual_seed, and gives the same weights.
export function makeNetwork(words, rate, seed) {
  const random = makeRandom(seed);
  const activation = words.activation === "sigmoid" ? sigmoid : leaky;
  const layers = [linear(PIXELS, HIDDEN, random), activation(HIDDEN)];
  if (words.normalization === "layernorm") layers.push(layerNorm(HIDDEN));
  layers.push(linear(HIDDEN, DIGITS, random), (words.loss === "bce" ? sigmoid : activation)(DIGITS));
  const optimizer = words.optimizer === "sgd" ? sgd(rate) : adam(rate);
  return { layers, optimizer, loss: words.loss === "mse" ? mse : bce, slopes: new Float32Array(DIGITS) };
}

// The ten outputs for an image, 784 numbers in 0..1. They are overwritten when it is asked again.
export function ask({ layers }, image) {
  let values = image;
  for (const layer of layers) values = layer.forward(values);
  return values;
}

// Change the weights a little for one image, and return the loss before.
export function takeStep(network, image, label) {
  const { layers, optimizer } = network;
  const loss = network.loss(ask(network, image), label, network.slopes);
  optimizer.begin();
  let slopes = network.slopes;
  for (let number = layers.length - 1; number >= 0; number--) {
    const inputs = number ? layers[number - 1].outputs : image;
    slopes = layers[number].backward(inputs, slopes, optimizer, number > 0);
  }
  return loss;
}

// The images of the sample, as tools/build_site.py has packed them: { train, test }, in bytes.
export async function fetchImages() {
  const [train, test] = await Promise.all(["train", "test"].map(async (part) => {
    const response = await fetch(new URL(`sample/${part}.bin`, import.meta.url));
    if (!response.ok) throw new Error(response.status);
    const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(unpacked).arrayBuffer());
  }));
  return { train, test };
}

// Put image `number` of such bytes into `image`, and return its label.
export function readImage(bytes, number, image) {
  const start = ROW * number;
  for (let pixel = 0; pixel < PIXELS; pixel++) image[pixel] = INK[bytes[start + 1 + pixel]];
  return bytes[start];
}

export function countImages(bytes) {
  return bytes.length / ROW;
}

// The share of the images whose largest output is that of their label.
export function accuracy(network, bytes) {
  const image = new Float32Array(PIXELS);
  let right = 0;
  for (let number = 0; number < countImages(bytes); number++) {
    const label = readImage(bytes, number, image);
    const outputs = ask(network, image);
    right += Number(outputs.indexOf(Math.max(...outputs)) === label);
  }
  return right / countImages(bytes);
}

// The weights from all pixels to the hidden unit of this number.
export function weightsOf({ layers }, unit) {
  return Float32Array.from({ length: PIXELS }, (_, pixel) => layers[0].weight.values[pixel * HIDDEN + unit]);
}

// The layers. `backward` is given the slope of the loss along each output, lets the optimizer change
// the layer's own numbers, and returns the slopes along the inputs.

function linear(inputs, units, random) {
  const weight = makeParameter(inputs * units); // the weights of one input stand in a row
  const bias = makeParameter(units);
  const bound = 1 / Math.sqrt(inputs);
  const draw = () => round32(round32(random() * round32(2 * bound)) - round32(bound));
  for (let unit = 0; unit < units; unit++) {
    for (let input = 0; input < inputs; input++) weight.values[input * units + unit] = draw();
  }
  for (let unit = 0; unit < units; unit++) bias.values[unit] = draw();
  const sums = new Float64Array(units);
  const outputs = new Float32Array(units);
  const inputSlopes = new Float32Array(inputs);
  const used = new Uint8Array(inputs); // which inputs were ever other than 0

  function forward(values) {
    sums.set(bias.values);
    addInputs(sums, weight.values, values);
    outputs.set(sums);
    return outputs;
  }

  function backward(values, slopes, optimizer, wanted) {
    if (wanted) fillInputSlopes(inputSlopes, weight.values, slopes);
    for (let input = 0; input < inputs; input++) {
      if (values[input] !== 0) used[input] = 1;
      else if (!(used[input] && optimizer.remembers)) continue; // its slopes are 0, and change nothing
      optimizer.change(weight, input * units, values[input], slopes);
    }
    optimizer.change(bias, 0, 1, slopes);
    return inputSlopes;
  }

  return { weight, outputs, forward, backward };
}

// Add up what each unit gets from the inputs, four at a time: that is twice as fast as one. Where
// there is no ink, there is nothing to add.
function addInputs(sums, weights, values) {
  const units = sums.length;
  for (let input = 0; input < values.length; input += 4) {
    const [a, b, c, d] = [values[input], values[input + 1], values[input + 2], values[input + 3]];
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    const row = input * units;
    for (let unit = 0; unit < units; unit++) {
      const place = row + unit;
      sums[unit] +=
        a * weights[place] +
        b * weights[place + units] +
        c * weights[place + 2 * units] +
        d * weights[place + 3 * units];
    }
  }
}

function fillInputSlopes(inputSlopes, weights, slopes) {
  const units = slopes.length;
  for (let input = 0; input < inputSlopes.length; input++) {
    let sum = 0;
    for (let unit = 0; unit < units; unit++) sum += slopes[unit] * weights[input * units + unit];
    inputSlopes[input] = sum;
  }
}

function sigmoid(units) {
  return elementwise(units, (value) => 1 / (1 + Math.exp(-value)), (_, output) => output * (1 - output));
}

function leaky(units) {
  return elementwise(units, (value) => (value > 0 ? value : 0.02 * value), (value) => (value > 0 ? 1 : 0.02));
}

function elementwise(units, of, slopeOf) {
  const outputs = new Float32Array(units);
  const inputSlopes = new Float32Array(units);
  return {
    outputs,
    forward(values) {
      for (let unit = 0; unit < units; unit++) outputs[unit] = of(values[unit]);
      return outputs;
    },
    backward(values, slopes) {
      for (let unit = 0; unit < units; unit++) inputSlopes[unit] = slopes[unit] * slopeOf(values[unit], outputs[unit]);
      return inputSlopes;
    },
  };
}

function layerNorm(units) {
  const weight = makeParameter(units);
  const bias = makeParameter(units);
  weight.values.fill(1);
  const [outputs, normal, inputSlopes, weightSlopes] = Array.from({ length: 4 }, () => new Float32Array(units));
  let spread = 1;

  function forward(values) {
    const mean = meanOf(values);
    for (let unit = 0; unit < units; unit++) normal[unit] = values[unit] - mean;
    spread = Math.sqrt(meanOfProducts(normal, normal) + 1e-5);
    for (let unit = 0; unit < units; unit++) {
      normal[unit] /= spread;
      outputs[unit] = normal[unit] * weight.values[unit] + bias.values[unit];
    }
    return outputs;
  }

  function backward(_, slopes, optimizer) {
    for (let unit = 0; unit < units; unit++) {
      weightSlopes[unit] = slopes[unit] * normal[unit];
      inputSlopes[unit] = slopes[unit] * weight.values[unit];
    }
    const mean = meanOf(inputSlopes);
    const along = meanOfProducts(inputSlopes, normal);
    for (let unit = 0; unit < units; unit++) {
      inputSlopes[unit] = (inputSlopes[unit] - mean - normal[unit] * along) / spread;
    }
    optimizer.change(weight, 0, 1, weightSlopes);
    optimizer.change(bias, 0, 1, slopes);
    return inputSlopes;
  }

  return { outputs, forward, backward };
}

function meanOf(values) {
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += values[place];
  return sum / values.length;
}

function meanOfProducts(values, others) {
  let sum = 0;
  for (let place = 0; place < values.length; place++) sum += values[place] * others[place];
  return sum / values.length;
}

// The losses, each for one image; they fill in their slope along each output.

function mse(outputs, label, slopes) {
  let sum = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const error = outputs[digit] - Number(digit === label);
    sum += error * error;
    slopes[digit] = (2 * error) / DIGITS;
  }
  return sum / DIGITS;
}

function bce(outputs, label, slopes) {
  let sum = 0;
  for (let digit = 0; digit < DIGITS; digit++) {
    const output = outputs[digit];
    const target = Number(digit === label);
    sum -= Math.max(-100, Math.log(target ? output : 1 - output)); // the limits are PyTorch's
    slopes[digit] = (output - target) / Math.max(output * (1 - output), 1e-12) / DIGITS;
  }
  return sum / DIGITS;
}

// The optimizers. `change` is given a row of a parameter, and the slopes along it: input × slopes.

function makeParameter(size) {
  const [values, means, squares] = Array.from({ length: 3 }, () => new Float32Array(size));
  return { values, means, squares }; // the last two are Adam's
}

function sgd(rate) {
  return {
    remembers: false,
    begin() {},
    change({ values }, row, input, slopes) {
      const step = rate * input;
      for (let unit = 0; unit < slopes.length; unit++) values[row + unit] -= step * slopes[unit];
    },
  };
}

function adam(rate) {
  const [keepMean, keepSquare] = [0.9, 0.999];
  let [steps, step, smallest] = [0, 0, 0];
  return {
    remembers: true, // it goes on changing a weight whose slope is 0 by now
    begin() {
      steps += 1;
      const scale = Math.sqrt(1 - keepSquare ** steps);
      step = (rate * scale) / (1 - keepMean ** steps);
      smallest = 1e-8 * scale;
    },
    change({ values, means, squares }, row, input, slopes) {
      for (let unit = 0; unit < slopes.length; unit++) {
        const place = row + unit;
        const slope = input * slopes[unit];
        const mean = keepMean * means[place] + (1 - keepMean) * slope;
        const square = keepSquare * squares[place] + (1 - keepSquare) * slope * slope;
        means[place] = Math.abs(mean) < SMALLEST ? 0 : mean;
        squares[place] = square < SMALLEST ? 0 : square;
        values[place] -= (step * mean) / (Math.sqrt(square) + smallest);
      }
    },
  };
}

// The Mersenne Twister as PyTorch seeds and uses it: each call returns a number in 0..1.
function makeRandom(seed) {
  const state = new Uint32Array(624);
  state[0] = seed;
  for (let place = 1; place < 624; place++) {
    const before = state[place - 1];
    state[place] = Math.imul(1812433253, before ^ (before >>> 30)) + place;
  }
  let next = 624;

  function twist() {
    for (let place = 0; place < 624; place++) {
      const mixed = (state[place] & 0x80000000) | (state[(place + 1) % 624] & 0x7fffffff);
      state[place] = state[(place + 397) % 624] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    next = 0;
  }

  return () => {
    if (next === 624) twist();
    let bits = state[next++];
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    bits ^= bits >>> 18;
    return (bits & 0xffffff) / 2 ** 24;
  };
}
