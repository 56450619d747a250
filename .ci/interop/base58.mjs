const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Multibase base58btc ("z…") of bytes. */
export function base58btc(bytes) {
  let n = 0n;
  for (const b of bytes) n = (n << 8n) | BigInt(b);
  let out = '';
  for (; n > 0n; n /= 58n) out = alphabet[Number(n % 58n)] + out;
  for (const b of bytes) { if (b !== 0) break; out = '1' + out; }
  return 'z' + out;
}

/** The bytes of multibase base58btc. */
export function fromBase58btc(text) {
  let n = 0n;
  for (const c of text.slice(1)) n = n * 58n + BigInt(alphabet.indexOf(c));
  const hex = n.toString(16);
  return Buffer.concat([Buffer.alloc(text.slice(1).match(/^1*/)[0].length), Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex')]);
}
