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

test('what does not resolve says why, as an object', async () => {
  for (const [did, error] of [
    ['did:key:z6Mkfail', 'INVALID_DID'],
    [`${testIdentifiers.webvh[0]}:nobody`, 'NOT_FOUND'],
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
