// What tests of JOSE and COSE tokens share: keys under their did:key, credentials, envelopes, and every
// node's verdict on them.
import assert from 'node:assert/strict';
import {ECDH, createPublicKey, randomUUID} from 'node:crypto';
import * as jose from 'jose';
import {base58btc, fromBase58btc} from './base58.mjs';
import {call, nodes} from './cluster.mjs';

export const text = value => JSON.stringify(value);

/** A key for alg under its did:key; the public key is encoded here, not by Tabard. */
export async function newKey(alg) {
  const {publicKey, privateKey} = await jose.generateKeyPair(alg, {extractable: true, ...(alg === 'EdDSA' && {crv: 'Ed25519'})});
  const jwk = await jose.exportJWK(publicKey);
  const x = Buffer.from(jwk.x, 'base64url');
  let raw;
  if (alg === 'EdDSA') {
    raw = Buffer.concat([Buffer.from([0xed, 0x01]), x]);
  } else {
    const y = Buffer.from(jwk.y, 'base64url');
    const prefix = alg === 'ES256' ? [0x80, 0x24] : [0x81, 0x24];
    raw = Buffer.concat([Buffer.from(prefix), Buffer.from([2 + (y[y.length - 1] & 1)]), x]);
  }
  const multibase = base58btc(raw), did = `did:key:${multibase}`;
  return {alg, privateKey, publicKey, jwk, did, kid: `${did}#${multibase}`};
}

const curves = {0x1200: ['ES256', 'P-256', 'prime256v1'], 0x1201: ['ES384', 'P-384', 'secp384r1']};

/** The public key that a method of a did:key is, and its alg; decoded here, not by Tabard. */
export function publicKey(kid) {
  const raw = fromBase58btc(kid.split('#')[1]), code = (raw[0] & 0x7f) | raw[1] << 7, bytes = raw.subarray(2);
  if (code === 0xed) return {alg: 'EdDSA', key: createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url')}, format: 'jwk'})};
  const [alg, crv, curve] = curves[code];
  const point = ECDH.convertKey(bytes, curve, undefined, undefined, 'uncompressed').subarray(1), half = point.length / 2;
  const jwk = {kty: 'EC', crv, x: point.subarray(0, half).toString('base64url'), y: point.subarray(half).toString('base64url')};
  return {alg, key: createPublicKey({key: jwk, format: 'jwk'})};
}

export const credential = (issuer, more) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/undefined-terms/v2'],
  id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'], issuer,
  validFrom: '2026-01-01T00:00:00Z',
  credentialSubject: {id: 'did:example:agent', name: 'Ægir'}, ...more,
});

export const jwt = (key, payload, header) => new jose.SignJWT(payload)
  .setProtectedHeader({alg: key.alg, kid: key.kid, typ: 'vc+jwt', cty: 'vc', ...header}).sign(key.privateKey);

export const enveloped = (media, data) => ({
  '@context': 'https://www.w3.org/ns/credentials/v2', id: `data:${media},${data}`, type: 'EnvelopedVerifiableCredential',
});

export const verify = (node, verifiableCredential) => call(node, 'POST', '/credentials/verify', {verifiableCredential});

/** Every node must answer status. */
export async function everyNode(what, status) {
  for (let i = 0; i < nodes.length; i++) {
    const verdict = await verify(i, what);
    assert.equal(verdict.status, status, verdict.text);
    assert.equal(verdict.body.verified, status === 200);
  }
}
