// What tests with didwebvh-ts share.
import {AbstractCrypto, prepareDataForSigning} from 'didwebvh-ts';
import {base58btc} from './base58.mjs';
import {verifyRaw} from './cluster.mjs';

/** Signs and verifies log entries for didwebvh-ts. */
export class LogSigner extends AbstractCrypto {
  constructor(key) {
    super({verificationMethod: {type: 'Multikey', publicKeyMultibase: key.multibase}});
    this.key = key;
  }
  async sign({document, proof}) {
    return {proofValue: base58btc(this.key.sign(await prepareDataForSigning(document, proof)))};
  }
  async verify(signature, message, publicKey) {
    return verifyRaw(signature, message, publicKey);
  }
}

export const method = (key, purpose) => ({type: 'Multikey', publicKeyMultibase: key.multibase, purpose});
export const line = entry => JSON.stringify(entry) + '\n';
export const lines = log => log.map(line).join('');
