// The documents that the packages may load: published JSON-LD contexts and the documents of did:key DIDs.
// Everything else is refused; nothing is fetched.
import * as credentials from '@digitalbazaar/credentials-context';
import * as dataIntegrity from '@digitalbazaar/data-integrity-context';
import * as multikey from '@digitalbazaar/multikey-context';
import * as ed25519 from 'ed25519-signature-2020-context';
import * as didContext from 'did-context';
import * as statusList from '@digitalbazaar/vc-bitstring-status-list-context';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as eddsaJCS from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import * as eddsaRDFC from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as ecdsaJCS from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import * as ecdsaRDFC from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as ecdsaSD from '@digitalbazaar/ecdsa-sd-2023-cryptosuite';

const packages = {
  'eddsa-jcs-2022': eddsaJCS, 'eddsa-rdfc-2022': eddsaRDFC, 'ecdsa-jcs-2019': ecdsaJCS,
  'ecdsa-rdfc-2019': ecdsaRDFC, 'ecdsa-sd-2023': ecdsaSD,
};

// Some packages export one cryptosuite, others a factory for each use.
const suiteOf = (name, factory, ...options) => packages[name].cryptosuite ?? packages[name][factory](...options);
export const verifier = name => suiteOf(name, 'createVerifyCryptosuite');
export const signer = (name, options) => suiteOf(name, 'createSignCryptosuite', options);
export const discloser = (name, options) => suiteOf(name, 'createDiscloseCryptosuite', options);

const contexts = new Map();
for (const pack of [credentials, dataIntegrity, multikey, ed25519, didContext, statusList]) {
  for (const [url, document] of pack.contexts) contexts.set(url, document);
}

const relationships = ['assertionMethod', 'authentication'];

/** The document of a did:key, as Multikey. */
export function didKeyDocument(did) {
  const multibase = did.slice('did:key:'.length);
  const method = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id: `${did}#${multibase}`, type: 'Multikey', controller: did, publicKeyMultibase: multibase,
  };
  const document = {'@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'], id: did, verificationMethod: [method]};
  for (const name of relationships) document[name] = [method.id];
  return {document, method};
}

export const extra = new Map();

export async function documentLoader(url) {
  if (contexts.has(url)) return {documentUrl: url, document: contexts.get(url)};
  if (extra.has(url)) return {documentUrl: url, document: extra.get(url)};
  if (url.startsWith('did:key:')) {
    const {document, method} = didKeyDocument(url.split('#')[0]);
    return {documentUrl: url, document: url.includes('#') ? method : document};
  }
  throw new Error(`nothing may be fetched: ${url}`);
}

/** An Ed25519 key of the packages under its did:key. */
export async function edKey() {
  const key = await Ed25519Multikey.generate({});
  key.controller = `did:key:${key.publicKeyMultibase}`;
  key.id = `${key.controller}#${key.publicKeyMultibase}`;
  return key;
}
