// The peer of `tabard bench verify --peer 'node .ci/interop/verify-peer.mjs'`: @digitalbazaar/vc with the
// cryptosuite the credential names. The first line of input is {"credential": …}; every further line is how
// many verifications to time, and is answered with a line saying how many a second there were.
import {createInterface} from 'node:readline';
import * as vc from '@digitalbazaar/vc';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {documentLoader, verifier} from './documents.mjs';

const lines = createInterface({input: process.stdin})[Symbol.asyncIterator]();
const {credential} = JSON.parse((await lines.next()).value);
const suite = () => new DataIntegrityProof({cryptosuite: verifier(credential.proof.cryptosuite)});

async function verify() {
  const result = await vc.verifyCredential({credential, suite: suite(), documentLoader});
  if (!result.verified) throw new Error(JSON.stringify(result.error?.errors?.map(String) ?? result));
}

for (let i = 0; i < 200; i++) await verify(); // the JIT compiler deserves a warm start
console.log('ready');
for await (const line of lines) {
  const n = Number(line);
  const start = process.hrtime.bigint();
  for (let i = 0; i < n; i++) await verify();
  console.log(n / (Number(process.hrtime.bigint() - start) / 1e9));
}
