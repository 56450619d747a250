package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/api"
	"github.com/tabard-id/tabard/node/client"
	"github.com/tabard-id/tabard/node/durable"
)

// didChange is what a command that made a log entry prints.
type didChange struct {
	DID       did.ID `json:"did"`
	VersionID string `json:"versionId"`
	Dir       string `json:"dir"`
	// Pending: the entry waits for witnesses, in pending.jsonl.
	Pending bool    `json:"pending,omitempty"`
	Ledger  string  `json:"ledger,omitempty"`
	Seq     *uint64 `json:"seq,omitempty"`
	Time    string  `json:"time,omitempty"`
	Leaf    string  `json:"leaf,omitempty"`
}

func (d didChange) table() table {
	t := table{rows: [][]string{{"did", string(d.DID)}, {"version", d.VersionID}, {"directory", d.Dir}}}
	if d.Pending {
		t.rows = append(t.rows, []string{"pending", filepath.Join(d.Dir, pendingFile)})
	}
	if d.Seq != nil {
		t.rows = append(t.rows, []string{"seq", strconv.FormatUint(*d.Seq, 10)}, []string{"time", d.Time}, []string{"leaf", d.Leaf})
	}
	return t
}

// commit approves an entry by the witnesses whose keys are at hand, sends it and makes it part of the
// directory's log. It waits in pending.jsonl while witnesses have yet to approve, and until the
// registry has accepted it, so that `did publish` can finish what a crash interrupts.
func commit(c *cli.Context, cl *client.Client, d *didDir, e webvh.Entry) error {
	proofs, err := witnessWith(c.StringSlice("witness-key"), e)
	if err != nil {
		return err
	}
	if err := durable.Replace(filepath.Join(d.path, pendingFile), append(e.Value.Canonical(), '\n'), 0o644); err != nil {
		return err
	}
	return finishPending(c, cl, d, e, proofs)
}

// finishPending takes a pending entry as far as it will go.
func finishPending(c *cli.Context, cl *client.Client, d *didDir, e webvh.Entry, proofs []webvh.WitnessProof) error {
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	id, err := entryDID(e)
	if err != nil {
		return err
	}
	result := didChange{DID: id, VersionID: e.VersionID, Dir: d.path}
	missing := missingWitnesses(d, e, proofs)
	switch {
	case isThreshold(missing):
		result.Pending = true
		if err := keepProofs(d, proofs); err != nil {
			return err
		}
		talk(c, "Witnesses are missing: %v.\nHave them approve %s with `tabard did witness sign`, then run `tabard did publish`.",
			missing, filepath.Join(d.path, pendingFile))
		return out.datum(result, result.table())
	case missing != nil:
		return missing
	}
	if !c.Bool("no-submit") {
		if err := submit(c, cl, d, &e, proofs, &result); err != nil {
			return errors.Join(err, setAside(c, d, e, err))
		}
	}
	if err := d.extend(e, proofs); err != nil {
		return err
	}
	if err := d.dropPending(); err != nil {
		return err
	}
	return out.datum(result, result.table())
}

// submit sends what the registry does not have of the directory's log, and then the entry e if there
// is one, all or nothing.
func submit(c *cli.Context, cl *client.Client, d *didDir, e *webvh.Entry, proofs []webvh.WitnessProof, result *didChange) error {
	var entries []webvh.Entry
	if d.verified != nil {
		for _, v := range d.verified.Versions[d.published:] {
			entries = append(entries, v.Entry)
		}
	}
	if e != nil {
		entries = append(entries, *e)
	}
	kept, err := d.proofs()
	if err != nil {
		return err
	}
	for _, p := range kept {
		if slices.ContainsFunc(entries, func(e webvh.Entry) bool { return e.VersionID == p.VersionID }) {
			proofs = append(proofs, p)
		}
	}
	var opts []client.AppendOption
	if d.registration != "" {
		opts = append(opts, client.Registration(d.registration))
	}
	home, err := homeAt(c.Context, cl, d, e)
	if err != nil {
		return err
	}
	receipt, err := cl.Append(c.Context, home, entries, proofs, opts...)
	if err != nil {
		return err
	}
	seq := uint64(receipt.Seq)
	result.Seq, result.Ledger, result.Time, result.Leaf = &seq, receipt.Ledger, receipt.Time, receipt.Leaf.String()
	return nil
}

func (d *didDir) hasPending() bool {
	_, err := os.Lstat(filepath.Join(d.path, pendingFile))
	return err == nil
}

// setAside gives an entry that the registry will never take another name, so that it does not stand in the
// way of the next, and says so. One whose outcome is open stays, and one whose author may yet be put on a
// list.
func setAside(c *cli.Context, d *didDir, e webvh.Entry, err error) error {
	var p *client.Problem
	if !errors.As(err, &p) || p.Outcome != api.NotApplied || p.Retryable || p.Code == api.NotAdmitted {
		return nil
	}
	aside := filepath.Join(d.path, "refused-"+e.VersionID+".jsonl")
	if err := os.Rename(filepath.Join(d.path, pendingFile), aside); err != nil {
		return err
	}
	talk(c, "The registry does not take the entry, which is in %s now.", aside)
	return durable.SyncDir(d.path)
}

// dropPending removes the pending entry, which is in the log.
func (d *didDir) dropPending() error {
	err := os.Remove(filepath.Join(d.path, pendingFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, durable.SyncDir(d.path))
}

// missingWitnesses judges an entry as the registry will: nil if nothing is missing.
func missingWitnesses(d *didDir, e webvh.Entry, proofs []webvh.WitnessProof) error {
	var prev *webvh.State
	if d.verified != nil {
		s := d.head().State
		prev = &s
	}
	_, err := webvh.Extend(prev, []webvh.Entry{e}, proofs, webvh.Context{Now: time.Now()})
	return err
}

func isThreshold(err error) bool {
	rule, ok := webvh.RuleOf(err)
	return ok && rule == webvh.WitnessThreshold
}

func keepProofs(d *didDir, proofs []webvh.WitnessProof) error {
	if len(proofs) == 0 {
		return nil
	}
	file, err := mergeProofs(d.witness, proofs)
	if err != nil {
		return err
	}
	d.witness = file
	return durable.Replace(filepath.Join(d.path, witnessFile), file, 0o644)
}

// witnessWith approves an entry with the keys in files.
func witnessWith(paths []string, e webvh.Entry) ([]webvh.WitnessProof, error) {
	var proofs []webvh.WitnessProof
	for _, path := range paths {
		file, err := readKeyFile(path)
		if err != nil {
			return nil, err
		}
		p, err := webvh.WitnessSign(e.VersionID, time.Now(), file.key)
		if err != nil {
			return nil, err
		}
		proofs = append(proofs, p)
	}
	return proofs, nil
}

func entryDID(e webvh.Entry) (did.ID, error) {
	id, _ := e.State.GetString("id")
	return did.Parse(id)
}

// nextTime is the time of the version after s. Versions are dated in whole seconds, each later than the
// one before, and none later than now: what comes within a second of its predecessor waits for the next.
// Where that takes longer, because the predecessor is dated ahead of this clock, say is told until when.
func nextTime(ctx context.Context, s webvh.State, say func(until time.Time)) (time.Time, error) {
	first := s.NextTime()
	wait := time.Until(first)
	if wait <= 0 {
		return time.Now(), nil
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(first) {
		return time.Time{}, fail(exitConflict, "version %d is dated %s, and the next must be later: wait until then, or set this computer's clock right",
			s.Number, s.VersionTime)
	}
	if wait > time.Second {
		say(first)
	}
	select {
	case <-time.After(wait):
		return time.Now(), nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// nextTime is that of the next version of the directory's DID.
func (d *didDir) nextTime(c *cli.Context) (time.Time, error) {
	s := d.head().State
	return nextTime(c.Context, s, func(until time.Time) {
		talk(c, "Waiting until %s: version %d is dated ahead of this computer's clock.", until.Format(time.RFC3339), s.Number)
	})
}

// refresh learns how much of the log the registry has, and takes over what it has beyond the local one.
func refresh(c *cli.Context, cl *client.Client, d *didDir) error {
	home, err := homeAt(c.Context, cl, d, nil)
	if err != nil {
		return err
	}
	log, err := cl.Log(c.Context, home)
	if did.CodeOf(err) == did.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	d.published = len(log.Verified.Versions)
	if d.published < len(d.verified.Versions) && continues(log.Verified, d.verified) {
		return nil
	}
	behind := d.published > len(d.verified.Versions)
	if err := d.set(log.JSONL, log.Witness); err != nil || !behind {
		return err
	}
	talk(c, "%s was behind the registry and has been brought up to version %s.", d.path, d.head().State.VersionID)
	return d.save()
}

// readPending reads the entry that waits in the directory.
func (d *didDir) readPending() (webvh.Entry, error) {
	data, err := readBounded(filepath.Join(d.path, pendingFile), webvh.MaxEntryBytes+1)
	if err != nil {
		return webvh.Entry{}, err
	}
	v, err := jcs.Decode(data)
	if err != nil {
		return webvh.Entry{}, fmt.Errorf("%s: %w", pendingFile, err)
	}
	return webvh.ParseEntry(v)
}
