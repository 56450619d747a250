// Status lists: those that the registry makes, read by @digitalbazaar/vc-bitstring-status-list, jose and
// cose-kit; and those that the packages make and publish here, judged by every node.
import test from 'node:test';
import assert from 'node:assert/strict';
import {createPublicKey, randomInt, randomUUID} from 'node:crypto';
import {gunzipSync, inflateSync} from 'node:zlib';
import {decode} from 'cbor-x';
import {coseVerify} from 'cose-kit';
import jsigs from 'jsonld-signatures';
import * as jose from 'jose';
import * as vc from '@digitalbazaar/vc';
import {checkStatus, createCredential, createList} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {fromBase58btc} from './base58.mjs';
import {call, host, nodes, resolve} from './cluster.mjs';
import {documentLoader as known, edKey, signer, verifier} from './documents.mjs';

const text = value => JSON.stringify(value, (_, v) => v instanceof Error ? {message: v.message, errors: v.errors, cause: v.cause} : v);
const signing = (key, name = 'eddsa-jcs-2022', date = undefined) => new DataIntegrityProof({signer: key.signer(), cryptosuite: signer(name), date});
const purpose = () => new jsigs.purposes.AssertionProofPurpose();
const {ledger} = (await call(0, 'GET', '/v1/cluster')).body;

const listPath = (issuer, name = 'revocation', n = 0) => `/v1/status-lists/${encodeURIComponent(issuer)}/${name}/${n}`;
const entry = (list, index, name = 'revocation') =>
  ({type: 'BitstringStatusListEntry', statusPurpose: name, statusListIndex: String(index), statusListCredential: list});

const unsigned = (issuer, credentialStatus) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'], id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'],
  issuer, validFrom: '2026-01-01T00:00:00Z', credentialSubject: {id: 'did:example:agent'}, credentialStatus,
});
const issue = (key, credential, suite, date) => vc.issue({credential, suite: signing(key, suite, date), documentLoader: known});

async function change(key, target, status) {
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: 'StatusChange', ledger, target, status,
    issued: new Date().toISOString(), reason: 'interop',
  };
  return jsigs.sign(document, {suite: signing(key), purpose: purpose(), documentLoader: known});
}

// What the packages may load besides: DIDs that live here, and lists from one node as of a record.
const loader = (node, seq) => async url => {
  const [id, fragment] = url.split('#');
  const here = `https://${host}`;
  if (url.startsWith(`${here}/v1/status-lists/`) || !url.startsWith('did:') && url.includes('theirs.example')) {
    const path = url.startsWith(here) ? `${url.slice(here.length)}?` : `/v1/status-lists?url=${encodeURIComponent(url)}&`;
    const reply = await call(node, 'GET', `${path}min-seq=${seq}`);
    if (reply.status !== 200) throw new Error(reply.text);
    return {documentUrl: url, document: reply.body};
  }
  if (!url.startsWith('did:webvh:')) return known(url);
  const {didDocument} = (await resolve(node, id)).body;
  const method = didDocument.verificationMethod.find(m => m.id === url);
  return {documentUrl: url, document: fragment ? {'@context': 'https://w3id.org/security/multikey/v1', ...method} : didDocument};
};

const suites = ['eddsa-jcs-2022', 'eddsa-rdfc-2022'].map(name => new DataIntegrityProof({cryptosuite: verifier(name)}));
/** What the package says of a credential's status: true is revoked. */
async function theirs(credential, node, seq, verifyMatchingIssuers = false) {
  const result = await checkStatus({credential, documentLoader: loader(node, seq), suite: suites, verifyMatchingIssuers});
  assert.equal(result.verified, true, text(result));
  return result.results.some(r => r.status);
}
async function ours(credential, seq, status, code) {
  for (let i = 0; i < nodes.length; i++) {
    const verdict = await call(i, 'POST', `/credentials/verify?min-seq=${seq}`, {verifiableCredential: credential});
    assert.equal(verdict.status, status, verdict.text);
    if (code) assert.ok(verdict.body.checks.some(c => c.code === code), verdict.text);
  }
}

for (const [name, status, code] of [['revocation', 'revoked', 'revoked'], ['suspension', 'suspended', 'suspended']]) {
  test(`${name}: the list that the registry makes says what its issuer said`, async () => {
    const key = await edKey(), index = randomInt(131072);
    const list = `https://${host}${listPath(key.controller, name)}`;
    const credential = await issue(key, unsigned(key.controller, entry(list, index, name)));
    const receipt = await call(0, 'POST', '/v1/credentials', credential);
    assert.equal(receipt.status, 201, receipt.text);
    assert.equal(await theirs(credential, 1, receipt.body.seq), false);
    await ours(credential, receipt.body.seq, 200);

    const twice = await call(1, 'POST', '/v1/credentials', await issue(key, unsigned(key.controller, entry(list, index, name))));
    assert.equal(Math.floor(twice.status / 100), 4, 'the index is taken');

    const changed = await call(2, 'POST', '/v1/status', await change(key, receipt.body.digest, status));
    assert.equal(changed.status, 201, changed.text);
    for (let i = 0; i < nodes.length; i++) assert.equal(await theirs(credential, i, changed.body.seq), true);
    await ours(credential, changed.body.seq, 400, code);
    const before = await call(0, 'GET', `${listPath(key.controller, name)}?timestamp=${receipt.body.time}`);
    assert.equal(before.status, 200, before.text);
    const bits = gunzipSync(Buffer.from(before.body.credentialSubject.encodedList.slice(1), 'base64url'));
    assert.equal(bits.every(b => b === 0), true, 'as of then, nothing was set');
  });
}

test('an entry that stands for no credential here', async () => {
  const key = await edKey(), stranger = await edKey(), index = randomInt(131072);
  const target = `${key.controller}/status-lists/revocation/7#${index}`;
  const theft = await call(0, 'POST', '/v1/status', await change(stranger, target, 'revoked'));
  assert.equal(Math.floor(theft.status / 100), 4, theft.text);
  const changed = await call(0, 'POST', '/v1/status', await change(key, target, 'revoked'));
  assert.equal(changed.status, 201, changed.text);
  const list = `https://${host}${listPath(key.controller, 'revocation', 7)}`;
  const at = i => issue(key, unsigned(key.controller, entry(list, i)));
  assert.equal(await theirs(await at(index), 1, changed.body.seq), true);
  assert.equal(await theirs(await at((index + 1) % 131072), 2, changed.body.seq), false);
  await ours(await at(index), changed.body.seq, 400, 'revoked');
});

// A key of the registry's document, by the id that a token names.
async function registryKey(kid) {
  const {didDocument} = (await resolve(1, kid.split('#')[0])).body;
  const method = didDocument.verificationMethod.find(m => m.id === kid);
  assert.ok(didDocument.assertionMethod.includes(kid), kid);
  const x = fromBase58btc(method.publicKeyMultibase).subarray(2).toString('base64url');
  return createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x}, format: 'jwk'});
}

test('the same list as tokens, read by jose and cose-kit', async () => {
  const key = await edKey(), index = randomInt(131071), path = listPath(key.controller), list = `https://${host}${path}`;
  const changed = await call(0, 'POST', '/v1/status', await change(key, `${key.controller}/status-lists/revocation/0#${index}`, 'revoked'));
  assert.equal(changed.status, 201, changed.text);
  const get = async accept => {
    const reply = await fetch(`${nodes[2]}${path}?min-seq=${changed.body.seq}`, {headers: {accept}});
    assert.equal(reply.headers.get('content-type'), accept);
    return Buffer.from(await reply.arrayBuffer());
  };
  // A Token Status List counts the bits of a byte from the least significant, a Bitstring Status List from the left.
  const token = (data, i) => data[i >> 3] >> (i & 7) & 1, bitstring = (data, i) => data[i >> 3] >> (7 - (i & 7)) & 1;
  const both = (read, data) => assert.deepEqual([read(data, index), read(data, index + 1)], [1, 0]);
  const keyOf = header => registryKey(header.kid);

  const listed = await jose.jwtVerify((await get('application/statuslist+jwt')).toString(), keyOf, {typ: 'statuslist+jwt', subject: list});
  assert.equal(listed.payload.status_list.bits, 1);
  both(token, inflateSync(Buffer.from(listed.payload.status_list.lst, 'base64url')));

  const sealed = (await get('application/vc+jwt')).toString();
  const opened = await jose.jwtVerify(sealed, keyOf, {typ: 'vc+jwt'});
  assert.equal(opened.payload.id, list);
  both(bitstring, gunzipSync(Buffer.from(opened.payload.credentialSubject.encodedList.slice(1), 'base64url')));
  await assert.rejects(jose.jwtVerify(`${sealed.slice(0, -8)}AAAAAAAA`, keyOf));

  const cwt = await get('application/statuslist+cwt');
  const keyOfMessage = ({kid}) => registryKey(Buffer.from(kid).toString());
  const {isValid, decoded} = await coseVerify(cwt, keyOfMessage);
  assert.equal(isValid, true);
  const claims = decode(decoded.payload); // 2 is sub, 65533 status_list
  assert.equal(claims[2], list);
  both(token, inflateSync(claims[65533].lst));
  cwt[cwt.length - 1] ^= 1;
  assert.equal((await coseVerify(cwt, keyOfMessage)).isValid, false);
});

for (const suite of ['eddsa-jcs-2022', 'eddsa-rdfc-2022']) {
  test(`a list made by the package, published here, ${suite}`, async () => {
    const key = await edKey(), stranger = await edKey(), id = `https://theirs.example/status/${randomUUID()}`;
    // Lists follow one another by when they were signed, which the package writes in whole seconds.
    let signed = Date.now() - 100_000;
    const made = async (set, {by = key, issuer = by, length = 131072} = {}) => {
      const list = await createList({length});
      for (const i of set) list.setStatus(i, true);
      const date = new Date(signed += 1000).toISOString();
      return issue(by, {...await createCredential({id, list, statusPurpose: 'revocation'}), issuer: issuer.controller}, suite, date);
    };
    const publish = (node, list) => call(node, 'POST', '/v1/status-lists', list);
    const holds = i => issue(key, unsigned(key.controller, entry(id, i)), suite);
    await ours(await holds(94567), 0, 400);

    const receipt = await publish(0, await made([0, 7, 94567, 131071]));
    assert.equal(receipt.status, 201, receipt.text);
    for (const i of [0, 7, 94567, 131071]) await ours(await holds(i), receipt.body.seq, 400, 'revoked');
    for (const i of [1, 8, 94568, 131070]) await ours(await holds(i), receipt.body.seq, 200);
    await ours(await holds(131072), receipt.body.seq, 400);
    assert.equal(await theirs(await holds(94567), 1, receipt.body.seq, true), true);
    assert.equal(await theirs(await holds(94568), 2, receipt.body.seq, true), false);

    const more = await publish(1, await made([0, 7, 8, 94567, 131071]));
    assert.equal(more.status, 201, more.text);
    await ours(await holds(8), more.body.seq, 400, 'revoked');

    const changed = await made([0, 7, 8, 9, 94567, 131071]);
    const bad = {
      'a revocation taken back': await made([0, 7, 8]),
      'signed by a stranger': await made([0, 7, 8, 94567, 131071], {by: stranger, issuer: key}),
      'changed after it was signed': {...changed, credentialSubject: {...changed.credentialSubject, encodedList: (await made([])).credentialSubject.encodedList}},
      'a list that is too short': await made([0, 7, 8], {length: 1024}),
    };
    for (const [what, list] of Object.entries(bad)) {
      const refused = await publish(2, list);
      assert.equal(Math.floor(refused.status / 100), 4, `${what}: ${refused.text}`);
    }
    // A stranger's list under the same name binds nobody else's credentials.
    const squat = await publish(2, await made([1], {by: stranger}));
    await ours(await holds(1), squat.body.seq ?? more.body.seq, 200);
    await ours(await holds(8), squat.body.seq ?? more.body.seq, 400, 'revoked');
  });
}
