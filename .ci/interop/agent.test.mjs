// A running `tabard agent` and the @digitalbazaar packages, both ways: what the one makes the other
// verifies, and neither takes what was tampered with.
import test from 'node:test';
import assert from 'node:assert/strict';
import {randomUUID} from 'node:crypto';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import {Ed25519Signature2020} from '@digitalbazaar/ed25519-signature-2020';
import {Ed25519VerificationKey2020} from '@digitalbazaar/ed25519-verification-key-2020';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {discloser, documentLoader, extra, signer, verifier} from './documents.mjs';

const agent = process.env.TABARD_AGENT;
const skip = agent ? false : 'TABARD_AGENT names no agent';

async function post(path, body) {
  const reply = await fetch(agent + path, {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body)});
  return {status: reply.status, body: await reply.json()};
}

// The suites with the routes that issue by them, and the keys the packages sign with.
const ed = async () => named(await Ed25519Multikey.generate({}));
const ec = curve => async () => named(await EcdsaMultikey.generate({curve}));
function named(key) {
  key.controller = `did:key:${key.publicKeyMultibase}`;
  key.id = `${key.controller}#${key.publicKeyMultibase}`;
  return key;
}
const kinds = {
  'eddsa-jcs-2022': {suite: 'eddsa-jcs-2022', route: 'eddsa-jcs-2022', key: ed},
  'eddsa-rdfc-2022': {suite: 'eddsa-rdfc-2022', route: 'eddsa-rdfc-2022', key: ed},
  'ecdsa-jcs-2019 P-256': {suite: 'ecdsa-jcs-2019', route: 'ecdsa-jcs-2019/P-256', key: ec('P-256')},
  'ecdsa-jcs-2019 P-384': {suite: 'ecdsa-jcs-2019', route: 'ecdsa-jcs-2019/P-384', key: ec('P-384')},
  'ecdsa-rdfc-2019 P-256': {suite: 'ecdsa-rdfc-2019', route: 'ecdsa-rdfc-2019/P-256', key: ec('P-256')},
  'ecdsa-rdfc-2019 P-384': {suite: 'ecdsa-rdfc-2019', route: 'ecdsa-rdfc-2019/P-384', key: ec('P-384')},
};

const unsigned = more => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/undefined-terms/v2'],
  id: `urn:uuid:${randomUUID()}`,
  type: ['VerifiableCredential', 'AgentCredential'],
  validFrom: '2026-01-01T00:00:00Z',
  name: {'@value': 'Ægirs Vollmacht', '@language': 'de', '@direction': 'ltr'},
  credentialSubject: {id: 'did:example:agent', role: 'purchasing €20 \u{1F600}', limits: [{currency: 'EUR', amount: 100}, {currency: 'USD', amount: 1.5}]},
  ...more,
});

const verifySuite = name => new DataIntegrityProof({cryptosuite: verifier(name)});
const signSuite = (name, key) => new DataIntegrityProof({signer: key.signer(), cryptosuite: signer(name)});

const text = value => JSON.stringify(value, (_, v) => v instanceof Error ? {message: v.message, errors: v.errors, cause: v.cause} : v);

function tamperings(credential) {
  return {
    subject: {...credential, credentialSubject: {...credential.credentialSubject, role: 'owner'}},
    'proof purpose': {...credential, proof: {...credential.proof, proofPurpose: 'authentication'}},
    'proof created': {...credential, proof: {...credential.proof, created: '2001-01-01T00:00:00Z'}},
    'another suite': {...credential, proof: {...credential.proof, cryptosuite: credential.proof.cryptosuite.includes('jcs') ? 'eddsa-rdfc-2022' : 'eddsa-jcs-2022'}},
    'dropped term': {...credential, '@context': credential['@context'].slice(0, 1)},
    'no proof': (({proof, ...rest}) => rest)(credential),
  };
}

for (const [name, kind] of Object.entries(kinds)) {
  test(`${name}: issued by the agent, verified by the packages`, {skip}, async () => {
    const issued = await post(`/issuers/${kind.route}/credentials/issue`, {credential: unsigned()});
    assert.equal(issued.status, 201, text(issued.body));
    const credential = issued.body.verifiableCredential;
    assert.equal(credential.proof.cryptosuite, kind.suite);
    const result = await vc.verifyCredential({credential, suite: verifySuite(kind.suite), documentLoader});
    assert.equal(result.verified, true, text(result));
    credential.credentialSubject.role = 'owner';
    assert.equal((await vc.verifyCredential({credential, suite: verifySuite(kind.suite), documentLoader})).verified, false);
  });

  test(`${name}: issued by the packages, verified by the agent`, {skip}, async () => {
    const key = await kind.key();
    const credential = await vc.issue({credential: unsigned({issuer: key.controller}), suite: signSuite(kind.suite, key), documentLoader});
    const good = await post('/credentials/verify', {verifiableCredential: credential, options: {checks: ['proof']}});
    assert.equal(good.status, 200, text(good.body));
    for (const [what, bad] of Object.entries(tamperings(credential))) {
      const verdict = await post('/credentials/verify', {verifiableCredential: bad});
      assert.equal(verdict.status, 400, `${what}: ${text(verdict.body)}`);
      assert.equal(verdict.body.verified, false, what);
      assert.ok(verdict.body.problemDetails.length > 0, what);
    }
  });

  test(`${name}: presentations both ways`, {skip}, async () => {
    const key = await kind.key();
    const credential = await vc.issue({credential: unsigned({issuer: key.controller}), suite: signSuite(kind.suite, key), documentLoader});
    const challenge = randomUUID(), domain = 'https://shop.example';

    const presentation = {'@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], verifiableCredential: [credential]};
    const proved = await post('/presentations/prove', {presentation, options: {cryptosuite: kind.suite, challenge, domain}});
    assert.equal(proved.status, 201, text(proved.body));
    const options = {challenge, domain, suite: [verifySuite(kind.suite)], documentLoader};
    const result = await vc.verify({presentation: proved.body.verifiablePresentation, ...options});
    assert.equal(result.verified, true, text(result));

    const theirs = await vc.signPresentation({
      presentation: vc.createPresentation({verifiableCredential: [credential], holder: key.controller, version: 2.0}),
      suite: signSuite(kind.suite, key), challenge, domain, documentLoader,
    });
    const good = await post('/presentations/verify', {verifiablePresentation: theirs, options: {challenge, domain}});
    assert.equal(good.status, 200, text(good.body));
    for (const wrong of [{challenge: 'another', domain}, {challenge, domain: 'https://mallory.example'}]) {
      const verdict = await post('/presentations/verify', {verifiablePresentation: theirs, options: wrong});
      assert.equal(verdict.status, 400, text(verdict.body));
    }
    const inner = structuredClone(theirs);
    (Array.isArray(inner.verifiableCredential) ? inner.verifiableCredential[0] : inner.verifiableCredential).credentialSubject.role = 'owner';
    assert.equal((await post('/presentations/verify', {verifiablePresentation: inner, options: {challenge, domain}})).status, 400);
  });
}

const pointers = {mandatoryPointers: ['/issuer', '/credentialSubject/id'], selectivePointers: ['/credentialSubject/limits/1', '/name']};

test('ecdsa-sd-2023: base by the agent; derived and verified by the packages, and by the agent', {skip}, async () => {
  const issued = await post('/issuers/ecdsa-sd-2023/P-256/credentials/issue', {credential: unsigned(), options: {mandatoryPointers: pointers.mandatoryPointers}});
  assert.equal(issued.status, 201, text(issued.body));
  const base = issued.body.verifiableCredential;
  const suite = new DataIntegrityProof({cryptosuite: discloser('ecdsa-sd-2023', {selectivePointers: pointers.selectivePointers})});
  const derived = await vc.derive({verifiableCredential: base, suite, documentLoader});
  const result = await vc.verifyCredential({credential: derived, suite: verifySuite('ecdsa-sd-2023'), documentLoader});
  assert.equal(result.verified, true, text(result));
  assert.equal((await post('/credentials/verify', {verifiableCredential: derived})).status, 200);
  assert.equal((await post('/credentials/verify', {verifiableCredential: base})).status, 400, 'a base proof is for the holder alone');
});

test('ecdsa-sd-2023: base by the packages; derived by the agent, verified by both', {skip}, async () => {
  const key = await ec('P-256')();
  const suite = new DataIntegrityProof({signer: key.signer(), cryptosuite: signer('ecdsa-sd-2023', {mandatoryPointers: pointers.mandatoryPointers})});
  const base = await vc.issue({credential: unsigned({issuer: key.controller}), suite, documentLoader});
  const derived = await post('/credentials/derive', {verifiableCredential: base, options: {selectivePointers: pointers.selectivePointers}});
  assert.equal(derived.status, 201, text(derived.body));
  const credential = derived.body.verifiableCredential;
  assert.equal(credential.credentialSubject.role, undefined, 'what was not selected is not disclosed');
  assert.equal(credential.credentialSubject.limits.length, 1);
  const result = await vc.verifyCredential({credential, suite: verifySuite('ecdsa-sd-2023'), documentLoader});
  assert.equal(result.verified, true, text(result));
  assert.equal((await post('/credentials/verify', {verifiableCredential: credential})).status, 200);
  credential.credentialSubject.limits[0].amount = 1e6;
  assert.equal((await post('/credentials/verify', {verifiableCredential: credential})).status, 400);
});

test('Ed25519Signature2020: issued by the packages, verified by the agent', {skip}, async () => {
  const key = await Ed25519VerificationKey2020.generate();
  key.controller = `did:key:${key.publicKeyMultibase}`;
  key.id = `${key.controller}#${key.publicKeyMultibase}`;
  const credential = await vc.issue({
    credential: {
      '@context': ['https://www.w3.org/2018/credentials/v1', 'https://w3id.org/security/suites/ed25519-2020/v1', {'@vocab': 'https://example.org/terms#'}],
      id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'], issuer: key.controller, issuanceDate: '2026-01-01T00:00:00Z',
      credentialSubject: {id: 'did:example:agent', role: 'purchasing'},
    },
    suite: new Ed25519Signature2020({key}), documentLoader,
  });
  const verdict = await post('/credentials/verify', {verifiableCredential: credential});
  assert.equal(verdict.status, 200, text(verdict.body));
  credential.credentialSubject.role = 'owner';
  assert.equal((await post('/credentials/verify', {verifiableCredential: credential})).status, 400);
});

test('a status list of the agent, checked by the packages; set, and refused by both', {skip}, async () => {
  const issued = await post('/issuers/status/credentials/issue', {credential: unsigned(), options: {cryptosuite: 'eddsa-rdfc-2022'}});
  assert.equal(issued.status, 201, text(issued.body));
  const credential = issued.body.verifiableCredential;
  const {statusListCredential: list, statusListIndex} = credential.credentialStatus;
  const check = async () => {
    extra.set(list, await (await fetch(list)).json());
    return checkStatus({
      credential, documentLoader, suite: [verifySuite('eddsa-jcs-2022'), verifySuite('eddsa-rdfc-2022')],
      verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true,
    });
  };
  const before = await check();
  assert.equal(before.verified, true, text(before));
  assert.equal((await post('/credentials/verify', {verifiableCredential: credential})).status, 200);

  const changed = await post('/credentials/status', {
    credentialId: credential.id, credentialStatus: {type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListCredential: list, statusListIndex}, status: true,
  });
  assert.equal(changed.status, 200, text(changed.body));
  const after = await check();
  assert.ok(!after.verified || after.results.some(r => r.status), text(after));
  const verdict = await post('/credentials/verify', {verifiableCredential: credential});
  assert.equal(verdict.status, 400);
  assert.ok(verdict.body.checks.some(c => c.name === 'status' && c.code === 'revoked'), text(verdict.body));
});

test('what is no credential is not issued', {skip}, async () => {
  const bad = {
    'no context': {type: ['VerifiableCredential'], credentialSubject: {id: 'did:example:a'}},
    'no type': unsigned({type: undefined}),
    'no subject': unsigned({credentialSubject: undefined}),
    'a stranger as issuer': unsigned({issuer: 'did:example:stranger'}),
    'a term nobody defines': {...unsigned(), '@context': ['https://www.w3.org/ns/credentials/v2']},
    'a context nobody has': {...unsigned(), '@context': ['https://www.w3.org/ns/credentials/v2', 'https://unknown.example/v1']},
  };
  for (const [what, credential] of Object.entries(bad)) {
    const reply = await post('/issuers/eddsa-rdfc-2022/credentials/issue', {credential});
    assert.equal(Math.floor(reply.status / 100), 4, `${what}: ${text(reply.body)}`);
  }
});
