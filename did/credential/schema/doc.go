// Package schema evaluates JSON Schemas that strangers wrote on credentials that
// other strangers wrote (W3C VC JSON Schema): drafts 2020-12, 2019-09 and 7. In the
// first two format is an annotation, unless Options say otherwise: a metaschema, which
// could say so by its $vocabulary, is none of those that are known.
//
// Nothing is loaded: a schema that refers to another one is refused. Work is counted
// and bounded, for compiling as for evaluating, so that neither exponential
// references nor regular expressions cost more than a fraction of a second.
package schema
