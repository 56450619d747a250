// Credentials secured by the @digitalbazaar packages; verified, registered and revoked in the cluster.
import test from 'node:test';
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import jsigs from 'jsonld-signatures';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as eddsa from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as ecdsa from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import {call, nodes} from './cluster.mjs';

const {purposes: {AssertionProofPurpose}} = jsigs;

const kinds = {
  'eddsa-jcs-2022 Ed25519': {generate: options => Ed25519Multikey.generate(options), from: key => Ed25519Multikey.from(key), suite: eddsa},
  'ecdsa-jcs-2019 P-256': {generate: options => EcdsaMultikey.generate({...options, curve: 'P-256'}), from: key => EcdsaMultikey.from(key), suite: ecdsa},
  'ecdsa-jcs-2019 P-384': {generate: options => EcdsaMultikey.generate({...options, curve: 'P-384'}), from: key => EcdsaMultikey.from(key), suite: ecdsa},
};

async function issuer(kind) {
  const key = await kind.generate({});
  key.controller = `did:key:${key.publicKeyMultibase}`;
  key.id = `${key.controller}#${key.publicKeyMultibase}`;
  return key;
}

const unsigned = issuerID => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/undefined-terms/v2'],
  id: `urn:uuid:${randomUUID()}`,
  type: ['VerifiableCredential'],
  issuer: issuerID,
  validFrom: '2026-01-01T00:00:00Z',
  validUntil: '2099-01-01T00:00:00+02:00',
  credentialSubject: {id: 'did:example:agent', name: 'Ægir €20 \u{1F600}', limits: [1, 1e21, 0.000001, -0, 4.5]},
});

const noLoader = async url => { throw new Error(`nothing may be fetched: ${url}`); };

async function sign(kind, key, document) {
  const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: kind.suite.createSignCryptosuite()});
  return jsigs.sign(document, {suite, purpose: new AssertionProofPurpose(), documentLoader: noLoader});
}

const verify = (node, credential) =>
  call(node, 'POST', '/credentials/verify', {verifiableCredential: credential, options: {}});

for (const [name, kind] of Object.entries(kinds)) {
  test(`${name}: verifies on every node; tampered does not`, async () => {
    const key = await issuer(kind);
    const credential = await sign(kind, key, unsigned(key.controller));
    for (let i = 0; i < nodes.length; i++) {
      const verdict = await verify(i, credential);
      assert.equal(verdict.status, 200, verdict.text);
      assert.equal(verdict.body.verified, true);
    }
    const tampered = {
      subject: {...credential, credentialSubject: {...credential.credentialSubject, name: 'Mallory'}},
      issuer: {...credential, issuer: 'did:example:mallory'},
      'extra member': {...credential, name: 'added'},
      'proof purpose': {...credential, proof: {...credential.proof, proofPurpose: 'authentication'}},
      'proof created': {...credential, proof: {...credential.proof, created: '2001-01-01T00:00:00Z'}},
      'proof value': {...credential, proof: {...credential.proof, proofValue: `z${credential.proof.proofValue.slice(2)}1`}},
      'no proof': (({proof, ...rest}) => rest)(credential),
    };
    for (const [what, bad] of Object.entries(tampered)) {
      const verdict = await verify(0, bad);
      assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
      assert.equal(verdict.body.verified, false, what);
      assert.ok(verdict.body.problemDetails.length > 0, what);
    }
  });
}

test('registered, revoked by its issuer, refused by every node', async () => {
  const kind = kinds['eddsa-jcs-2022 Ed25519'];
  const key = await issuer(kind);
  const credential = await sign(kind, key, unsigned(key.controller));
  const receipt = await call(0, 'POST', '/v1/credentials', credential);
  assert.equal(receipt.status, 201, receipt.text);
  const again = await call(1, 'POST', '/v1/credentials', credential);
  assert.equal(again.body.seq, receipt.body.seq, 'resubmitting returns the first receipt');

  const cluster = await call(0, 'GET', '/v1/cluster');
  const change = await sign(kind, key, {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    type: 'StatusChange', ledger: cluster.body.ledger, target: receipt.body.digest, status: 'revoked',
    issued: new Date().toISOString().replace(/\.\d+Z$/, 'Z'), reason: 'interop',
  });
  const revoked = await call(2, 'POST', '/v1/status', change);
  assert.equal(revoked.status, 201, revoked.text);
  for (let i = 0; i < nodes.length; i++) {
    const verdict = await call(i, 'POST', `/credentials/verify?min-seq=${revoked.body.seq}`, {verifiableCredential: credential});
    assert.equal(verdict.status, 400, verdict.text);
    assert.ok(verdict.body.checks.some(check => check.name === 'status' && check.code === 'revoked'), verdict.text);
  }

  const mallory = await issuer(kind);
  const theft = await sign(kind, mallory, {...change, proof: undefined, status: 'active'});
  const refused = await call(0, 'POST', '/v1/status', theft);
  assert.equal(Math.floor(refused.status / 100), 4, refused.text);
});

test('what Tabard signs, the packages verify', {skip: process.env.TABARD_SIGNED ? false : 'TABARD_SIGNED names no file'}, async () => {
  const {readFile} = await import('node:fs/promises');
  for (const file of process.env.TABARD_SIGNED.split(' ')) {
    const credential = JSON.parse(await readFile(file, 'utf8'));
    const kind = Object.values(kinds).find(k => k.suite.createVerifyCryptosuite().name === credential.proof.cryptosuite);
    const id = credential.proof.verificationMethod;
    const [controller, multibase] = id.split('#');
    const method = {'@context': 'https://w3id.org/security/multikey/v1', id, type: 'Multikey', controller, publicKeyMultibase: multibase};
    const documents = {[id]: method, [controller]: {'@context': 'https://www.w3.org/ns/did/v1', id: controller, assertionMethod: [method]}};
    const documentLoader = async url => documents[url] ? {documentUrl: url, document: documents[url]} : noLoader(url);
    const suite = new DataIntegrityProof({cryptosuite: kind.suite.createVerifyCryptosuite()});
    const result = await jsigs.verify(credential, {suite, purpose: new AssertionProofPurpose(), documentLoader});
    assert.equal(result.verified, true, `${file}: ${JSON.stringify(result.error?.errors?.map(String))}`);
    credential.credentialSubject.tampered = true;
    const bad = await jsigs.verify(credential, {suite, purpose: new AssertionProofPurpose(), documentLoader});
    assert.equal(bad.verified, false, file);
  }
});
