// Credentials and presentations in JWT, SD-JWT and COSE made by jose, @sd-jwt/core and cose-kit, judged by
// every node of a cluster, and refused when anything about them is wrong.
import test from 'node:test';
import assert from 'node:assert/strict';
import {randomUUID, webcrypto, createHash} from 'node:crypto';
import * as jose from 'jose';
import {SDJwtInstance} from '@sd-jwt/core';
import {Sign1} from 'cose-kit';
import {base58btc} from './base58.mjs';
import {call, nodes} from './cluster.mjs';

const text = value => JSON.stringify(value);

// A P-256 or Ed25519 key under its did:key; the public key is encoded here, not by Tabard.
async function newKey(alg) {
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

const credential = (issuer, more) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'],
  id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'], issuer,
  validFrom: '2026-01-01T00:00:00Z',
  credentialSubject: {id: 'did:example:agent', name: 'Ægir'}, ...more,
});

const jwt = (key, payload, header) => new jose.SignJWT(payload)
  .setProtectedHeader({alg: key.alg, kid: key.kid, typ: 'vc+jwt', cty: 'vc', ...header}).sign(key.privateKey);

const enveloped = (media, data) => ({
  '@context': 'https://www.w3.org/ns/credentials/v2', id: `data:${media},${data}`, type: 'EnvelopedVerifiableCredential',
});

const verify = (node, verifiableCredential) => call(node, 'POST', '/credentials/verify', {verifiableCredential});

async function everyNode(what, status) {
  for (let i = 0; i < nodes.length; i++) {
    const verdict = await verify(i, what);
    assert.equal(verdict.status, status, verdict.text);
    assert.equal(verdict.body.verified, status === 200);
  }
}

for (const alg of ['EdDSA', 'ES256', 'ES384']) {
  test(`vc+jwt by jose, ${alg}`, async () => {
    const key = await newKey(alg), stranger = await newKey(alg);
    const vc = credential(key.did);
    const good = await jwt(key, vc);
    await everyNode(enveloped('application/vc+jwt', good), 200);
    await everyNode(good, 200);

    const [header, payload, signature] = good.split('.');
    const none = Buffer.from(text({alg: 'none', kid: key.kid, typ: 'vc+jwt'})).toString('base64url');
    const bad = {
      'another payload': [header, Buffer.from(text({...vc, name: 'x'})).toString('base64url'), signature].join('.'),
      'alg none': `${none}.${payload}.`,
      "a stranger's key": await jwt(stranger, vc),
      "a stranger's signature under the issuer's kid": await jwt(stranger, vc, {kid: key.kid}),
      'typ of something else': await jwt(key, vc, {typ: 'at+jwt'}),
      expired: await jwt(key, {...vc, exp: 1700000000}),
      'iss that is not the issuer': await jwt(key, {...vc, iss: stranger.did}),
      'an unknown critical header': await jwt(key, vc, {crit: ['b64'], b64: true}),
    };
    for (const [what, token] of Object.entries(bad)) {
      const verdict = await verify(0, enveloped('application/vc+jwt', token));
      assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
    }
  });
}

test('vp+jwt by jose: challenge, domain and the credentials inside', async () => {
  const issuer = await newKey('ES256'), holder = await newKey('EdDSA');
  const inside = enveloped('application/vc+jwt', await jwt(issuer, credential(issuer.did)));
  const payload = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: holder.did,
    verifiableCredential: [inside], aud: 'https://shop.example', nonce: 'n-1',
  };
  const present = (p = payload) => jwt(holder, p, {typ: 'vp+jwt', cty: 'vp'});
  const check = async (token, options) => (await call(0, 'POST', '/presentations/verify', {
    verifiablePresentation: {'@context': 'https://www.w3.org/ns/credentials/v2', id: `data:application/vp+jwt,${token}`, type: 'EnvelopedVerifiablePresentation'},
    options,
  }));
  const options = {challenge: 'n-1', domain: 'https://shop.example'};
  const good = await check(await present(), options);
  assert.equal(good.status, 200, good.text);
  assert.equal((await check(await present(), {...options, challenge: 'n-2'})).status, 400);
  assert.equal((await check(await present(), {...options, domain: 'https://mallory.example'})).status, 400);
  const forged = structuredClone(payload);
  forged.verifiableCredential[0].id = forged.verifiableCredential[0].id.slice(0, -6) + 'AAAAAA';
  assert.equal((await check(await present(forged), options)).status, 400);
});

test('vc+sd-jwt by @sd-jwt/core', async () => {
  const key = await newKey('ES256');
  const sd = new SDJwtInstance({
    signer: async data => Buffer.from(await webcrypto.subtle.sign({name: 'ECDSA', hash: 'SHA-256'}, key.privateKey, Buffer.from(data))).toString('base64url'),
    signAlg: 'ES256', hashAlg: 'sha-256',
    hasher: (data, alg) => createHash(alg.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest(),
    saltGenerator: () => randomUUID(),
  });
  const vc = credential(key.did, {credentialSubject: {id: 'did:example:agent', name: 'Ægir', limit: 100}});
  const issued = await sd.issue(vc, {credentialSubject: {_sd: ['name', 'limit']}}, {header: {kid: key.kid, typ: 'vc+sd-jwt', cty: 'vc'}});
  await everyNode(enveloped('application/vc+sd-jwt', issued), 200);
  const shown = await sd.present(issued, {credentialSubject: {limit: true}});
  await everyNode(enveloped('application/vc+sd-jwt', shown), 200);

  const [token, ...disclosures] = shown.split('~');
  const tampered = Buffer.from(text(['salt', 'limit', 1e6])).toString('base64url');
  for (const bad of [[token, tampered, ''].join('~'), [token, ...disclosures.slice(0, -1), tampered, ''].join('~'), [token, disclosures[0], disclosures[0], ''].join('~')]) {
    const verdict = await verify(0, enveloped('application/vc+sd-jwt', bad));
    assert.equal(verdict.status, 400, verdict.text);
  }
});

test('vc+cose by cose-kit', async () => {
  const key = await newKey('ES256');
  const make = (payload, kid = key.kid) => Sign1.sign(
    {alg: 'ES256'}, {kid: Buffer.from(kid)}, Buffer.from(text(payload)), key.privateKey);
  const wrap = message => enveloped('application/vc+cose;base64', Buffer.from(message.encode()).toString('base64'));
  await everyNode(wrap(await make(credential(key.did))), 200);
  await everyNode(wrap(await make(credential((await newKey('ES256')).did))), 400);
});
