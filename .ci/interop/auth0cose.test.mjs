// vc+cose and vp+cose with @auth0/cose. In a file, and so a process, of its own: it and cose-kit register
// the same CBOR tags in the one cbor-x they share.
import test from 'node:test';
import assert from 'node:assert/strict';
import * as cose from '@auth0/cose';
import {call} from './cluster.mjs';
import {credential, enveloped, everyNode, newKey, publicKey, text, verify} from './tokens.mjs';

const {Algorithms, Headers, ProtectedHeaders, Sign1, UnprotectedHeaders} = cose;

// A COSE_Sign1 over a payload; header adds to the protected headers, and kid may stand unprotected.
async function sign(key, payload, {header = [], kid = key.kid, unprotected = false} = {}) {
  const id = [Headers.KeyID, Buffer.from(kid)];
  const message = await Sign1.sign(
    new ProtectedHeaders([[Headers.Algorithm, Algorithms[key.alg]], ...(unprotected ? [] : [id]), ...header]),
    new UnprotectedHeaders(unprotected ? [id] : []), Buffer.from(text(payload)), key.privateKey);
  return Buffer.from(message.encode());
}
const wrap = message => enveloped('application/vc+cose;base64', message.toString('base64'));
const contentType = 3, type = 16, critical = 2; // RFC 9052, 3.1; RFC 9596

for (const alg of ['EdDSA', 'ES256', 'ES384']) {
  test(`vc+cose by @auth0/cose, ${alg}`, async () => {
    const key = await newKey(alg), stranger = await newKey(alg), vc = credential(key.did);
    await everyNode(wrap(await sign(key, vc)), 200);
    await everyNode(wrap(await sign(key, vc, {unprotected: true})), 200);
    await everyNode(wrap(await sign(key, vc, {header: [[contentType, 'application/vc'], [type, 'application/vc+cose']]})), 200);

    const flipped = await sign(key, vc);
    flipped[flipped.indexOf('did:example:agent') + 12] ^= 2; // c, a URL as before
    const bad = {
      'a payload that was changed': flipped,
      "a stranger's signature under the issuer's kid": await sign(stranger, vc, {kid: key.kid}),
      "a stranger's key": await sign(stranger, vc),
      'a presentation as type': await sign(key, vc, {header: [[type, 'application/vp+cose']]}),
      'content of another type': await sign(key, vc, {header: [[contentType, 'text/plain']]}),
      'an unknown critical header': await sign(key, vc, {header: [[critical, [-70000]], [-70000, 1]]}),
      'bytes that follow': Buffer.concat([await sign(key, vc), Buffer.from([0])]),
      'a message that was cut off': (await sign(key, vc)).subarray(0, -1),
    };
    for (const [what, message] of Object.entries(bad)) {
      const verdict = await verify(0, wrap(message));
      assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
    }
  });
}

const agent = process.env.TABARD_AGENT;

test("an agent's vc+cose, read by @auth0/cose", {skip: agent ? false : 'TABARD_AGENT names no agent'}, async () => {
  const {keys} = await (await fetch(`${agent}/keys`)).json();
  for (const {id: kid, controller} of keys) {
    const {alg, key} = publicKey(kid);
    const body = {credential: credential(controller), options: {mediaType: 'application/vc+cose', verificationMethod: kid}};
    const reply = await fetch(`${agent}/credentials/issue`, {method: 'POST', headers: {'content-type': 'application/json'}, body: text(body)});
    const {id} = (await reply.json()).verifiableCredential;
    const data = Buffer.from(id.slice(id.indexOf(',') + 1), 'base64');
    const message = Sign1.decode(data);
    await message.verify(key, {algorithms: [Algorithms[alg]]});
    assert.equal(Buffer.from(message.protectedHeaders.get(Headers.KeyID)).toString(), kid);
    assert.equal(JSON.parse(Buffer.from(message.payload).toString()).issuer, controller);
    data[data.length - 1] ^= 1;
    await assert.rejects(Sign1.decode(data).verify(key));
  }
});

test('vp+cose by @auth0/cose', async () => {
  const issuer = await newKey('ES384'), holder = await newKey('ES256');
  const payload = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: holder.did,
    verifiableCredential: [wrap(await sign(issuer, credential(issuer.did)))], nonce: 'n-1', aud: 'https://shop.example',
  };
  const check = (message, options = {challenge: 'n-1', domain: 'https://shop.example'}) => call(2, 'POST', '/presentations/verify', {
    verifiablePresentation: {...wrap(message), id: `data:application/vp+cose;base64,${message.toString('base64')}`, type: 'EnvelopedVerifiablePresentation'},
    options,
  });
  const good = await sign(holder, payload), verdict = await check(good);
  assert.equal(verdict.status, 200, verdict.text);
  assert.equal((await check(good, {challenge: 'n-2', domain: 'https://shop.example'})).status, 400);
  assert.equal((await check(good, {challenge: 'n-1', domain: 'https://mallory.example'})).status, 400);
  assert.equal((await check(await sign(issuer, payload))).status, 400, 'presented by somebody who is not the holder');
});
