// The vectors of did:webvh logs beside didwebvh-ts: valid logs resolve to the same document; what breaks the
// chain, its keys, its proofs or its witnesses they refuse too. About the form of entries, parameters and
// documents they are laxer, and are not asked. Needs no cluster.
import test from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {resolveDIDFromLog} from 'didwebvh-ts';
import {newKey} from './cluster.mjs';
import {LogSigner} from './webvh.mjs';

const read = name => JSON.parse(readFileSync(new URL(`../../vectors/webvh/${name}.json`, import.meta.url))).cases;
const verifier = new LogSigner(newKey());

// A witness file that is not given they would fetch, and they tell the console of each proof that fails.
globalThis.fetch = async () => { throw new Error('nothing may be fetched'); };
console.warn = console.error = () => {};

async function theirs({log, witness}) {
  const entries = log.trim().split('\n').map(line => JSON.parse(line));
  const {doc, meta} = await resolveDIDFromLog(entries, {verifier, witnessProofs: witness && JSON.parse(witness)});
  if (meta.error) throw new Error(meta.error);
  return JSON.parse(JSON.stringify(doc));
}

// did:webvh 1.0, DID URL Resolution: the implicit endpoint of #files is "https://example.com/"; theirs lacks the slash.
function withSlash(document) {
  for (const service of document?.service ?? []) {
    if (service.type === 'relativeRef' && !service.serviceEndpoint.endsWith('/')) service.serviceEndpoint += '/';
  }
  return document;
}

test('log-valid.json: didwebvh-ts comes to the same documents', async () => {
  // Generate SCID: every occurrence is replaced in the text, those in names too; they replace values.
  const otherwise = ['scid-in-a-member-name'];
  for (const c of read('log-valid')) {
    if (otherwise.includes(c.name)) await assert.rejects(theirs(c), undefined, c.name);
    else {
      const {didDocument} = c.expect.resolution;
      const document = await theirs(c);
      if (didDocument) assert.deepEqual(withSlash(document), didDocument, c.name);
    }
  }
});

// They hold to these rules, but for the cases named, of which the specification says otherwise.
const rules = ['entry-hash-mismatch', 'scid-mismatch', 'version-id', 'version-time', 'unauthorised-key', 'cryptosuite-not-allowed',
  'pre-rotation', 'portability', 'already-deactivated', 'witness-proof', 'witness-threshold'];
const laxer = [
  'entry-hash-not-base58', 'entry-hash-truncated', 'entry-hash-of-unknown-algorithm', // Entry Hash: of a first entry, in another form
  'next-key-hashes-inherited', // nextKeyHashes MUST be repeated while pre-rotation is active
  'moved-without-naming-the-prior-did', 'moved-naming-another-did', 'moved-again-without-naming-the-last-did', 'portable-repeated-later', // DID Portability: the prior DID MUST be an alias
  'entry-after-deactivation', 'reactivated', 'deactivated-twice', // deactivated: no further updates are permitted
  'witness-without-fragment', 'witness-proof-expired', // Verifying Witness Proofs During Resolution
];

test('what breaks the chain of a log, didwebvh-ts refuses too', async () => {
  const accepted = new Set(laxer);
  let asked = 0;
  for (const name of ['chain', 'identity', 'keys', 'parameters', 'shape', 'witness']) {
    for (const c of read(`log-${name}`).filter(c => rules.includes(c.expect.rule))) {
      if (accepted.delete(c.name)) await assert.doesNotReject(theirs(c), `${c.name}: named as accepted, but is not`);
      else await assert.rejects(theirs(c), undefined, `${c.name}: they take it`);
      asked++;
    }
  }
  assert.deepEqual([...accepted], [], 'named, but no case');
  assert.ok(asked > 100, `only ${asked} cases`);
});
