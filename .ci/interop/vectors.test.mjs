// The vectors of tokens and status lists beside jose, cose-kit, @sd-jwt/core and
// @digitalbazaar/vc-bitstring-status-list. What is valid they must take and read alike. What is refused for
// its signature, key or algorithm they must refuse; about form they are laxer, so that of these they are
// not asked. Needs no cluster.
import test from 'node:test';
import assert from 'node:assert/strict';
import {createHash, verify as nodeVerify} from 'node:crypto';
import {readFileSync} from 'node:fs';
import * as jose from 'jose';
import {coseVerify} from 'cose-kit';
import {SDJwtInstance} from '@sd-jwt/core';
import {decodeList} from '@digitalbazaar/vc-bitstring-status-list';
import {publicKey} from './tokens.mjs';

const read = name => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url)));
const keyOf = multikey => publicKey(`#${multikey}`);
const ofForm = /^(token|message|sd-jwt|sd-payload|sd-alg|digest|disclosure|claim)-/;

/** Each case is opened by theirs; lacking names the valid ones that they do not know. */
async function beside(cases, theirs, lacking = {}) {
  const unknown = new Set(Object.keys(lacking));
  let asked = 0;
  for (const c of cases) {
    if (c.code === 'valid' && !unknown.delete(c.name)) {
      assert.deepEqual(await theirs(c), c.payload, c.name);
    } else if (c.code === 'valid' || !ofForm.test(c.code)) {
      await assert.rejects(theirs(c), undefined, `${c.name}: they take it`);
    } else {
      continue;
    }
    asked++;
  }
  assert.deepEqual([...unknown], [], 'named, but no case');
  assert.ok(asked > 10, `only ${asked} cases`);
}

test('jws.json beside jose', () => beside(read('jose/jws').cases, async c =>
  Buffer.from((await jose.compactVerify(c.token, keyOf(c.key).key)).payload).toString()));

test('cose.json beside cose-kit', () => beside(read('jose/cose').cases, async c => {
  const {isValid, decoded} = await coseVerify(Buffer.from(c.message, 'hex'), keyOf(c.key).key);
  assert.equal(isValid, true);
  return Buffer.from(decoded.payload).toString();
}, {
  'eddsa-tagged-as-cwt': 'RFC 8392, 6: it takes no tag but that of COSE_Sign1',
  ...Object.fromEntries(['protected-header', 'payload', 'signature', 'kid', 'content-type'].map(part =>
    [`${part}-in-chunks`, 'RFC 8949, 3.2.3: it takes no strings of indefinite length'])),
  'ed25519-fully-specified': 'RFC 9864, 2.1: algorithms of 2025', 'esp256-fully-specified': 'likewise', 'esp384-fully-specified': 'likewise',
}));

test('sd-jwt.json beside @sd-jwt/core', () => {
  const {cases, key} = read('jose/sd-jwt'), issuer = keyOf(key);
  const sd = new SDJwtInstance({
    hashAlg: 'sha-256', saltGenerator: () => '',
    hasher: (data, name) => createHash(name.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest(),
    verifier: (data, signature) => nodeVerify(null, Buffer.from(data), issuer.key, Buffer.from(signature, 'base64url')),
  });
  return beside(cases.filter(c => !c.binding), async c => JSON.parse(JSON.stringify((await sd.verify(c.token)).payload)));
});

test('lists.json beside vc-bitstring-status-list', async () => {
  const lacking = new Set(['subject-array-of-one', 'two-bits', 'two-bits-all-set', 'list-with-size-and-messages']); // it knows statusSize 1 only
  const cases = read('statuslist/lists').cases.filter(c => !c.code && !lacking.delete(c.name));
  assert.deepEqual([...lacking], [], 'named, but no case');
  assert.ok(cases.length >= 15);
  for (const c of cases) {
    const list = await decodeList(c.list.credentialSubject);
    assert.equal(Number(list.getStatus(Number(c.entry.statusListIndex))), c.value, c.name);
  }
});
