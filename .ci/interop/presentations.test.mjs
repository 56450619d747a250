// Presentations by @digitalbazaar/vc: challenges of one node are answered at another, once; the credentials
// inside are judged, their status too.
import test from 'node:test';
import assert from 'node:assert/strict';
import {randomInt, randomUUID} from 'node:crypto';
import jsigs from 'jsonld-signatures';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {call, host, nodes} from './cluster.mjs';
import {documentLoader, edKey, signer} from './documents.mjs';

const domain = 'https://shop.example';
const suite = (key, name) => new DataIntegrityProof({signer: key.signer(), cryptosuite: signer(name)});

const unsigned = (issuer, subject, more) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2'], id: `urn:uuid:${randomUUID()}`, type: ['VerifiableCredential'],
  issuer, validFrom: '2026-01-01T00:00:00Z', credentialSubject: {id: subject}, ...more,
});
const present = (holder, verifiableCredential, options, name, by = holder) => vc.signPresentation({
  presentation: vc.createPresentation({verifiableCredential, holder: holder.controller, version: 2.0}),
  suite: suite(by, name), documentLoader, ...options,
});
async function challengeOf(node) {
  const reply = await call(node, 'POST', '/challenges');
  assert.equal(reply.status, 200, reply.text);
  return reply.body.challenge;
}
const verify = (node, verifiablePresentation, options, query = '') =>
  call(node, 'POST', `/presentations/verify${query}`, {verifiablePresentation, options});
async function refused(node, vp, options, what, query) {
  const verdict = await verify(node, vp, options, query);
  assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
  assert.equal(verdict.body.verified, false, what);
  return verdict.body;
}

for (const name of ['eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
  test(`${name}: a challenge of one node, answered at another`, async () => {
    const issuer = await edKey(), holder = await edKey(), thief = await edKey();
    const credentials = [];
    for (let i = 0; i < 3; i++) credentials.push(await vc.issue({credential: unsigned(issuer.controller, holder.controller), suite: suite(issuer, name), documentLoader}));

    const challenge = await challengeOf(0), options = {challenge, domain};
    const vp = await present(holder, credentials, options, name);
    const verdict = await verify(1, vp, options);
    assert.equal(verdict.status, 200, verdict.text);
    assert.equal(verdict.body.holder, holder.controller);
    assert.equal(verdict.body.credentials.length, credentials.length);
    const replay = await refused(1, vp, options, 'replayed');
    assert.ok(replay.checks.some(c => c.code === 'challenge-spent'), JSON.stringify(replay));

    const fresh = async (node = 2) => ({challenge: await challengeOf(node), domain});
    for (const [what, make] of Object.entries({
      'the answer to another challenge': async o => present(holder, credentials, {...o, challenge}, name),
      'meant for somebody else': async o => present(holder, credentials, {...o, domain: 'https://mallory.example'}, name),
      'meant for nobody': async o => present(holder, credentials, {challenge: o.challenge}, name),
      'signed by a thief': async o => present(holder, credentials, o, name, thief),
      'signed to assert': async o => jsigs.sign(vc.createPresentation({verifiableCredential: credentials, holder: holder.controller, version: 2.0}),
        {suite: suite(holder, name), purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader}),
      'without proof': async o => (({proof, ...rest}) => rest)(await present(holder, credentials, o, name)),
      'one credential more': async o => {
        const whole = await present(holder, credentials.slice(0, 2), o, name);
        return {...whole, verifiableCredential: credentials};
      },
      'a credential that was changed before': async o => {
        const changed = structuredClone(credentials);
        changed[1].credentialSubject.id = 'did:example:mallory';
        return present(holder, changed, o, name);
      },
    })) {
      const o = await fresh();
      await refused(0, await make(o), o, what);
    }
    const forged = `${challenge.slice(0, -4)}AAAA`;
    await refused(2, await present(holder, credentials, {challenge: forged, domain}, name), {challenge: forged, domain}, 'a challenge nobody gave');
  });
}

test('a presentation falls with the status of a credential inside', async () => {
  const issuer = await edKey(), holder = await edKey();
  const list = `https://${host}/v1/status-lists/${encodeURIComponent(issuer.controller)}/revocation/0`, first = randomInt(131071);
  const credentials = [];
  for (const index of [first, first + 1]) {
    const credentialStatus = {type: 'BitstringStatusListEntry', statusPurpose: 'revocation', statusListIndex: String(index), statusListCredential: list};
    credentials.push(await vc.issue({credential: unsigned(issuer.controller, holder.controller, {credentialStatus}), suite: suite(issuer, 'eddsa-jcs-2022'), documentLoader}));
  }
  const receipts = [];
  for (const credential of credentials) {
    const receipt = await call(0, 'POST', '/v1/credentials', credential);
    assert.equal(receipt.status, 201, receipt.text);
    receipts.push(receipt.body);
  }
  const show = async (node, inside) => {
    const options = {challenge: await challengeOf((node + 1) % nodes.length), domain};
    return [await present(holder, inside, options, 'eddsa-rdfc-2022'), options];
  };
  const good = await verify(1, ...await show(1, credentials), `?min-seq=${receipts[1].seq}`);
  assert.equal(good.status, 200, good.text);

  const {ledger} = (await call(0, 'GET', '/v1/cluster')).body;
  const change = await jsigs.sign({
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: 'StatusChange', ledger, target: receipts[1].digest,
    status: 'revoked', issued: new Date().toISOString(),
  }, {suite: suite(issuer, 'eddsa-jcs-2022'), purpose: new jsigs.purposes.AssertionProofPurpose(), documentLoader});
  const revoked = await call(2, 'POST', '/v1/status', change);
  assert.equal(revoked.status, 201, revoked.text);
  for (let i = 0; i < nodes.length; i++) {
    const query = `?min-seq=${revoked.body.seq}`;
    const verdict = await refused(i, ...await show(i, credentials), 'one is revoked', query);
    assert.deepEqual(verdict.credentials.map(c => c.verified), [true, false]);
    assert.ok(verdict.credentials[1].checks.some(c => c.name === 'status' && c.code === 'revoked'), JSON.stringify(verdict));
    const rest = await verify(i, ...await show(i, credentials.slice(0, 1)), query);
    assert.equal(rest.status, 200, rest.text);
  }
});
