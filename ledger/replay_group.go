package ledger

import (
	"fmt"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/ledger/internal/view"
	"github.com/tabard-id/tabard/ledger/record"
)

// heldRecord is a received record.
type heldRecord struct {
	record.Record
	seq record.Seq
	// value is as stored: the leaf hash and the bytes.
	value []byte
	// beside is what the snapshot carries with it.
	beside beside

	// The rest is of a did record: its body, which DID it is of, its version, and the
	// last version that one of its witness proofs is of.
	did     record.DIDBody
	id      webvh.Identifier
	version int
	proven  int
}

func (h *heldRecord) refuse(err error) error {
	return fmt.Errorf("%w: record %d: %w", ErrSnapshot, h.seq, err)
}

// group is the records of one operation.
type group struct {
	records []heldRecord
	plan    *plan
}

func (g *group) time() record.Time { return g.records[0].Time }

func (g *group) refuse(err error) error {
	if n := len(g.records); n > 1 {
		return fmt.Errorf("%w: records %d to %d: %w", ErrSnapshot, g.records[0].seq, g.records[n-1].seq, err)
	}
	return g.records[0].refuse(err)
}

// open reads the record.
func (h *heldRecord) open() (err error) {
	if h.Record, err = record.Decode(view.BytesOf(h.value)); err != nil || h.Kind != record.KindDID {
		return err
	}
	if h.did, err = record.ParseDIDBody(h.Body); err != nil {
		return err
	}
	state, _ := h.did.Entry.Get("state")
	id, _ := state.GetString("id")
	if h.id, err = webvh.ParseID(did.ID(id)); err != nil {
		return err
	}
	version, _ := h.did.Entry.GetString("versionId")
	h.version = versionNumber(version)
	for _, item := range h.did.Witness {
		of, _ := item.GetString("versionId")
		h.proven = max(h.proven, versionNumber(of))
	}
	return nil
}

// group divides records into operations. Where one of several log entries began and
// ended is not in the ledger: any division does that the judgement accepts, since all
// of them have the same records and make the same of the views. What is left over
// needs more records to be seen, of which there are some if more is true.
func (r *replayer) group(list []heldRecord, more bool) (groups []*group, rest []heldRecord) {
	homes := make(map[string]bool)
	for len(list) > 0 {
		n, enough := 1, true
		if list[0].Kind == record.KindDID {
			run := runOf(list)
			n, enough = r.extent(run, more && len(run) == len(list) && len(run) < maxRun, homes)
		}
		if !enough {
			return groups, list
		}
		if last := &list[n-1]; last.Kind == record.KindDID {
			homes[last.id.SCID] = r.hosted(last)
		}
		groups = append(groups, &group{records: list[:n:n]})
		list = list[n:]
	}
	return groups, nil
}

// runOf returns the records at the front of list that may be of one operation.
func runOf(list []heldRecord) []heldRecord {
	n := 1
	for n < len(list) && n < maxRun && list[n].Kind == record.KindDID &&
		list[n].id.SCID == list[0].id.SCID && list[n].Time == list[0].Time {
		n++
	}
	return list[:n]
}

// extent returns how many records of a run are those of its first operation, and false
// if that shows only in what follows the run. An operation ends where its entries are
// approved by proofs of its own, and where the DID may be after an operation: on the
// registry's domain, or, once it has been there, elsewhere.
func (r *replayer) extent(run []heldRecord, more bool, homes map[string]bool) (n int, enough bool) {
	n, enough = approved(run, 0, more)
	if !enough || n == len(run) && !more {
		return n, enough
	}
	hosted := r.hosted(&run[n-1])
	if hosted {
		return n, true
	}
	// Only one operation in a row can leave the DID elsewhere, if it was here before.
	leaves := r.home(run[0].id.SCID, homes)
	for n < len(run) {
		end, enough := approved(run, n, more)
		if !enough {
			return n, false
		}
		hosted = r.hosted(&run[end-1])
		if leaves && hosted {
			return n, true
		}
		if n = end; hosted {
			return n, true
		}
	}
	return n, !more
}

// approved returns the end of the shortest part of a run, from one of its records on,
// whose proofs are all of its own entries.
func approved(run []heldRecord, from int, more bool) (end int, enough bool) {
	end = from + 1
	for i := from; i < end; i++ {
		if ahead := run[i].proven - run[i].version; ahead > 0 {
			end = max(end, i+ahead+1)
		}
		if end > len(run) {
			return len(run), !more
		}
	}
	return end, true
}

// hosted reports whether the DID is on the registry's domain after that record; the
// registry's own has to keep its name.
func (r *replayer) hosted(h *heldRecord) bool {
	if h.id.SCID == r.header.Identity.Ledger {
		return h.id.ID() == r.header.Identity.DID
	}
	return h.id.Domain == r.header.Identity.Domain
}

// home reports whether a DID other than the registry's is on its domain before a
// record. What cannot be read of it the judgement says.
func (r *replayer) home(scid string, homes map[string]bool) bool {
	if scid == r.header.Identity.Ledger {
		return false
	}
	if here, known := homes[scid]; known {
		return here
	}
	head, err := view.GetHead(r.to.gen.db, scid)
	if err != nil || head == nil {
		return false
	}
	id, err := webvh.ParseID(head.DID)
	return err == nil && id.Domain == r.header.Identity.Domain
}
