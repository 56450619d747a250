// npm did-resolver with a driver for the DID Resolution HTTP binding that knows nothing of Tabard, and the
// conventions of Universal Resolver drivers.
import test from 'node:test';
import assert from 'node:assert/strict';
import {Resolver} from 'did-resolver';
import {call, nodes} from './cluster.mjs';

const methods = (await call(0, 'GET', '/1.0/methods')).body;
const testIdentifiers = (await call(0, 'GET', '/1.0/testIdentifiers')).body;

const driver = async (did, parsed, _resolver, options) => {
  const reply = await fetch(`${nodes[1]}/1.0/identifiers/${parsed.didUrl}`, {headers: {accept: options.accept ?? 'application/did-resolution'}});
  return reply.json();
};
const resolver = new Resolver(Object.fromEntries(methods.map(method => [method, driver])));

test('every test identifier resolves, through did-resolver', async () => {
  const all = Object.values(testIdentifiers).flat();
  assert.ok(all.length >= 3, JSON.stringify(testIdentifiers));
  for (const did of all) {
    const result = await resolver.resolve(did);
    assert.equal(result.didResolutionMetadata.error, undefined, did);
    assert.equal(result.didDocument.id, did);
    assert.ok(result.didDocument.verificationMethod.length > 0, did);
    assert.equal(typeof result.didDocumentMetadata, 'object');
  }
});

test('a Universal Resolver driver: the DID as it is, encoded, as a bare document, and by version', async () => {
  for (const [name, dids] of Object.entries(testIdentifiers)) {
    assert.ok(methods.includes(name), name);
    for (const did of dids) {
      for (const written of [did, encodeURIComponent(did)]) {
        const reply = await fetch(`${nodes[0]}/1.0/identifiers/${written}`, {headers: {accept: 'application/did-resolution,application/did'}});
        assert.equal(reply.status, 200, did);
        assert.match(reply.headers.get('content-type'), /application\/did-resolution/);
        assert.equal((await reply.json()).didDocument.id, did);
      }
      for (const accept of ['application/did', 'application/did+json', 'application/did+ld+json']) {
        const reply = await fetch(`${nodes[2]}/1.0/identifiers/${did}`, {headers: {accept}});
        assert.equal((await reply.json()).id, did, accept);
      }
    }
  }
  const newest = await resolver.resolve(testIdentifiers.webvh[0]);
  const first = await resolver.resolve(`${testIdentifiers.webvh[0]}?versionNumber=1`);
  assert.match(first.didDocumentMetadata.versionId, /^1-/);
  assert.equal(typeof newest.didDocumentMetadata.versionId, 'string');
  const properties = (await call(0, 'GET', '/1.0/properties')).body;
  for (const name of methods) assert.ok(properties[name].specification, name);
});

test('what does not resolve says why, as an object', async () => {
  for (const [did, error] of [
    ['did:key:z6Mkfail', 'INVALID_DID'],
    [`${testIdentifiers.webvh[0]}:nobody`, 'NOT_FOUND'],
    ['did:web:nobody.example', 'NOT_FOUND'],
    [`${testIdentifiers.webvh[0]}?versionNumber=1000`, 'NOT_FOUND'],
  ]) {
    const result = await resolver.resolve(did);
    assert.equal(result.didDocument, null, did);
    assert.equal(result.didResolutionMetadata.error.type, `https://www.w3.org/ns/did#${error}`, JSON.stringify(result));
  }
  const unknown = await call(0, 'GET', '/1.0/identifiers/did:example:123', undefined);
  assert.equal(unknown.status, 501, unknown.text);
});

test('a fragment dereferences to the verification method', async () => {
  const did = Object.values(testIdentifiers).flat().find(id => id.startsWith('did:key:z6Mk'));
  const {didDocument} = await resolver.resolve(did);
  const id = didDocument.verificationMethod[0].id;
  const reply = await fetch(`${nodes[2]}/1.0/identifiers/${encodeURIComponent(id)}`, {headers: {accept: 'application/did-url-dereferencing'}});
  const result = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(result));
  assert.equal(result.contentStream.id, id);
});
