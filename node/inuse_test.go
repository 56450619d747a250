package node

import (
	"context"
	"strings"
	"testing"
)

func TestDirectoryInUse(t *testing.T) {
	t.Parallel()
	c := newCluster(t, 1)
	startProcess(t, childConfig{NodeID: c.peers[0].ID, Dir: c.path(0), Peers: c.peers, Secret: c.secret})
	_, err := Start(context.Background(), Config{
		NodeID: c.peers[0].ID, Dir: c.path(0), Domain: testDomain, HTTP: "127.0.0.1:0", Secret: c.secret,
	})
	if err == nil || !strings.HasSuffix(err.Error(), "is in use by another process") {
		t.Errorf("a second node in the same directory: %v", err)
	}
}
