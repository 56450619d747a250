package ledger

import (
	"strings"
	"time"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/record"
)

// entryCase registers a credential whose entry in the issuer's own list was edited.
func entryCase(edit func(list string, e jcs.Value) jcs.Value) func(f *fixture) record.Op {
	return func(f *fixture) record.Op {
		a := f.agent("a")
		list := ownList(a.id(), "revocation", 0)
		return f.credentialOp(a.listed("s", edit(list, inList(list, "revocation", 5))), false)
	}
}

// listCase records a list, edited before it is signed.
func listCase(edit func(v jcs.Value) jcs.Value) func(f *fixture) record.Op {
	return func(f *fixture) record.Op {
		a := f.agent("a")
		return f.listOp(a, edit(a.statusList(elsewhere("1"), "revocation", 3)))
	}
}

// seenCase observes a stranger, edited before it is signed.
func seenCase(edit func(o *record.Observation)) func(f *fixture) record.Op {
	return func(f *fixture) record.Op {
		s := newStranger(f, "s")
		o := f.seen(s)
		edit(&o)
		return f.observationOp(o, s.jsonl())
	}
}

// whoisCase publishes a presentation, edited before it is signed.
func whoisCase(edit func(v jcs.Value) jcs.Value) func(f *fixture) record.Op {
	return func(f *fixture) record.Op {
		a := f.agent("a")
		return f.whoisOp(a, edit(a.presentation("s")))
	}
}

func text(s string) jcs.Value { return jcs.FromString(s) }

// newRefusals are of status lists, observations and presentations.
var newRefusals = []refusalCase{
	{"entry for suspension in a list for revocation", record.StatusEntryInvalid, entryCase(func(_ string, e jcs.Value) jcs.Value {
		return e.With("statusPurpose", text("suspension"))
	})},
	{"entry of two bits in a list of one", record.StatusEntryInvalid, entryCase(func(_ string, e jcs.Value) jcs.Value {
		m := func(s string) jcs.Value { return obj("status", s, "message", "m") }
		return e.With("statusSize", jcs.FromInt(2)).With("statusMessage", jcs.Array(m("0x0"), m("0x1"), m("0x2"), m("0x3")))
	})},
	{"entry with a number for its index", record.StatusEntryInvalid, entryCase(func(_ string, e jcs.Value) jcs.Value {
		return e.With("statusListIndex", jcs.FromInt(5))
	})},
	{"entry with a leading zero in its index", record.StatusEntryInvalid, entryCase(func(_ string, e jcs.Value) jcs.Value {
		return e.With("statusListIndex", text("05"))
	})},
	{"entry beyond the longest list", record.StatusEntryInvalid, entryCase(func(_ string, e jcs.Value) jcs.Value {
		return e.With("statusListIndex", text("1048576"))
	})},
	{"credential with one entry twice", record.StatusEntryInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		list := ownList(a.id(), "revocation", 0)
		return f.credentialOp(a.listed("s", inList(list, "revocation", 5), inList(list, "revocation", 5).With("id", text("urn:example:other"))), false)
	}},
	{"entry of another credential", record.IndexTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.credentialOp(a.revocable("s", 5), false))
		return f.credentialOp(a.revocable("t", 5), false)
	}},
	{"entry of another credential under another spelling of its list", record.IndexTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.credentialOp(a.revocable("s", 5), false))
		list := strings.Replace(ownList(a.id(), "revocation", 0), "did:webvh:", "did%3awebvh%3A", 1)
		return f.credentialOp(a.listed("t", inList(list, "revocation", 5)), false)
	}},
	{"entry that was revoked by itself", record.IndexTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
		return f.credentialOp(a.revocable("s", 5), false)
	}},
	{"revoking the entry of a registered credential", record.IndexTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.credentialOp(a.revocable("s", 5), false))
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
	}},
	{"revoking an entry of somebody else's list", record.NotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		return f.changeOp(b, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
	}},
	{"revoking an entry of a DID that is not here", record.UnknownTarget, func(f *fixture) record.Op {
		b := newAgent(f, "b", []string{"b"}, nil)
		return f.changeOp(f.agent("a"), string(b.id())+"/status-lists/revocation/0#5", record.Revoked)
	}},
	{"reinstating a revoked entry", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/0#5", record.Active)
	}},
	{"revoking a revoked entry", record.FinalStatus, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
	}},
	{"revoking an entry of a suspension list", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, string(a.id())+"/status-lists/suspension/0#5", record.Revoked)
	}},
	{"suspending a suspended entry", record.NoChange, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id())+"/status-lists/suspension/0#5", record.Suspended)
		return f.changeOp(a, string(a.id())+"/status-lists/suspension/0#5", record.Suspended)
	}},
	{"issuer lifting its controller's suspension of an entry", record.NotAuthorised, func(f *fixture) record.Op {
		owner := f.agent("owner")
		a := f.agent("a", string(owner.id()))
		f.change(owner, string(a.id())+"/status-lists/suspension/0#5", record.Suspended)
		return f.changeOp(a, string(a.id())+"/status-lists/suspension/0#5", record.Active)
	}},
	{"suspended issuer suspending an entry", record.NotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.changeOp(a, string(a.id())+"/status-lists/suspension/0#5", record.Suspended)
	}},
	{"target in a list for another purpose", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, string(a.id())+"/status-lists/message/0#5", record.Revoked)
	}},
	{"target with a leading zero", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/00#5", record.Revoked)
	}},
	{"target beyond the longest list", record.Malformed, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/0#1048576", record.Revoked)
	}},

	{"status change with a proof over RDF", record.CryptosuiteNotAllowed, func(f *fixture) record.Op {
		a := f.agent("a")
		change := statement(f.ledgerID(), string(a.id()), record.Revoked, f.now).With("@context",
			strs("https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"))
		return f.statusOp(a.overRDF(change, did.AssertionMethod, epoch))
	}},
	{"digest with a proof over RDF", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		c := a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch)
		return must(f)(record.NewDigestOp(record.CredentialDigest(c), a.id(), proofOf(c)))
	}},
	{"credential over RDF that was changed after signing", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("id", text("urn:example:t")), false)
	}},
	{"credential over RDF with a term that nothing defines", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("colour", text("red")), false)
	}},
	{"credential over RDF with a context that nobody has", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.credentialOp(a.overRDF(a.rdfCredential("s"), did.AssertionMethod, epoch).With("@context",
			strs("https://www.w3.org/ns/credentials/v2", "https://nowhere.example/v1")), false)
	}},
	{"list without id", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value { return v.Without("id") })},
	{"list with a fragment in its id", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value { return v.With("id", text(elsewhere("1#list"))) })},
	{"list whose id is no place", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value { return v.With("id", text("urn:example:list")) })},
	{"list that is no status list", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value {
		return v.With("type", strs("VerifiableCredential"))
	})},
	{"list without a subject", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value { return v.Without("credentialSubject") })},
	{"list that is over", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value { return v.With("validUntil", text("2026-01-02T03:04:06Z")) })},
	{"list that is too short", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value {
		s, _ := v.Get("credentialSubject")
		return v.With("credentialSubject", s.With("encodedList", text("uH4sIAAAAAAAA_2NgGAWjYBQMdwAApj3UAQABAAA")))
	})},
	{"list whose bits are not compressed", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value {
		s, _ := v.Get("credentialSubject")
		return v.With("credentialSubject", s.With("encodedList", text("u"+strings.Repeat("A", 1<<10))))
	})},
	{"list that expands beyond a mebibyte", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value {
		bomb, err := statuslist.Encode(make([]byte, record.MaxStatusListBits+1))
		if err != nil {
			panic(err)
		}
		s, _ := v.Get("credentialSubject")
		return v.With("credentialSubject", s.With("encodedList", text(bomb)))
	})},
	{"list of more than a quarter of a mebibyte", record.StatusListInvalid, listCase(func(v jcs.Value) jcs.Value {
		return v.With("name", text(strings.Repeat("x", record.MaxStatusList)))
	})},
	{"list of another purpose than the one before", record.StatusListInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3)))
		return f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3))
	}},
	{"list of another purpose than its URL", record.StatusListInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.listOp(a, a.statusList(ownList(a.id(), "revocation", 7), "suspension", 3))
	}},
	{"list that takes a revocation back", record.FinalStatus, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3, 5)))
		return f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3))
	}},
	{"old list sent again", record.IssuedNotLater, func(f *fixture) record.Op {
		a := f.agent("a")
		old := a.signAt(a.statusList(elsewhere("1"), "suspension"), f.now, did.AssertionMethod)
		f.accept(f.listOp(a, a.statusList(elsewhere("1"), "suspension", 3)))
		return must(f)(record.NewStatusListOp(old))
	}},
	{"list from the future", record.IssuedInFuture, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewStatusListOp(a.signAt(a.statusList(elsewhere("1"), "revocation", 3), f.now.Add(time.Hour), did.AssertionMethod)))
	}},
	{"list that was changed after signing", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		v := a.signAt(a.statusList(elsewhere("1"), "revocation", 3), f.now, did.AssertionMethod)
		return must(f)(record.NewStatusListOp(v.With("name", text("x"))))
	}},
	{"list without a proof", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewStatusListOp(a.statusList(elsewhere("1"), "revocation", 3)))
	}},
	{"list that does not say when it was signed", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewStatusListOp(a.signAt(a.statusList(elsewhere("1"), "revocation", 3), time.Time{}, did.AssertionMethod)))
	}},
	{"list signed for authentication", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewStatusListOp(a.signAt(a.statusList(elsewhere("1"), "revocation", 3), f.now, did.Authentication)))
	}},
	{"list signed by somebody else", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		return f.listOp(b, a.statusList(elsewhere("1"), "revocation", 3))
	}},
	{"list of a suspended issuer", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3))
	}},
	{"list of an issuer that is not here", record.IssuerUnresolvable, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, nil)
		return f.listOp(a, a.statusList(elsewhere("1"), "revocation", 3))
	}},
	{"list at the URL of another issuer's", record.StatusListTaken, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		return f.listOp(a, a.statusList(ownList(b.id(), "revocation", 0), "revocation", 3))
	}},
	{"list at a URL of the registry's that is for no list", record.StatusListTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		return f.listOp(a, a.statusList("https://"+domain+"/lists/1", "revocation", 3))
	}},
	{"list that the registry makes already", record.StatusListTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.credentialOp(a.revocable("s", 5), false))
		return f.listOp(a, a.statusList(ownList(a.id(), "revocation", 0), "revocation", 3))
	}},
	{"revoking an entry of a list that its issuer signs", record.StatusListTaken, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.listOp(a, a.statusList(ownList(a.id(), "revocation", 0), "revocation", 3)))
		return f.changeOp(a, string(a.id())+"/status-lists/revocation/0#5", record.Revoked)
	}},

	{"observation for another ledger", record.UnknownLedger, seenCase(func(o *record.Observation) { o.Ledger = "Qm" })},
	{"observation of yesterday", record.ObservationInvalid, seenCase(func(o *record.Observation) { o.Fetched = o.Fetched.AddDate(0, 0, -1) })},
	{"observation of tomorrow", record.IssuedInFuture, seenCase(func(o *record.Observation) { o.Fetched = o.Fetched.AddDate(0, 0, 1) })},
	{"observation of another version than the log's newest", record.ObservationInvalid, seenCase(func(o *record.Observation) { o.VersionID = "1-QmOther" })},
	{"observation of another log", record.ObservationInvalid, seenCase(func(o *record.Observation) { h := record.FileDigest(nil); o.Log = &h })},
	{"observation of witness proofs that are not there", record.ObservationInvalid, seenCase(func(o *record.Observation) { h := record.FileDigest(nil); o.Witness = &h })},
	{"observation of a document that the log does not come to", record.ObservationInvalid, seenCase(func(o *record.Observation) {
		o.Document = o.Document.With("alsoKnownAs", strs("did:example:other"))
	})},
	{"observation of a deactivation that is not in the log", record.ObservationInvalid, seenCase(func(o *record.Observation) {
		o.Deactivated, o.Document = true, jcs.Value{}
	})},
	{"observation of a document of another DID", record.DocumentInvalid, seenCase(func(o *record.Observation) {
		o.Document = o.Document.With("id", text("did:web:elsewhere.example"))
	})},
	{"observation of what is no document", record.DocumentInvalid, seenCase(func(o *record.Observation) {
		o.Document = o.Document.With("verificationMethod", text("none"))
	})},
	{"observation without its log", record.ObservationInvalid, func(f *fixture) record.Op {
		return f.observationOp(f.seen(newStranger(f, "s")), nil)
	}},
	{"observation of a log with a changed signature", record.ProofInvalid, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		o := f.seen(s)
		p := proofOf(s.log[0])
		value, _ := p.GetString("proofValue")
		s.log[0] = s.log[0].With("proof", jcs.Array(p.With("proofValue", text("z2"+value[2:]))))
		digest := record.FileDigest(s.jsonl())
		o.Log = &digest
		return f.observationOp(o, s.jsonl())
	}},
	{"observation that says nothing new", record.NoChange, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		f.observe(s)
		return f.observationOp(f.seen(s), s.jsonl())
	}},
	{"observation before the last one", record.IssuedNotLater, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		first := f.seen(s)
		f.observe(s)
		s.grow("new")
		o := f.seen(s)
		o.Fetched = first.Fetched
		return f.observationOp(o, s.jsonl())
	}},
	{"observation by an agent", record.NotAuthorised, func(f *fixture) record.Op {
		a, s := f.agent("a"), newStranger(f, "s")
		return must(f)(record.NewObservationOp(a.sign(f.seen(s).Value()), s.jsonl(), nil))
	}},
	{"observation signed for authentication", record.ProofInvalid, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		f.registry.t = f
		return must(f)(record.NewObservationOp(f.registry.signAt(f.seen(s).Value(), f.now, did.Authentication), s.jsonl(), nil))
	}},
	{"observation whose document was changed after signing", record.Malformed, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		f.registry.t = f
		v := f.registry.sign(f.seen(s).Value())
		doc, _ := v.Get("document")
		return must(f)(record.NewObservationOp(v.With("document", doc.With("alsoKnownAs", strs("did:example:x"))), s.jsonl(), nil))
	}},
	{"observation with an unknown member", record.Malformed, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		f.registry.t = f
		return must(f)(record.NewObservationOp(f.registry.sign(f.seen(s).Value().With("rewritten", jcs.FromBool(false))), s.jsonl(), nil))
	}},
	{"observation of a log of did:web", record.ObservationInvalid, func(f *fixture) record.Op {
		return f.observationOp(f.seenWeb("did:web:elsewhere.example", "a"), newStranger(f, "s").jsonl())
	}},
	{"observation of a DID of this registry", record.NotForeign, func(f *fixture) record.Op {
		a := f.agent("a")
		s := &stranger{agent: newAgent(f, "a", []string{"agents", "a"}, nil)}
		s.take()
		if s.id() != a.id() {
			f.Fatal("not the same DID")
		}
		return f.observationOp(f.seen(s), s.jsonl())
	}},
	{"observation of a did:web DID on this registry's domain", record.NotForeign, func(f *fixture) record.Op {
		return f.observationOp(f.seenWeb("did:web:"+domain+":agents:x", "a"), nil)
	}},
	{"observation of a did:web DID in another spelling", record.NotForeign, func(f *fixture) record.Op {
		return f.observationOp(f.seenWeb("did:web:Elsewhere.example", "a"), nil)
	}},
	{"observation of a DID that has moved here", record.NotForeign, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		was := f.seen(s)
		in := newAgent(f, "s", []string{"s"}, func(o *webvh.CreateOptions) { o.Domain, o.Portable = "elsewhere.example", true })
		was.DID = in.id()
		was.Document = was.Document.With("id", text(string(in.id())))
		id := did.ID(strings.Replace(string(in.id()), "elsewhere.example:s", domain+":s", 1))
		in.update(webvh.UpdateOptions{Document: in.document(id).With("alsoKnownAs", strs(string(in.id())))})
		f.accept(f.didOp(in))
		return f.observationOp(was, s.jsonl())
	}},
	{"observation of a did:key DID", record.NotForeign, func(f *fixture) record.Op {
		k := f.registry.key.Public().String()
		return f.observationOp(f.seenWeb("did:key:"+k, "a"), nil)
	}},
	{"credential of an observed issuer whose log was rewritten", record.IssuerUnresolvable, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		s.grow("a")
		f.observe(s)
		fork := newStranger(f, "s")
		fork.grow("b")
		f.observe(fork)
		return f.credentialOp(s.sign(s.credential("x")), false)
	}},
	{"credential of an observed issuer that is deactivated", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		s := newStranger(f, "s")
		s.deactivate()
		s.take()
		f.observe(s)
		return f.credentialOp(s.sign(s.credential("x")), false)
	}},
	{"credential of an observed did:web issuer", record.IssuerUnresolvable, func(f *fixture) record.Op {
		f.accept(f.observationOp(f.seenWeb("did:web:elsewhere.example", "a"), nil))
		a := newAgent(f, "web", []string{"web"}, nil)
		c := a.credential("x").With("issuer", text("did:web:elsewhere.example"))
		return f.credentialOp(signBy(f, c, a.key, "did:web:elsewhere.example#key", did.AssertionMethod), false)
	}},

	{"presentation without type", record.PresentationInvalid, whoisCase(func(v jcs.Value) jcs.Value { return v.Without("type") })},
	{"credential in place of a presentation", record.PresentationInvalid, whoisCase(func(v jcs.Value) jcs.Value {
		return v.With("type", strs("VerifiableCredential"))
	})},
	{"presentation of 64 KiB", record.PresentationInvalid, whoisCase(func(v jcs.Value) jcs.Value {
		return v.With("name", text(strings.Repeat("x", record.MaxPresentation)))
	})},
	{"presentation with a holder that has no id", record.PresentationInvalid, whoisCase(func(v jcs.Value) jcs.Value {
		return v.With("holder", obj("name", "x"))
	})},
	{"presentation that was made for a verifier", record.PresentationInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		v, err := proof.Sign(a.presentation("s"), a.key, proof.SignOptions{
			VerificationMethod: a.method(), Purpose: did.Authentication, Created: f.now, Challenge: "c", Domain: []string{"verifier.example"}})
		if err != nil {
			f.Fatal(err)
		}
		return must(f)(record.NewWhoisOp(v))
	}},
	{"presentation of another holder", record.NotAuthorised, func(f *fixture) record.Op {
		a, b := f.agent("a"), f.agent("b")
		return f.whoisOp(b, a.presentation("s"))
	}},
	{"presentation of a DID that is not here", record.UnknownTarget, func(f *fixture) record.Op {
		a := newAgent(f, "a", []string{"a"}, nil)
		return f.whoisOp(a, a.presentation("s"))
	}},
	{"presentation of a suspended DID", record.IssuerNotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		f.change(a, string(a.id()), record.Suspended)
		return f.whoisOp(a, a.presentation("s"))
	}},
	{"presentation signed for assertions", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewWhoisOp(a.signAt(a.presentation("s"), f.now, did.AssertionMethod)))
	}},
	{"presentation that was changed after signing", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		v := a.signAt(a.presentation("s"), f.now, did.Authentication)
		return must(f)(record.NewWhoisOp(v.With("verifiableCredential", jcs.Array())))
	}},
	{"presentation without a proof", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewWhoisOp(a.presentation("s")))
	}},
	{"presentation that does not say when it was signed", record.ProofInvalid, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewWhoisOp(a.signAt(a.presentation("s"), time.Time{}, did.Authentication)))
	}},
	{"presentation with a key that is not for authentication", record.NotAuthorised, func(f *fixture) record.Op {
		a := f.agent("a")
		a.update(webvh.UpdateOptions{Document: a.document(a.id()).Without("authentication")})
		f.accept(f.didOp(a))
		return f.whoisOp(a, a.presentation("s"))
	}},
	{"presentation from the future", record.IssuedInFuture, func(f *fixture) record.Op {
		a := f.agent("a")
		return must(f)(record.NewWhoisOp(a.signAt(a.presentation("s"), f.now.Add(time.Hour), did.Authentication)))
	}},
	{"presentation older than the last one", record.IssuedNotLater, func(f *fixture) record.Op {
		a := f.agent("a")
		f.accept(f.whoisOp(a, a.presentation("s")))
		return must(f)(record.NewWhoisOp(a.signAt(a.presentation("t"), epoch, did.Authentication)))
	}},
}
