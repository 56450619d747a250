// Credentials and presentations in JWT, SD-JWT and COSE made by jose, @sd-jwt/core and cose-kit, judged by
// every node of a cluster, and refused when anything about them is wrong; and an agent's, read by them.
import test from 'node:test';
import assert from 'node:assert/strict';
import {KeyObject, createHash, randomUUID, sign as nodeSign, verify as nodeVerify} from 'node:crypto';
import * as jose from 'jose';
import {SDJwtInstance} from '@sd-jwt/core';
import {Sign1, coseVerify} from 'cose-kit';
import {call} from './cluster.mjs';
import {credential, enveloped, everyNode, jwt, newKey, publicKey, text, verify} from './tokens.mjs';

for (const alg of ['EdDSA', 'ES256', 'ES384']) {
  test(`vc+jwt by jose, ${alg}`, async () => {
    const key = await newKey(alg), stranger = await newKey(alg);
    const vc = credential(key.did);
    const good = await jwt(key, vc);
    await everyNode(enveloped('application/vc+jwt', good), 200);
    await everyNode(good, 200);

    const [header, payload, signature] = good.split('.');
    const none = Buffer.from(text({alg: 'none', kid: key.kid, typ: 'vc+jwt'})).toString('base64url');
    const bad = {
      'another payload': [header, Buffer.from(text({...vc, name: 'x'})).toString('base64url'), signature].join('.'),
      'alg none': `${none}.${payload}.`,
      "a stranger's key": await jwt(stranger, vc),
      "a stranger's signature under the issuer's kid": await jwt(stranger, vc, {kid: key.kid}),
      'typ of something else': await jwt(key, vc, {typ: 'at+jwt'}),
      expired: await jwt(key, {...vc, exp: 1700000000}),
      'iss that is not the issuer': await jwt(key, {...vc, iss: stranger.did}),
      'an unknown critical header': await jwt(key, vc, {crit: ['b64'], b64: true}),
    };
    for (const [what, token] of Object.entries(bad)) {
      const verdict = await verify(0, enveloped('application/vc+jwt', token));
      assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
    }
  });
}

test('vp+jwt by jose: challenge, domain and the credentials inside', async () => {
  const issuer = await newKey('ES256'), holder = await newKey('EdDSA');
  const inside = enveloped('application/vc+jwt', await jwt(issuer, credential(issuer.did)));
  const payload = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: holder.did,
    verifiableCredential: [inside], aud: 'https://shop.example', nonce: 'n-1',
  };
  const present = (p = payload) => jwt(holder, p, {typ: 'vp+jwt', cty: 'vp'});
  const check = async (token, options) => (await call(0, 'POST', '/presentations/verify', {
    verifiablePresentation: {'@context': 'https://www.w3.org/ns/credentials/v2', id: `data:application/vp+jwt,${token}`, type: 'EnvelopedVerifiablePresentation'},
    options,
  }));
  const options = {challenge: 'n-1', domain: 'https://shop.example'};
  const good = await check(await present(), options);
  assert.equal(good.status, 200, good.text);
  assert.equal((await check(await present(), {...options, challenge: 'n-2'})).status, 400);
  assert.equal((await check(await present(), {...options, domain: 'https://mallory.example'})).status, 400);
  const forged = structuredClone(payload);
  forged.verifiableCredential[0].id = forged.verifiableCredential[0].id.slice(0, -6) + 'AAAAAA';
  assert.equal((await check(await present(forged), options)).status, 400);
});

test('vc+jwt of version 1.1 by jose', async () => {
  const key = await newKey('ES256'), stranger = await newKey('ES256');
  const vc = {'@context': ['https://www.w3.org/2018/credentials/v1'], type: ['VerifiableCredential'], credentialSubject: {name: 'Ægir'}};
  const claims = {vc, iss: key.did, sub: 'did:example:agent', jti: `urn:uuid:${randomUUID()}`, nbf: 1767225600, exp: 4070908800};
  const make = (more, signer = key, header = {kid: undefined}) => jwt(signer, {...claims, ...more}, {typ: 'JWT', cty: undefined, ...header});
  await everyNode(await make(), 200);
  await everyNode(await make({}, key, {kid: key.kid}), 200);
  await everyNode(await make({vc: {...vc, issuer: key.did, issuanceDate: '2026-01-01T00:00:00Z', id: claims.jti}}), 200);
  const bad = {
    "a stranger's signature": await make({}, stranger),
    "a stranger's key": await make({}, stranger, {kid: stranger.kid}),
    expired: await make({exp: 1767225601}),
    'not yet valid': await make({nbf: 4070908700}),
    'issuer that is not iss': await make({vc: {...vc, issuer: stranger.did}}),
    'id that is not jti': await make({vc: {...vc, id: 'urn:uuid:another'}}),
    'issuanceDate that is not nbf': await make({vc: {...vc, issuanceDate: '2020-01-01T00:00:00Z'}}),
    'expirationDate that is not exp': await make({vc: {...vc, expirationDate: '2100-01-01T00:00:00Z'}}),
    'subject that is not sub': await make({vc: {...vc, credentialSubject: {id: 'did:example:another'}}}),
    'version 2 in a claim': await make({vc: {...credential(key.did)}}, key, {kid: key.kid}),
    'credential and presentation': await make({vp: {'@context': vc['@context'], type: ['VerifiablePresentation']}}),
    'another audience': await make({aud: 'https://mallory.example'}),
  };
  for (const [what, token] of Object.entries(bad)) {
    const verdict = await verify(0, token);
    assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
  }
});

const hashes = {EdDSA: null, ES256: 'sha256', ES384: 'sha384'};
const sign = key => data => nodeSign(hashes[key.alg], Buffer.from(data), {key: KeyObject.from(key.privateKey), dsaEncoding: 'ieee-p1363'}).toString('base64url');
const check = (alg, key) => (data, signature) => nodeVerify(hashes[alg], Buffer.from(data), {key, dsaEncoding: 'ieee-p1363'}, Buffer.from(signature, 'base64url'));

// @sd-jwt/core, signing with key and binding with holder, or verifying by a public key.
function sdJWT({key, holder, alg = key?.alg, publicKey: verifying}) {
  return new SDJwtInstance({
    signAlg: alg, hashAlg: 'sha-256', saltGenerator: () => randomUUID(),
    hasher: (data, name) => createHash(name.replace('-', '')).update(typeof data === 'string' ? data : Buffer.from(data)).digest(),
    ...(key && {signer: sign(key)}), ...(verifying && {verifier: check(alg, verifying)}),
    ...(holder && {kbSigner: sign(holder), kbSignAlg: holder.alg}),
  });
}
const digestOf = data => createHash('sha256').update(data).digest('base64url');
const keyBinding = (token, key, more, typ = 'kb+jwt') => new jose.SignJWT({
  iat: Math.floor(Date.now() / 1000), aud: 'https://shop.example', nonce: 'n-1', sd_hash: digestOf(token), ...more,
}).setProtectedHeader({alg: key.alg, typ}).sign(key.privateKey);

for (const alg of ['EdDSA', 'ES256', 'ES384']) {
  test(`vc+sd-jwt by @sd-jwt/core, ${alg}`, async () => {
    const key = await newKey(alg), sd = sdJWT({key});
    const vc = credential(key.did, {credentialSubject: {id: 'did:example:agent', name: 'Ægir', limit: 100, langs: ['de', 'fr']}});
    const issued = await sd.issue(vc, {credentialSubject: {_sd: ['name', 'limit', 'langs'], langs: {_sd: [0, 1]}, _sd_decoy: 2}},
      {header: {kid: key.kid, typ: 'vc+sd-jwt', cty: 'vc'}});
    await everyNode(enveloped('application/vc+sd-jwt', issued), 200);
    await everyNode(enveloped('application/vc+sd-jwt', await sd.present(issued, {credentialSubject: {langs: {0: true}}})), 200);
    const shown = await sd.present(issued, {credentialSubject: {limit: true}});
    await everyNode(enveloped('application/vc+sd-jwt', shown), 200);

    const [token, ...disclosures] = shown.split('~');
    const tampered = Buffer.from(text(['salt', 'limit', 1e6])).toString('base64url');
    const inner = issued.split('~').find(d => Buffer.from(d, 'base64url').toString().endsWith('"de"]'));
    const bad = {
      'a disclosure nobody signed': [token, tampered, ''],
      'one more': [token, ...disclosures.slice(0, -1), tampered, ''],
      'one twice': [token, disclosures[0], disclosures[0], ''],
      'the inner without the outer': [token, inner, ''],
      'no last tilde': [token, disclosures[0]],
      'another signature': [`${token.slice(0, -8)}AAAAAAAA`, ...disclosures],
    };
    for (const [what, parts] of Object.entries(bad)) {
      const verdict = await verify(0, enveloped('application/vc+sd-jwt', parts.join('~')));
      assert.equal(verdict.status, 400, `${what}: ${verdict.text}`);
    }
  });
}

test('key binding by @sd-jwt/core', async () => {
  const key = await newKey('ES256'), holder = await newKey('EdDSA'), thief = await newKey('EdDSA'), sd = sdJWT({key, holder});
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], holder: key.did,
    verifiableCredential: [enveloped('application/vc+jwt', await jwt(key, credential(key.did)))], cnf: {jwk: holder.jwk},
  };
  const issue = (payload, typ) => sd.issue(payload, {_sd: ['name']}, {header: {kid: key.kid, typ}});
  const now = Math.floor(Date.now() / 1000), kb = {payload: {iat: now, aud: 'https://shop.example', nonce: 'n-1'}};

  // A credential that is bound: whoever adds a binding must be the one it is bound to.
  const bound = await issue(credential(key.did, {cnf: {jwk: holder.jwk}, name: 'Vollmacht'}), 'vc+sd-jwt');
  await everyNode(enveloped('application/vc+sd-jwt', await sd.present(bound, {name: true}, {kb})), 200);

  // A presentation that is bound: nonce and audience are the challenge and the domain.
  const vp = await issue({...document, name: 'secret'}, 'vp+sd-jwt'), good = await sd.present(vp, {}, {kb});
  const options = {challenge: 'n-1', domain: 'https://shop.example'};
  const present = (token, o = options) => call(1, 'POST', '/presentations/verify', {
    verifiablePresentation: {'@context': 'https://www.w3.org/ns/credentials/v2', id: `data:application/vp+sd-jwt,${token}`, type: 'EnvelopedVerifiablePresentation'},
    options: o,
  });
  const verdict = await present(good);
  assert.equal(verdict.status, 200, verdict.text);
  assert.equal((await present(good, {...options, challenge: 'n-2'})).status, 400);
  assert.equal((await present(good, {...options, domain: 'https://mallory.example'})).status, 400);
  assert.equal((await present(vp)).status, 400, 'without a binding there is no nonce');

  const shown = good.slice(0, good.lastIndexOf('~') + 1);
  assert.equal((await present(shown + await keyBinding(shown, holder))).status, 200);
  const bad = {
    "a thief's binding": shown + await keyBinding(shown, thief),
    'a binding of other disclosures': vp + good.slice(good.lastIndexOf('~') + 1),
    'a binding without sd_hash': shown + await keyBinding(shown, holder, {sd_hash: undefined}),
    'a binding without iat': shown + await keyBinding(shown, holder, {iat: undefined}),
    'a binding without nonce': shown + await keyBinding(shown, holder, {nonce: undefined}),
    'a binding without audience': shown + await keyBinding(shown, holder, {aud: undefined}),
    'a binding made tomorrow': shown + await keyBinding(shown, holder, {iat: now + 86400}),
    'a JWT of another type': shown + await keyBinding(shown, holder, {}, 'JWT'),
    'no key to bind to': await (async () => {
      const t = await issue({...document, cnf: undefined, name: 'x'}, 'vp+sd-jwt');
      return t + await keyBinding(t, holder);
    })(),
  };
  for (const [what, token] of Object.entries(bad)) {
    const refused = await present(token);
    assert.equal(refused.status, 400, `${what}: ${refused.text}`);
  }
});

test('vc+cose by cose-kit', async () => {
  const wrap = message => enveloped('application/vc+cose;base64', Buffer.from(message.encode()).toString('base64'));
  for (const alg of ['EdDSA', 'ES256', 'ES384']) {
    const key = await newKey(alg), stranger = await newKey(alg);
    const make = (payload, kid = key.kid) => Sign1.sign({alg}, {kid: Buffer.from(kid)}, Buffer.from(text(payload)), key.privateKey);
    await everyNode(wrap(await make(credential(key.did))), 200);
    assert.equal((await verify(0, wrap(await make(credential(stranger.did))))).status, 400, 'a stranger as issuer');
    assert.equal((await verify(0, wrap(await make(credential(stranger.did), stranger.kid)))).status, 400, "a stranger's kid");
  }
});

// What an agent seals, other people's software opens.
const agent = process.env.TABARD_AGENT;
const skip = agent ? false : 'TABARD_AGENT names no agent';
async function made(path, body) {
  const reply = await fetch(agent + path, {method: 'POST', headers: {'content-type': 'application/json'}, body: text(body)});
  const value = await reply.json();
  assert.equal(reply.status, 201, text(value));
  const {id} = value.verifiableCredential ?? value.verifiablePresentation;
  return id.slice(id.indexOf(',') + 1);
}

test("an agent's tokens, read by jose, @sd-jwt/core and cose-kit", {skip}, async () => {
  const {keys} = await (await fetch(`${agent}/keys`)).json();
  assert.ok(keys.length >= 3, text(keys));
  for (const {id: kid, controller} of keys) {
    const {alg, key} = publicKey(kid);
    const draft = credential(controller, {credentialSubject: {id: 'did:example:agent', name: 'Ægir', limit: 100}});
    const issue = (form, more) => made('/credentials/issue', {credential: draft, options: {mediaType: `application/vc+${form}`, verificationMethod: kid, ...more}});

    const token = await issue('jwt');
    const {payload, protectedHeader} = await jose.jwtVerify(token, key, {typ: 'vc+jwt', algorithms: [alg]});
    assert.equal(protectedHeader.kid, kid);
    assert.deepEqual(payload.credentialSubject, draft.credentialSubject);
    await assert.rejects(jose.jwtVerify(`${token.slice(0, -8)}AAAAAAAA`, key));

    const hidden = await issue('sd-jwt', {disclosable: ['/credentialSubject/name', '/credentialSubject/limit']});
    const reader = sdJWT({alg, publicKey: key});
    assert.deepEqual((await reader.verify(hidden)).payload.credentialSubject, draft.credentialSubject);
    const shown = await reader.present(hidden, {credentialSubject: {limit: true}});
    assert.deepEqual((await reader.verify(shown)).payload.credentialSubject, {id: 'did:example:agent', limit: 100});
    await everyNode(enveloped('application/vc+sd-jwt', shown), 200);
    await assert.rejects(reader.verify(`${hidden.split('~')[0].slice(0, -8)}AAAAAAAA~`));

    const message = Buffer.from(await issue('cose'), 'base64');
    const {isValid, decoded} = await coseVerify(message, key);
    assert.equal(isValid, true);
    assert.deepEqual(JSON.parse(Buffer.from(decoded.payload).toString()).credentialSubject, draft.credentialSubject);
    message[message.length - 1] ^= 1;
    assert.equal((await coseVerify(message, key)).isValid, false);

    const presentation = {'@context': ['https://www.w3.org/ns/credentials/v2'], type: ['VerifiablePresentation'], verifiableCredential: [enveloped('application/vc+jwt', token)]};
    const vp = await made('/presentations/prove', {presentation, options: {mediaType: 'application/vp+jwt', verificationMethod: kid, challenge: 'n-1', domain: 'https://shop.example'}});
    const opened = await jose.jwtVerify(vp, key, {typ: 'vp+jwt', audience: 'https://shop.example'});
    assert.equal(opened.payload.nonce, 'n-1');
  }
});
