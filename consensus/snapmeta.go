package consensus

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/raft"
)

// snapMeta is the metadata of one snapshot: all that a snapshot taken here
// consists of, since the state machine keeps its own contents. On disk it is one
// line of JSON, a line feed, the SHA-256 of that line in hex, and a line feed.
type snapMeta struct {
	Version int    `json:"version"` // 1
	ID      string `json:"id"`      // name of its directory
	Index   uint64 `json:"index"`   // last Raft entry included
	Term    uint64 `json:"term"`    // its term
	Digest  string `json:"digest"`  // its digest, hex; see envelope
	// Applied is the state machine's AppliedIndex when it was flushed for this
	// snapshot: less than Index when the last entries were ticks.
	Applied            uint64     `json:"applied"`
	Servers            []snapPeer `json:"servers"`
	ConfigurationIndex uint64     `json:"configurationIndex"`
	// Size and SHA256 are of what a leader sent, zero and empty for a snapshot
	// taken here.
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type snapPeer struct {
	ID       string `json:"id"`
	Suffrage string `json:"suffrage"` // voter | nonvoter
}

const (
	snapMetaVersion = 1
	maxSnapMeta     = 64 << 10
)

func (m *snapMeta) encode() ([]byte, error) {
	line, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(line)
	return fmt.Appendf(line, "\n%x\n", sum), nil
}

// decodeSnapMeta checks and parses b. Errors: ErrCorrupt, ErrUnknownVersion.
func decodeSnapMeta(b []byte) (*snapMeta, error) {
	line, rest, ok := bytes.Cut(b, []byte("\n"))
	sum := sha256.Sum256(line)
	if !ok || len(b) > maxSnapMeta || string(rest) != hex.EncodeToString(sum[:])+"\n" {
		return nil, fmt.Errorf("digest of the snapshot metadata does not match: %w", ErrCorrupt)
	}
	var m snapMeta
	if err := json.Unmarshal(line, &m); err != nil {
		return nil, fmt.Errorf("snapshot metadata: %w: %w", ErrCorrupt, err)
	}
	if m.Version != snapMetaVersion {
		return nil, fmt.Errorf("snapshot metadata: %w %d", ErrUnknownVersion, m.Version)
	}
	if _, err := m.digest(); err != nil || m.Index == 0 || m.Term == 0 || m.Applied > m.Index || m.Size < 0 {
		return nil, fmt.Errorf("snapshot metadata: %w", ErrCorrupt)
	}
	return &m, nil
}

func (m *snapMeta) digest() (d digest, err error) {
	b, err := hex.DecodeString(m.Digest)
	if err != nil || len(b) != len(d) {
		return d, fmt.Errorf("entry digest %q: %w", m.Digest, ErrCorrupt)
	}
	return digest(b), nil
}

func (m *snapMeta) raft() *raft.SnapshotMeta {
	out := &raft.SnapshotMeta{
		Version: 1, ID: m.ID, Index: m.Index, Term: m.Term,
		ConfigurationIndex: m.ConfigurationIndex, Size: m.Size,
	}
	for _, p := range m.Servers {
		s := raft.Server{ID: raft.ServerID(p.ID), Address: raft.ServerAddress(p.ID)}
		if p.Suffrage != "voter" {
			s.Suffrage = raft.Nonvoter
		}
		out.Configuration.Servers = append(out.Configuration.Servers, s)
	}
	return out
}

func snapPeers(c raft.Configuration) []snapPeer {
	out := make([]snapPeer, 0, len(c.Servers))
	for _, s := range c.Servers {
		p := snapPeer{ID: string(s.ID), Suffrage: "voter"}
		if s.Suffrage != raft.Voter {
			p.Suffrage = "nonvoter"
		}
		out = append(out, p)
	}
	return out
}
