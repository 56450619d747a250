// A second registry, which knows the first only as a host: it resolves, pins and believes DIDs that
// didwebvh-ts made and the first hosts, and so does npm web-did-resolver.
import test from 'node:test';
import assert from 'node:assert/strict';
import dns from 'node:dns';
import https from 'node:https';
import {randomUUID} from 'node:crypto';
import {Resolver} from 'did-resolver';
import {getResolver} from 'web-did-resolver';
import {createDID, updateDID, deactivateDID} from 'didwebvh-ts';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {call, host, newKey, nodes, resolve} from './cluster.mjs';
import {documentLoader, edKey, signer} from './documents.mjs';
import {LogSigner, line, lines, method} from './webvh.mjs';

const others = process.env.TABARD_OTHER?.split(' ');
const skip = others ? false : 'TABARD_OTHER names no second registry';

// What cluster.mjs does for fetch: not every system knows *.localhost (RFC 6761, 6.3).
https.globalAgent.options.lookup = (name, options, done) => dns.lookup(name.replace(/^.*\.localhost$/, 'localhost'), options, done);

const ask = (node, ...request) => call(others[node], ...request);
const elsewhere = (node, did, query = '') => ask(node, 'GET', `/1.0/identifiers/${encodeURIComponent(did)}${query}`);
const observe = (node, did) => ask(node, 'POST', '/v1/observations', {did});

const webOf = path => `did:web:${encodeURIComponent(host)}:${path.join(':')}`;
const past = seconds => new Date(Math.floor(Date.now() / 1000) * 1000 - 100_000 + seconds * 1000).toISOString();

// A DID at the first registry whose key may assert, and its parallel did:web.
async function hosted() {
  const control = newKey(), key = await edKey(), log = new LogSigner(control), path = ['agents', randomUUID()];
  const made = await createDID({
    address: host, paths: path, signer: log, verifier: log, updateKeys: [control.multibase], created: past(0),
    alsoKnownAs: [webOf(path)],
    verificationMethods: [method(control, 'authentication'), {type: 'Multikey', publicKeyMultibase: key.publicKeyMultibase, purpose: 'assertionMethod'}],
  });
  const receipt = await post(0, path, lines(made.log));
  assert.equal(receipt.status, 201, receipt.text);
  const {didDocument} = (await resolve(0, made.did)).body;
  for (let i = 0; i < nodes.length; i++) await resolve(i, made.did); // whichever node answers for the host
  key.controller = made.did;
  key.id = didDocument.verificationMethod.find(m => m.publicKeyMultibase === key.publicKeyMultibase).id;
  return {...made, path, signer: log, key};
}
const post = (node, path, body) => call(node, 'POST', `/${path.join('/')}/did.jsonl`, body, 'application/jsonl');

const issue = key => vc.issue({
  credential: {
    '@context': ['https://www.w3.org/ns/credentials/v2'], id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'],
    issuer: key.controller, validFrom: '2026-01-01T00:00:00Z', credentialSubject: {id: 'did:example:agent'},
  },
  suite: new DataIntegrityProof({signer: key.signer(), cryptosuite: signer('eddsa-jcs-2022')}), documentLoader,
});

test('did:webvh and did:web of the first registry resolve at the second', {skip}, async () => {
  const {did, log, path} = await hosted();
  for (let i = 0; i < others.length; i++) {
    const got = await elsewhere(i, did);
    assert.equal(got.status, 200, got.text);
    assert.equal(got.body.didDocument.id, did);
    assert.equal(got.body.didDocumentMetadata.versionId, log[0].versionId);
    const web = await elsewhere(i, webOf(path));
    assert.equal(web.status, 200, web.text);
    assert.equal(web.body.didDocument.id, webOf(path));
  }
  assert.equal((await elsewhere(0, did, '?versionNumber=1')).body.didDocumentMetadata.versionId, log[0].versionId);

  const [, , scid, ...rest] = did.split(':');
  const another = (await hosted()).did.split(':')[2];
  for (const [what, wrong, status] of [
    ["another DID's SCID", ['did', 'webvh', another, ...rest].join(':'), 400],
    ['a path nobody has', `did:webvh:${scid}:${encodeURIComponent(host)}:agents:nobody`, 404],
    ['did:web that nobody has', webOf(['agents', 'nobody']), 404],
    ['a port where nobody is', 'did:web:registry.localhost%3A1', 400],
  ]) {
    const got = await elsewhere(1, wrong);
    assert.equal(got.status, status, `${what}: ${got.text}`);
    assert.equal(got.body.didDocument, null, what);
  }
});

test('npm web-did-resolver reads the parallel did:web', {skip}, async () => {
  const {path, key} = await hosted();
  const resolver = new Resolver(getResolver());
  const result = await resolver.resolve(webOf(path));
  assert.equal(result.didResolutionMetadata.error, undefined, JSON.stringify(result.didResolutionMetadata));
  assert.ok(result.didDocument.verificationMethod.some(m => m.publicKeyMultibase === key.publicKeyMultibase));
  const registry = await resolver.resolve(`did:web:${encodeURIComponent(host)}`);
  assert.equal(registry.didDocument?.id, `did:web:${encodeURIComponent(host)}`, JSON.stringify(registry.didResolutionMetadata));
  assert.equal((await resolver.resolve(webOf(['agents', 'nobody']))).didResolutionMetadata.error, 'notFound');
});

test('a pinned DID is observed, through its updates, to its end', {skip}, async () => {
  const {did, log, path, signer: first, key} = await hosted();
  const credential = await issue(key);
  const pinned = await observe(0, did);
  assert.equal(pinned.status, 201, pinned.text);
  assert.equal(pinned.body.versionId, log[0].versionId);
  const again = await observe(1, did);
  assert.equal(again.status, 200, again.text);
  assert.equal(again.body.recorded, false);
  const good = await ask(2, 'POST', '/credentials/verify', {verifiableCredential: credential});
  assert.equal(good.status, 200, good.text);
  const tampered = await ask(2, 'POST', '/credentials/verify', {verifiableCredential: {...credential, name: 'x'}});
  assert.equal(tampered.status, 400, tampered.text);

  const updated = await updateDID({log, signer: first, verifier: first, updated: past(1), verificationMethods: [method(newKey(), 'assertionMethod')]});
  assert.equal((await post(1, path, line(updated.log[1]))).status, 201);
  for (let i = 0; i < nodes.length; i++) await resolve(i, did);
  const second = await observe(2, did);
  assert.equal(second.status, 201, second.text);
  assert.equal(second.body.versionId, updated.log[1].versionId);
  const seen = await ask(0, 'GET', `/v1/observations/${encodeURIComponent(did)}?min-seq=${second.body.seq}`);
  assert.deepEqual(seen.body.observations.map(o => o.versionId), [log[0].versionId, updated.log[1].versionId], seen.text);
  assert.ok(seen.body.observations.every(o => !o.rewritten && !o.diverged), seen.text);
  const rotated = await ask(0, 'POST', `/credentials/verify?min-seq=${second.body.seq}`, {verifiableCredential: credential});
  assert.equal(rotated.status, 400, `the key is gone: ${rotated.text}`);

  const watched = await ask(1, 'GET', `/v1/watcher/log?scid=${did.split(':')[2]}&min-seq=${second.body.seq}`);
  assert.equal(watched.status, 200, watched.text);
  assert.deepEqual(watched.text.trim().split('\n').map(l => JSON.parse(l).versionId), updated.log.map(e => e.versionId));

  const gone = await deactivateDID({log: updated.log, signer: first, verifier: first});
  assert.equal((await post(2, path, line(gone.log[2]))).status, 201);
  for (let i = 0; i < nodes.length; i++) await resolve(i, did);
  const last = await observe(0, did);
  assert.equal(last.status, 201, last.text);
  assert.equal(last.body.deactivated, true);
  const dead = await elsewhere(1, did, `?min-seq=${last.body.seq}`);
  assert.equal(dead.status, 410, dead.text);
});

test("what the first registry lists, the second does not take for its issuer's word", {skip}, async () => {
  const key = await edKey();
  const list = `https://${host}/v1/status-lists/${encodeURIComponent(key.controller)}/revocation/0`;
  const credential = await vc.issue({
    credential: {
      '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiableCredential'], issuer: key.controller, credentialSubject: {id: 'did:example:agent'},
      credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListIndex: '5', statusListCredential: list},
    },
    suite: new DataIntegrityProof({signer: key.signer(), cryptosuite: signer('eddsa-jcs-2022')}), documentLoader,
  });
  const here = await call(0, 'POST', '/credentials/verify', {verifiableCredential: credential});
  assert.equal(here.status, 200, here.text);
  const there = await ask(0, 'POST', '/credentials/verify', {verifiableCredential: credential});
  assert.equal(there.status, 400, there.text);
  assert.ok(there.body.checks.some(c => c.name === 'status' && c.code === 'status-list-untrusted'), there.text);
});
