// DIDs made, changed and resolved by npm didwebvh-ts; registered in, and served by, the cluster.
import test from 'node:test';
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import {createDID, updateDID, deactivateDID, resolveDID, signWitnessProofEntry, deriveNextKeyHash} from 'didwebvh-ts';
import {call, host, newKey, nodes, resolve} from './cluster.mjs';
import {LogSigner, line, lines, method} from './webvh.mjs';

// One second apart and all in the past: versionTime has no sub-seconds.
const at = seconds => new Date(Math.floor(Date.now() / 1000) * 1000 - 100_000 + seconds * 1000).toISOString();
// didwebvh-ts reads the log from node 1, which may have yet to apply what another node acknowledged.
const resolveTheirs = async (did, verifier) => {
  await resolve(0, did);
  return resolveDID(did, {verifier});
};
const newPath = () => ['agents', randomUUID()];
const post = (node, path, body) => call(node, 'POST', `/${path.join('/')}/did.jsonl`, body, 'application/jsonl');

async function register(node, key, extra = {}) {
  const signer = new LogSigner(key), path = newPath();
  const made = await createDID({address: host, paths: path, signer, verifier: signer, updateKeys: [key.multibase],
    verificationMethods: [method(key, 'authentication'), method(newKey(), 'assertionMethod')], created: at(0), ...extra});
  return {signer, path, ...made};
}

test('create, resolve from every node and with didwebvh-ts', async () => {
  const {did, log, path, signer} = await register(0, newKey());
  const receipt = await post(0, path, lines(log));
  assert.equal(receipt.status, 201, receipt.text);
  for (let i = 0; i < nodes.length; i++) {
    const got = await resolve(i, did);
    assert.equal(got.status, 200, got.text);
    assert.equal(got.body.didDocument.id, did);
    assert.equal(got.body.didDocumentMetadata.versionId, log[0].versionId);
  }
  const theirs = await resolveTheirs(did, signer);
  assert.equal(theirs.meta.error, undefined);
  assert.equal(theirs.doc.id, did);
  assert.equal(theirs.meta.versionId, log[0].versionId);
});

test('update, rotate and deactivate through different nodes', async () => {
  const first = newKey(), second = newKey();
  let {did, log, path, signer} = await register(0, first);
  assert.equal((await post(0, path, lines(log))).status, 201);

  const rotated = await updateDID({log, signer, verifier: signer, updateKeys: [second.multibase], updated: at(1),
    verificationMethods: [method(second, 'authentication')]});
  const second201 = await post(1, path, line(rotated.log[1]));
  assert.equal(second201.status, 201, second201.text);

  // The old key signs again: the registry must refuse, and nothing may change.
  const stale = {...rotated.log[1]};
  const forged = await updateDID({log, signer, verifier: signer, updated: at(2), verificationMethods: [method(newKey(), 'authentication')]});
  const conflict = await post(2, path, line(forged.log[1]));
  assert.equal(conflict.status, 409, conflict.text);
  assert.equal(conflict.body.head, stale.versionId);

  const newSigner = new LogSigner(second);
  const gone = await deactivateDID({log: rotated.log, signer: newSigner, verifier: newSigner});
  const third = await post(2, path, line(gone.log[2]));
  assert.equal(third.status, 201, third.text);
  for (let i = 0; i < nodes.length; i++) {
    const got = await resolve(i, did);
    assert.equal(got.status, 410);
    assert.equal(got.body.didDocument, null);
    assert.equal(got.body.didDocumentMetadata.deactivated, true);
    const old = await resolve(i, did, '&versionNumber=1');
    assert.equal(old.status, 200, old.text);
    assert.equal(old.body.didDocumentMetadata.versionId, log[0].versionId);
  }
  const theirs = await resolveTheirs(did, newSigner);
  assert.equal(theirs.meta.deactivated, true);
});

test('pre-rotation: the committed key is accepted, another is not', async () => {
  const first = newKey(), next = newKey(), after = newKey();
  const made = await register(0, first, {nextKeyHashes: [await deriveNextKeyHash(next.multibase)]});
  assert.equal((await post(0, made.path, lines(made.log))).status, 201);
  const nextSigner = new LogSigner(next);
  const good = await updateDID({log: made.log, signer: nextSigner, verifier: nextSigner, updateKeys: [next.multibase],
    nextKeyHashes: [await deriveNextKeyHash(after.multibase)], updated: at(1), verificationMethods: [method(next, 'authentication')]});

  const bad = structuredClone(good.log[1]);
  bad.parameters.updateKeys = [newKey().multibase];
  const refused = await post(1, made.path, line(bad));
  assert.equal(Math.floor(refused.status / 100), 4, refused.text);

  const accepted = await post(1, made.path, line(good.log[1]));
  assert.equal(accepted.status, 201, accepted.text);
  const theirs = await resolveTheirs(made.did, nextSigner);
  assert.equal(theirs.meta.versionId, good.log[1].versionId);
});

test('witnesses: proofs first, then the entry; without them it is refused', async () => {
  const key = newKey(), witnesses = [newKey(), newKey()];
  const parameter = {threshold: 2, witnesses: witnesses.map(w => ({id: w.did}))};
  const made = await register(0, key, {witness: parameter});
  const signers = Object.fromEntries(witnesses.map(w => [w.did, new LogSigner(w)]));

  const refused = await post(0, made.path, lines(made.log));
  assert.equal(Math.floor(refused.status / 100), 4, refused.text);
  assert.equal(refused.body.code, 'witness-threshold');

  const proofs = [await signWitnessProofEntry({versionId: made.log[0].versionId, witnesses: parameter.witnesses, witnessSignersByDid: signers})];
  const staged = await call(1, 'POST', `/${made.path.join('/')}/did-witness.json`, proofs);
  assert.equal(Math.floor(staged.status / 100), 2, staged.text);
  const accepted = await post(2, made.path, lines(made.log));
  assert.equal(accepted.status, 201, accepted.text);
  const theirs = await resolveTheirs(made.did, made.signer);
  assert.equal(theirs.meta.error, undefined, JSON.stringify(theirs.meta));
  assert.equal(theirs.doc.id, made.did);
});

test('a changed entry is refused and changes nothing', async () => {
  const made = await register(0, newKey());
  const bad = structuredClone(made.log[0]);
  bad.state.alsoKnownAs = ['did:example:attacker'];
  const refused = await post(0, made.path, line(bad));
  assert.equal(Math.floor(refused.status / 100), 4, refused.text);
  assert.match(refused.headers.get('content-type'), /application\/problem\+json/);
  assert.equal((await resolve(0, made.did)).status, 404);
});
