// The vectors of vectors/jsonld beside jsonld.js and rdf-canonize: what these make of the same documents and
// graphs. Needs no cluster. Where they differ the case is named here, with what decides.
import test from 'node:test';
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import jsonld from 'jsonld';
import * as canonize from 'rdf-canonize';

const root = new URL('../../', import.meta.url);
const read = path => JSON.parse(readFileSync(new URL(path, root)));
const contexts = new Map(read('did/jsonld/contexts/manifest.json').contexts.map(({url, file}) => [url, `did/jsonld/contexts/${file}`]));
const documentLoader = async url => {
  if (!contexts.has(url)) throw new Error(`not a published context: ${url}`);
  return {documentUrl: url, document: read(contexts.get(url)), contextUrl: null};
};
const lines = (list = []) => list.map(line => line.replace(/\n?$/, '\n')).join('');
const options = hash => ({algorithm: 'RDFC-1.0', messageDigestAlgorithm: hash === 'SHA-384' ? 'sha384' : 'sha256', format: 'application/n-quads', maxWorkFactor: 2});
async function canonical(document, hash) {
  const dataset = await jsonld.toRDF(document, {safe: true, base: null, rdfDirection: 'i18n-datatype', documentLoader});
  return canonize.canonize(dataset, options(hash));
}
const reason = e => e.details?.event?.code ?? e.details?.code ?? e.message;

// Where they differ from the vectors, which follow the specification that decides.
const known = {
  'twelve-equal-blank-nodes-of-a-blank-node': 'rdf-canonize gives up (maxWorkFactor 2)',
  numbers: 'jsonld.js takes numbers below 1e-6 for integers, 0; JSON-LD 1.1 API, 8.2.2: a fractional part makes a double',
};

// Documents that jsonld.js takes in safe mode although it drops something, or writes what is no N-Quads.
const laxer = {
  'characters that an IRI or a blank node label cannot have (RDF 1.1 N-Quads)': [
    'id-with-angle-bracket', 'id-with-backslash', 'id-with-quote', 'id-with-brace', 'id-with-two-fragments',
    'property-with-angle-bracket-in-compact-iri', 'blank-node-without-label', 'blank-node-label-ends-with-full-stop',
  ],
  'something is dropped in silence (Data Integrity 1.0, 2.4.3)': [
    'keyword-without-meaning-in-document', 'null-as-document', 'id-of-empty-graph', 'null-in-list', 'null-in-explicit-list',
    'null-as-explicit-list', 'array-in-explicit-list', 'set-in-explicit-list', 'language-of-node', 'direction-of-node',
    'language-of-term-malformed', 'index-of-value', 'index-of-node', 'key-of-index-map', 'direction-of-number',
  ],
  'an error by JSON-LD 1.1 API, 4.1.2, 4.2.2 and 5.1.2 that is not noticed': [
    'protected-is-string', 'keyword-type-redefined', 'value-with-two-types', 'language-is-null', 'context-document-beside-a-term',
  ],
};
const otherCode = {'base-relative': 'relative @id reference', 'context-document-of-a-list': 'invalid local context'};
const ofTheImplementation = 'budget'; // how much work is too much, nobody specifies

test('graphs.json: rdf-canonize gives the same lines', async () => {
  const {cases} = read('vectors/jsonld/graphs.json');
  assert.ok(cases.length >= 15);
  for (const c of cases) {
    // Where work is bound, it is bound to a power of the number of blank nodes.
    const maxWorkFactor = c.name === 'clique-of-four' ? 4 : 2;
    const made = canonize.canonize(lines(c.nquads), {...options(c.hash), inputFormat: 'application/n-quads', maxWorkFactor});
    if (c.name in known) await assert.rejects(made, /Maximum deep iterations/, c.name);
    else assert.equal(await made, lines(c.canonical), c.name);
  }
});

test('nquads.json: rdf-canonize refuses too', async () => {
  const accepted = new Set(['relative-subject', 'relative-datatype', 'empty-iri', 'iri-with-escaped-space', 'iri-with-escaped-angle-bracket',
    'unknown-escape', 'short-escape', 'escaped-surrogate', 'escape-with-sign', 'langstring-without-language']); // it looks no closer (RDF 1.1 N-Quads, 4 and 7)
  for (const {name, nquads} of read('vectors/jsonld/nquads.json').cases) {
    const made = canonize.canonize(nquads, {...options(), inputFormat: 'application/n-quads'});
    if (accepted.delete(name)) await assert.doesNotReject(made, name);
    else await assert.rejects(made, undefined, name);
  }
  assert.deepEqual([...accepted], [], 'named, but no case');
});

test('canonical.json: jsonld.js and rdf-canonize give the same lines', async () => {
  const {cases} = read('vectors/jsonld/canonical.json');
  assert.ok(cases.length >= 30);
  for (const c of cases) {
    const document = structuredClone(c.document);
    if (c.name === 'numbers') {
      assert.notEqual(await canonical(c.document, c.hash), lines(c.canonical), 'named as different, but is not');
      document['urn:p'] = document['urn:p'].filter(n => n === 0 || Math.abs(n) >= 1e-6);
      c.canonical = c.canonical.filter(line => !/E-7"|E-324"/.test(line));
    }
    assert.equal(await canonical(document, c.hash), lines(c.canonical), c.name);
  }
});

test('refusals.json: jsonld.js in safe mode refuses too', async () => {
  const {cases} = read('vectors/jsonld/refusals.json'), accepted = new Set(Object.values(laxer).flat());
  assert.ok(cases.length >= 150);
  for (const c of cases.filter(c => c.error !== ofTheImplementation)) {
    if (accepted.delete(c.name)) {
      await assert.doesNotReject(canonical(c.document), `${c.name}: named as accepted, but is not`);
      continue;
    }
    const code = await canonical(c.document).then(() => assert.fail(`${c.name}: jsonld.js takes it`), reason);
    if (c.error === 'invalid') assert.equal(code, otherCode[c.name] ?? c.code, c.name);
  }
  assert.deepEqual([...accepted], [], 'named, but no case');
});
