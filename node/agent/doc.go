// Package agent is the holder's side: a local process that keeps an agent's keys
// and issues, presents, derives and verifies credentials for it over the VC API
// (W3C VCALM 1.0), so that an agent may be written in any language.
//
// Keys never leave the process. They are in a file that is sealed with a
// passphrase (Store), or wherever an implementation of Keys says. Whoever may
// call the agent may sign with its keys: it listens on loopback, asks for a
// bearer token, answers only to the host names it was told, and takes no request
// that a web page could send by itself.
//
// The agent trusts a registry with what it must: documents of did:webvh DIDs are
// verified here, the status of credentials is the registry's word.
package agent
