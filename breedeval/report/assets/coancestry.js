"use strict";
// Mean coancestry x′Ky of vectors over the candidates, from few numbers: see selection/compact.py.
const coancestryOf = async (packed) => {
  const { integers, numbersOf } = breedeval;
  const numbers = async (one) => numbersOf(await integers(one), one.places);
  const diagonal = await numbers(packed.diagonal);

  async function ancestors() {
    const [sire, dam, rows, mendelian] = [await integers(packed.sire), await integers(packed.dam),
      await integers(packed.rows), await numbers(packed.mendelian)];
    const { gamma, ploidy } = packed, groups = gamma.length, n = sire.length;
    function spread(x) {                   // T′x: everybody's genes traced to those they come from
      const q = new Float64Array(n);
      for (let k = 0; k < rows.length; k++) q[rows[k]] += x[k];
      for (let i = n - 1; i >= groups; i--) {
        if (q[i] === 0) continue;
        if (sire[i] >= 0) q[sire[i]] += q[i] / 2;
        if (dam[i] >= 0) q[dam[i]] += q[i] / 2;
      }
      return q;
    }
    return (x, y) => {
      const p = spread(x), q = y === x ? p : spread(y);
      let sum = 0;
      for (let i = groups; i < n; i++) sum += mendelian[i] * p[i] * q[i];
      for (let i = 0; i < groups; i++) for (let j = 0; j < groups; j++) sum += gamma[i][j] * p[i] * q[j];
      return sum / ploidy;
    };
  }

  async function matrix() {
    const lower = await numbers(packed.matrix);
    return (x, y) => {
      const there = [];
      for (let i = 0; i < x.length; i++) if (x[i] || y[i]) there.push(i);
      let sum = 0;
      for (const i of there) {
        const row = i * (i + 1) / 2;
        for (const j of there) {
          if (j >= i) break;
          sum += lower[row + j] * (x[i] * y[j] + x[j] * y[i]);
        }
        sum += lower[row + i] * x[i] * y[i];
      }
      return sum;
    };
  }

  async function components() {
    const factor = await Promise.all(packed.components.map(numbers));
    const own = await numbers(packed.own);
    const dot = (f, x) => { let sum = 0; for (let k = 0; k < x.length; k++) sum += f[k] * x[k]; return sum; };
    return (x, y) => {
      let sum = 0;
      for (const f of factor) { const first = dot(f, x); sum += first * (y === x ? first : dot(f, y)); }
      for (let k = 0; k < x.length; k++) sum += own[k] * x[k] * y[k];
      return sum;
    };
  }

  const mean = await { ancestors, matrix, components }[packed.kind]();
  return { mean, diagonal, pedigree: packed.kind === "ancestors" };
};
