// Package schema evaluates JSON Schemas that strangers wrote on credentials that
// other strangers wrote (W3C VC JSON Schema): drafts 2020-12, 2019-09 and 7, with
// formats asserted.
//
// Nothing is loaded: a schema that refers to another one is refused. Work is counted
// and bounded, for compiling as for evaluating, so that neither exponential
// references nor regular expressions cost more than a fraction of a second.
package schema
