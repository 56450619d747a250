package agent

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/statuslist"
	"github.com/tabard-id/tabard/node/durable"
	"github.com/tabard-id/tabard/node/private"
)

// The journal of status lists: JSON Lines, only ever appended to, each line synced
// before what it says is relied on.
const (
	maxBookLine  = 8 << 10
	maxBookLines = 4 << 20
)

// listName names a status list: one issuer's n-th list for one purpose.
type listName struct {
	Issuer  did.ID `json:"issuer"`
	Purpose string `json:"purpose"`
	N       uint64 `json:"n"`
}

// entry is an index of a list that was given to a credential.
type entry struct {
	listName
	Index uint64 `json:"index"`
	// Credential is the credential's id. Digest is, of one that was to be registered, its
	// name in the registry, as computed from what was sent. Either may be "".
	Credential string `json:"credential,omitempty"`
	Digest     string `json:"digest,omitempty"`
}

// bookLine is one line of the journal: an index given away, or a bit set or cleared.
type bookLine struct {
	Allocate *entry `json:"allocate,omitempty"`
	Set      *entry `json:"set,omitempty"`
	Clear    *entry `json:"clear,omitempty"`
}

// book is what the journal says of one list.
type book struct {
	given map[uint64]entry
	set   map[uint64]bool
	// changes counts what happened to set.
	changes int
}

// statusBook remembers indexes and bits. It is safe for concurrent use by the one
// process that has the wallet open.
type statusBook struct {
	mu    sync.Mutex
	file  appendFile
	lists map[listName]*book
	// given finds entries by credential id and purpose: of a credential that was issued
	// several times, those of each.
	given map[[2]string][]entry
	lines int
	// size is how much of the file was relied on. torn: what comes after it is to be cut
	// off first, since a write failed; broken says why.
	size   int64
	torn   bool
	broken error
}

// appendFile is what the journal needs of an *os.File.
type appendFile interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

func openStatusBook(w *Wallet) (*statusBook, error) {
	f, err := openJournal(w.path(bookFile))
	if err != nil {
		return nil, err
	}
	b := &statusBook{file: f, lists: map[listName]*book{}, given: map[[2]string][]entry{}}
	if err := errors.Join(b.load(), durable.SyncDir(w.dir)); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), err), f.Close())
	}
	return b, nil
}

// openJournal opens a file of the wallet's own, which nobody else can read.
func openJournal(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file of its own", path)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := private.Check(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func (b *statusBook) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.file.Close()
}

// load reads the journal. A last line without its end was never relied on: a crash
// cut it short, and it is cut off. Any other line that cannot be read is an error.
func (b *statusBook) load() error {
	in := bufio.NewReaderSize(b.file, maxBookLine)
	for {
		text, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			if text = bytes.Trim(text, "\x00"); len(text) > 0 && text[0] != '{' {
				return fmt.Errorf("line %d is not one of a journal", b.lines+1)
			}
			return b.cut()
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", b.lines+1, err)
		}
		var line bookLine
		if err := json.Unmarshal(text, &line); err != nil {
			return fmt.Errorf("line %d: %w", b.lines+1, err)
		}
		b.apply(line)
		b.size += int64(len(text))
	}
}

// cut removes what comes after the last line that was relied on, and syncs what is left:
// a process that was killed may have written more than it synced.
func (b *statusBook) cut() error {
	if err := b.file.Truncate(b.size); err != nil {
		return err
	}
	if _, err := b.file.Seek(b.size, io.SeekStart); err != nil {
		return err
	}
	return b.file.Sync()
}

func (b *statusBook) apply(line bookLine) {
	b.lines++
	switch {
	case line.Allocate != nil:
		e := *line.Allocate
		b.list(e.listName).given[e.Index] = e
		if e.Credential != "" {
			b.give(e)
		}
	case line.Set != nil:
		list := b.list(line.Set.listName)
		list.set[line.Set.Index] = true
		list.changes++
	case line.Clear != nil:
		list := b.list(line.Clear.listName)
		delete(list.set, line.Clear.Index)
		list.changes++
	}
}

// give puts an entry among those of its credential, in the place of what was known of
// it before.
func (b *statusBook) give(e entry) {
	key := [2]string{e.Credential, e.Purpose}
	same := func(old entry) bool { return old.listName == e.listName && old.Index == e.Index }
	if i := slices.IndexFunc(b.given[key], same); i >= 0 {
		b.given[key][i] = e
		return
	}
	b.given[key] = append(b.given[key], e)
}

func (b *statusBook) list(name listName) *book {
	list := b.lists[name]
	if list == nil {
		list = &book{given: map[uint64]entry{}, set: map[uint64]bool{}}
		b.lists[name] = list
	}
	return list
}

// write makes lines durable together and then true. After an error they are neither, and
// the next write begins by cutting off what became of them.
func (b *statusBook) write(lines ...bookLine) error {
	if b.lines+len(lines) > maxBookLines {
		return errors.New("the agent's journal of status lists is full")
	}
	var text bytes.Buffer
	for _, line := range lines {
		encoded, err := json.Marshal(line)
		if err != nil {
			return err
		}
		if len(encoded) >= maxBookLine {
			return malformed("the credential's id is too long")
		}
		text.Write(append(encoded, '\n'))
	}
	if b.broken = b.append(text.Bytes()); b.broken != nil {
		return fmt.Errorf("%w: %w", errJournal, b.broken)
	}
	for _, line := range lines {
		b.apply(line)
	}
	return nil
}

// errJournal: nothing was written, and nothing is so that is not written.
var errJournal = errors.New("the journal of status lists cannot be written")

func (b *statusBook) append(text []byte) error {
	if b.torn {
		if err := b.cut(); err != nil {
			return err
		}
	}
	b.torn = true
	if _, err := b.file.Write(text); err != nil {
		return err
	}
	if err := b.file.Sync(); err != nil {
		return err
	}
	b.torn = false
	b.size += int64(len(text))
	return nil
}

// health is why the last write failed; nil if it did not.
func (b *statusBook) health() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.broken
}

// allocate gives a credential one random index for each purpose: neighbours in a
// list tell nothing of when they were issued (Bitstring Status List 1.0, 6.3). A
// list that is half full is followed by the next.
func (b *statusBook) allocate(issuer did.ID, purposes []string, credentialID string) ([]entry, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var entries []entry
	var lines []bookLine
	for _, purpose := range purposes {
		name := listName{Issuer: issuer, Purpose: purpose}
		for len(b.list(name).given) >= statuslist.MinEntries/2 {
			name.N++
		}
		e := entry{listName: name, Index: rand.Uint64N(statuslist.MinEntries), Credential: credentialID}
		for taken := true; taken; {
			if _, taken = b.list(name).given[e.Index]; taken {
				e.Index = rand.Uint64N(statuslist.MinEntries)
			}
		}
		entries = append(entries, e)
		lines = append(lines, bookLine{Allocate: &e})
	}
	return entries, b.write(lines...)
}

// named remembers by which digest a registry is to know the credential. It comes before
// the registration, so that what is registered can be revoked whatever happens meanwhile.
func (b *statusBook) named(entries []entry, digest string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := make([]bookLine, len(entries))
	for i, e := range entries {
		e.Digest = digest
		lines[i].Allocate = &e
	}
	return b.write(lines...)
}

// find returns the entries of a credential, by its id and a purpose: one for each time
// that it was issued.
func (b *statusBook) find(credentialID, purpose string) []entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.given[[2]string{credentialID, purpose}])
}

// at returns what an index was given to.
func (b *statusBook) at(name listName, index uint64) (entry, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, ok := b.lists[name]
	if !ok {
		return entry{}, false
	}
	e, ok := list.given[index]
	return e, ok
}

// mark sets or clears a bit; what is so already stays without a line.
func (b *statusBook) mark(e entry, value bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.list(e.listName).set[e.Index] == value {
		return nil
	}
	if value {
		return b.write(bookLine{Set: &e})
	}
	return b.write(bookLine{Clear: &e})
}

// bits returns the indexes that are set, in order, and how often they have changed;
// ok is false for a list that gave nothing away.
func (b *statusBook) bits(name listName) (set []uint64, changes int, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	list, ok := b.lists[name]
	if !ok || len(list.given) == 0 {
		return nil, 0, false
	}
	for index := range list.set {
		set = append(set, index)
	}
	slices.Sort(set)
	return set, list.changes, true
}
