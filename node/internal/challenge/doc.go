// Package challenge issues challenges for presentations to answer, and lets each be used once in the
// whole cluster.
//
// A challenge names the node that issued it, and that node alone knows whether it has been used: the
// others ask it. Every node can tell by a key that all share whether a challenge is of this cluster at
// all, so that nobody asks in vain. A node keeps one bit for each challenge that it issued and that has
// not expired; nobody can fill what others need. A node that was restarted takes none of the challenges
// it issued before, since it no longer knows which were used.
package challenge
