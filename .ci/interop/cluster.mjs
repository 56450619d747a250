// What every interop test needs to know of the cluster: where its nodes are, and how to speak to
// them by the names in their DIDs. Nothing here knows Tabard beyond its documented HTTP surface.
import {generateKeyPairSync, sign as edSign, verify as edVerify, createPublicKey} from 'node:crypto';
import {base58btc} from './base58.mjs';

export const nodes = (process.env.TABARD_NODES ?? 'https://localhost:8700 https://localhost:8701 https://localhost:8702').split(' ');
export const host = process.env.TABARD_DOMAIN ?? 'registry.localhost:8700';

// Resolvers dial the host named in the DID. Not every system resolves *.localhost, so the name is
// mapped to the loopback address here; TLS is still verified against the cluster's own authority.
const realFetch = globalThis.fetch;
globalThis.fetch = (input, init) => {
  const url = String(input?.url ?? input);
  return realFetch(url.replace('//registry.localhost', '//localhost'), init);
};

/**
 * node is a number, or the base URL of a node elsewhere.
 * @returns {Promise<{status: number, body: any, headers: Headers, text: string}>}
 */
export async function call(node, method, path, body, type = 'application/json') {
  const reply = await fetch((nodes[node] ?? node) + path, {
    method,
    headers: body === undefined ? {} : {'content-type': type},
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await reply.text();
  let parsed;
  try { parsed = JSON.parse(text); } catch { parsed = undefined; }
  return {status: reply.status, body: parsed, headers: reply.headers, text};
}

/** Resolves did on one node, at least as fresh as the newest acknowledged write. */
export const resolve = (node, did, query = '') =>
  call(node, 'GET', `/1.0/identifiers/${encodeURIComponent(did)}?consistency=linearizable${query}`);

const ed25519Prefix = Buffer.from([0xed, 0x01]);

/** An Ed25519 key in Multikey form with raw sign and verify, made by Node's OpenSSL. */
export function newKey() {
  const {publicKey, privateKey} = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({format: 'jwk'}).x, 'base64url');
  const multibase = base58btc(Buffer.concat([ed25519Prefix, raw]));
  return {multibase, did: `did:key:${multibase}`, privateKey, sign: message => edSign(null, message, privateKey)};
}

/** Verifies a signature by raw Ed25519 public key bytes. */
export function verifyRaw(signature, message, publicKey) {
  const key = createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url')}, format: 'jwk'});
  return edVerify(null, message, key, signature);
}
