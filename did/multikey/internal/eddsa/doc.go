// Package eddsa verifies Ed25519 signatures (RFC 8032, 5.1.7) as crypto/ed25519 does, in
// less time. It accepts exactly the signatures that one accepts: those whose S is below L
// and whose R is the canonical encoding of S B − k A.
//
// Let D = S B − k A − R, a point of the curve, whose points form a group of order 8 L. What
// is checked is not D but c D, for an odd number c between 0 and L. Such a c has no factor
// in common with the order of the group, so that c D is zero if D is, and only then: this
// holds for every point, those with a component of small order included. Nothing is left
// to chance, and no cofactor is multiplied in.
//
// The c is such that c and d, which is c k modulo 8 L, have half as many bits as k. It
// makes c D = (c S) B − d A − c R a sum that takes half as many doublings. The multiples
// of B are known beforehand. (Antipa, Brown, Gallant, Lambert, Struik and Vanstone,
// "Accelerated Verification of ECDSA Signatures", SAC 2005; Pornin, "Optimized Lattice
// Basis Reduction in Dimension 2, and Fast Schnorr and EdDSA Signature Verification", 2020.
// Both reduce modulo L, which is right only where there are no components of small order.)
//
// All of it takes a time that depends on the signature, which is no secret.
package eddsa
