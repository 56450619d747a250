// A second registry and a web server that serves files and lies at will: DIDs that didwebvh-ts made and
// status lists that the packages made are believed as far as they prove themselves, and no further.
import test from 'node:test';
import assert from 'node:assert/strict';
import https from 'node:https';
import {readFileSync} from 'node:fs';
import {randomUUID} from 'node:crypto';
import {createDID, updateDID, signWitnessProofEntry} from 'didwebvh-ts';
import * as vc from '@digitalbazaar/vc';
import {createCredential, createList} from '@digitalbazaar/vc-bitstring-status-list';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {call, newKey} from './cluster.mjs';
import {documentLoader, edKey, signer} from './documents.mjs';
import {LogSigner, line, lines, method} from './webvh.mjs';

const others = process.env.TABARD_OTHER?.split(' '), certificate = process.env.TABARD_STATIC?.split(' ');
const skip = others && certificate ? false : 'TABARD_OTHER and TABARD_STATIC name no second registry and no certificate';

// files are what the server has, by path.
const files = new Map();
let server, host;
test.before(async () => {
  if (skip) return;
  const [cert, key] = certificate.map(name => readFileSync(name));
  server = https.createServer({cert, key}, (request, reply) => {
    const file = files.get(request.url);
    if (file === undefined) return reply.writeHead(404).end();
    if (file.redirect) return reply.writeHead(302, {location: file.redirect}).end();
    reply.writeHead(200, {'content-type': /jsonl$/.test(request.url) ? 'text/jsonl' : 'application/json', 'cache-control': 'max-age=0'});
    reply.end(typeof file === 'string' ? file : JSON.stringify(file));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  host = `static.localhost:${server.address().port}`;
});
test.after(() => { server?.closeAllConnections(); server?.close(); });

const ask = (node, ...request) => call(others[node], ...request);
const resolve = (node, did, query = '') => ask(node, 'GET', `/1.0/identifiers/${encodeURIComponent(did)}${query}`);
const observe = (node, did) => ask(node, 'POST', '/v1/observations', {did});
const verify = (node, verifiableCredential, query = '') => ask(node, 'POST', `/credentials/verify${query}`, {verifiableCredential});
const past = seconds => new Date(Math.floor(Date.now() / 1000) * 1000 - 100_000 + seconds * 1000).toISOString();
const refused = got => assert.equal(got.body.outcome, 'not-applied', got.text);

/** A did:webvh DID on the server, one key of which may assert. */
async function published(extra = {}) {
  const control = newKey(), key = await edKey(), log = new LogSigner(control), paths = ['agents', randomUUID()], path = `/${paths.join('/')}`;
  const made = await createDID({
    address: host, paths, signer: log, verifier: log, updateKeys: [control.multibase], created: past(0),
    verificationMethods: [method({multibase: key.publicKeyMultibase}, 'assertionMethod')], ...extra,
  });
  files.set(`${path}/did.jsonl`, lines(made.log));
  key.controller = made.did;
  key.id = `${made.did}#${made.doc.verificationMethod[0].id.split('#')[1]}`;
  return {did: made.did, log: made.log, signer: log, path, key};
}
const update = (d, seconds, key) => updateDID({log: d.log, signer: d.signer, verifier: d.signer, updated: past(seconds),
  verificationMethods: [method({multibase: key.publicKeyMultibase}, 'assertionMethod')]});
const signedBy = key => new DataIntegrityProof({signer: key.signer(), cryptosuite: signer('eddsa-jcs-2022')});
const issue = (key, more) => vc.issue({
  credential: {
    '@context': ['https://www.w3.org/ns/credentials/v2'], id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'],
    issuer: key.controller, validFrom: '2026-01-01T00:00:00Z', credentialSubject: {id: 'did:example:agent'}, ...more,
  },
  suite: signedBy(key), documentLoader,
});

test('did:webvh from files: what is changed or moved does not resolve', {skip}, async () => {
  const d = await published(), good = await resolve(0, d.did);
  assert.equal(good.status, 200, good.text);
  assert.equal(good.body.didDocumentMetadata.versionId, d.log[0].versionId);
  const changed = structuredClone(d.log[0]);
  changed.state.alsoKnownAs = ['did:example:mallory'];
  const stolen = await published();
  for (const [what, file] of Object.entries({
    'an entry that was changed': line(changed),
    'half an entry': lines(d.log).slice(0, 200),
    'the log of another DID': lines(stolen.log),
    'no log': '<!doctype html>',
    'nothing': '',
    'an entry twice': lines([...d.log, ...d.log]),
    'a redirect to the log': {redirect: `https://${host}${d.path}/did.jsonl`},
  })) {
    const other = await published();
    const at = d.did.replace(/[^:]*$/, other.path.split('/').pop());
    files.set(`${other.path}/did.jsonl`, file);
    for (const did of [at, other.did]) {
      const got = await resolve(1, did);
      assert.equal(got.body.didDocument, null, `${what}: ${got.text}`);
      assert.ok(got.body.didResolutionMetadata.error.type, what);
      refused(await observe(1, did));
    }
  }
});

test('witnesses: their file counts, and only with enough true proofs', {skip}, async () => {
  const witnesses = [newKey(), newKey()], parameter = {threshold: 2, witnesses: witnesses.map(w => ({id: w.did}))};
  const signers = Object.fromEntries(witnesses.map(w => [w.did, new LogSigner(w)]));
  const prove = (d, by = parameter.witnesses) => signWitnessProofEntry({versionId: d.log[0].versionId, witnesses: by, witnessSignersByDid: signers});
  const witnessed = async file => {
    const d = await published({witness: parameter});
    const content = await file(d);
    if (content) files.set(`${d.path}/did-witness.json`, content);
    return resolve(2, d.did);
  };
  const good = await witnessed(async d => [await prove(d)]);
  assert.equal(good.status, 200, good.text);
  for (const [what, file] of Object.entries({
    'no file': async () => undefined,
    'no proofs': async () => [],
    'too few proofs': async d => [await prove(d, parameter.witnesses.slice(0, 1))],
    'proofs of another log': async () => [await prove(await published())],
    'a proof twice': async d => {
      const entry = await prove(d, parameter.witnesses.slice(0, 1));
      return [{...entry, proof: [entry.proof[0], entry.proof[0]]}];
    },
  })) {
    const got = await witnessed(file);
    assert.equal(got.body.didDocument, null, `${what}: ${got.text}`);
  }
});

test('a host that rewrites the history of a pinned DID is found out', {skip}, async () => {
  const d = await published(), second = await edKey(), other = await edKey();
  const honest = await update(d, 1, second);
  files.set(`${d.path}/did.jsonl`, lines(honest.log));
  const pinned = await observe(0, d.did);
  assert.equal(pinned.status, 201, pinned.text);
  assert.equal(pinned.body.versionId, honest.log[1].versionId);

  const forged = await update(d, 1, other);
  assert.notEqual(forged.log[1].versionId, honest.log[1].versionId);
  files.set(`${d.path}/did.jsonl`, lines(forged.log));
  const found = await observe(1, d.did);
  assert.equal(found.status, 201, found.text);
  assert.equal(found.body.rewritten, true, found.text);
  const query = `?min-seq=${found.body.seq}`;
  other.controller = d.did;
  other.id = `${d.did}#${forged.doc.verificationMethod[0].id.split('#')[1]}`;
  const verdict = await verify(2, await issue(other), query);
  assert.equal(verdict.status, 400, `the key of the forged history: ${verdict.text}`);
  files.set(`${d.path}/did.jsonl`, lines(d.log));
  const old = await verify(2, await issue(d.key), query);
  assert.equal(old.status, 400, `the key that was rotated away: ${old.text}`);
});

test('a pinned DID outlives its host, another does not', {skip}, async () => {
  const pinned = await published(), loose = await published();
  const receipt = await observe(0, pinned.did);
  assert.equal(receipt.status, 201, receipt.text);
  for (const d of [pinned, loose]) files.delete(`${d.path}/did.jsonl`);
  const query = `?min-seq=${receipt.body.seq}`;
  assert.equal((await verify(1, await issue(pinned.key), query)).status, 200);
  assert.equal((await verify(1, await issue(loose.key), query)).status, 400);
});

test('did:web: a document that changes is recorded as another', {skip}, async () => {
  const key = await edKey(), id = randomUUID(), did = `did:web:${encodeURIComponent(host)}:agents:${id}`;
  const document = publicKeyMultibase => ({
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did,
    verificationMethod: [{id: `${did}#k`, type: 'Multikey', controller: did, publicKeyMultibase}], assertionMethod: [`${did}#k`],
  });
  key.controller = did;
  key.id = `${did}#k`;
  files.set(`/agents/${id}/did.json`, document(key.publicKeyMultibase));
  const pinned = await observe(0, did);
  assert.equal(pinned.status, 201, pinned.text);
  const credential = await issue(key), query = `?min-seq=${pinned.body.seq}`;
  assert.equal((await verify(0, credential, query)).status, 200);
  assert.equal((await verify(0, {...credential, name: 'x'}, query)).status, 400);

  files.set(`/agents/${id}/did.json`, document((await edKey()).publicKeyMultibase));
  const changed = await observe(1, did);
  assert.equal(changed.status, 201, changed.text);
  assert.equal(changed.body.diverged, true, changed.text);
  assert.equal((await verify(1, credential, `?min-seq=${changed.body.seq}`)).status, 400);

  files.set(`/agents/${id}/did.json`, {...document(key.publicKeyMultibase), id: 'did:web:mallory.example'});
  refused(await observe(2, did));
});

test("status lists from files: the issuer's own, and no other", {skip}, async () => {
  const key = await edKey(), stranger = await edKey();
  const held = (id, index) => issue(key, {credentialStatus: {
    type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListIndex: String(index), statusListCredential: id,
  }});
  const made = async (id, by = key, more = {}, length = 131072) => {
    const list = await createList({length});
    list.setStatus(94, true);
    return issue(by, {...await createCredential({id, list, statusPurpose: 'revocation'}), ...more});
  };
  const serve = async (file, index) => {
    const path = `/status/${randomUUID()}`, id = `https://${host}${path}`;
    const content = await file(id);
    if (content) files.set(path, content);
    return verify(index % 3, await held(id, index));
  };
  const good = await serve(made, 95);
  assert.equal(good.status, 200, good.text);
  const bad = {
    revoked: [94, made, 'revoked'],
    'out of range': [131072, made],
    "a stranger's list": [95, id => made(id, stranger), 'status-list-untrusted'],
    'a list of another id': [95, () => made('https://theirs.example/status')],
    'a list of another purpose': [95, async id => {
      const list = await createCredential({id, list: await createList({length: 131072}), statusPurpose: 'suspension'});
      return issue(key, list);
    }],
    'a list that was changed': [95, async id => ({...await made(id), validUntil: '2099-01-01T00:00:00Z'})],
    'a list that has expired': [95, id => made(id, key, {validUntil: '2026-01-02T00:00:00Z'})],
    'a list that is too short': [95, id => made(id, key, {}, 1024)],
    'a list without proof': [95, async id => (({proof, ...rest}) => rest)(await made(id))],
    'no list': [95, () => undefined],
    'a page': [95, () => '<!doctype html>'],
  };
  for (const [what, [index, file, code]] of Object.entries(bad)) {
    const verdict = await serve(file, index);
    assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
    const row = verdict.body.checks.find(c => c.name === 'status');
    assert.equal(row.outcome, 'failed', `${what}: ${verdict.text}`);
    if (code) assert.equal(row.code, code, `${what}: ${verdict.text}`);
  }
});
