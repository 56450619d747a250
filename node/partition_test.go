package node

import (
	"net/http"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/consensus"
	"github.com/tabard-id/tabard/consensus/consensustest"
	"github.com/tabard-id/tabard/node/api"
)

// TestCutOff: a node that is cut off from the others stops vouching: no heartbeat,
// then no stream, no readiness, no answer to those who ask for a current one. Mended,
// it has what it missed.
func TestCutOff(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 3)
	network := consensustest.NewNetwork()
	c.change = func(i int, cfg *Config) {
		cfg.tune = func(cc *consensus.Config) { cc.Network = network.Node(c.peers[i].Address) }
	}
	c.start(0, 1, 2)
	c.ready(0, 1, 2)
	alone := c.follower()
	known := c.write(alone)
	ws := c.watch(alone, "")
	for i := range c.peers {
		if i != alone {
			network.Cut(c.peers[alone].Address, c.peers[i].Address)
		}
	}
	last := api.Frame{}
	var err error
	for err == nil {
		var message []byte
		if _, message, err = ws.ReadMessage(); err == nil {
			if last, err = api.ParseFrame(message); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !websocket.IsCloseError(err, api.CloseNodeStale.Code()) {
		t.Fatalf("the stream of a node that is cut off ends with %v", err)
	}
	if last.Kind != api.KindHeartbeat {
		t.Errorf("last message: %+v", last)
	}
	if code, body := get(t, c.url(alone)+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d %s", code, body)
	}
	code, body := get(t, c.url(alone)+"/v1/records/0?max-stale=1s")
	if p := api.ReadProblem(code, body); code != http.StatusServiceUnavailable || p.Code != api.StatusStale {
		t.Errorf("a read that wants to be current: %d %s", code, body)
	}
	code, body = get(t, c.url(alone)+"/v1/status/"+known.DID)
	if p := api.ReadProblem(code, body); code != http.StatusServiceUnavailable || p.Code != api.StatusStale {
		t.Errorf("what may have been revoked since: %d %s", code, body)
	}
	if code, body := get(t, c.url(alone)+"/v1/status/"+known.DID+"?max-stale=1h"); code != http.StatusOK {
		t.Errorf("the status as it was: %d %s", code, body)
	}
	if _, body := get(t, c.url(alone)+"/v1/records/0"); len(body) == 0 {
		t.Error("a read that takes what there is")
	}
	receipt := c.write((alone + 1) % 3)
	network.Heal()
	c.ready(alone)
	if f := frame(t, c.watch(alone, "?after="+last.Cursor)); *f.Seq != receipt.Seq {
		t.Errorf("after the cut the stream has record %d, want %d", *f.Seq, receipt.Seq)
	}
	c.checkAgree(uint64(receipt.Seq) + 1)
}
