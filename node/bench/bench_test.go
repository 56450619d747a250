package bench

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
)

// The figures are for `tabard bench`; what is tested is that each workload runs and measures something.
func TestVerifyMeasures(t *testing.T) {
	for _, suite := range []string{"eddsa-jcs-2022", "eddsa-rdfc-2022"} {
		row, err := Verify(context.Background(), VerifyOptions{Rounds: 1, Suite: suite})
		check(t, row, err)
	}
}

func TestVerifyBesideAForeignPeer(t *testing.T) {
	row, err := Verify(context.Background(), VerifyOptions{Rounds: 1, Peer: `sh -c 'read c; echo ready; while read n; do echo 42.5; done'`})
	check(t, row, err)
	if row.PeerValue != 42.5 {
		t.Errorf("the peer said 42.5, the row says %v", row.PeerValue)
	}
	for _, broken := range []string{"true", "echo no", "exit 3"} {
		if _, err := Verify(context.Background(), VerifyOptions{Rounds: 1, Peer: broken}); err == nil {
			t.Errorf("a figure beside the peer %q", broken)
		}
	}
}

func TestPresentMeasures(t *testing.T) {
	row, err := Present(context.Background(), VerifyOptions{Rounds: 1})
	check(t, row, err)
}

func check(t *testing.T, row Row, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if row.Value <= 0 || row.PeerValue <= 0 || row.Ratio <= 0 {
		t.Fatalf("nothing was measured: %+v", row)
	}
	t.Logf("%+v", row)
}

func TestWritesMeasure(t *testing.T) {
	row, err := Writes(context.Background(), WriteOptions{Rounds: 1, Writers: 16, Count: 64})
	check(t, row, err)
}

func TestBulkMeasures(t *testing.T) {
	row, err := Bulk(context.Background(), WriteOptions{Rounds: 1, Writers: 16, Count: 64})
	check(t, row, err)
}

func TestResolveMeasures(t *testing.T) {
	row, err := Resolve(context.Background(), ResolveOptions{Rounds: 1, DIDs: 16, Conns: 2, Count: 64})
	check(t, row, err)
}

func TestStreamMeasures(t *testing.T) {
	row, err := Stream(context.Background(), StreamOptions{Subscribers: 10, Count: 3})
	check(t, row, err)
}

func TestRestartMeasures(t *testing.T) {
	row, err := Restart(context.Background(), RestartOptions{Records: 1000})
	check(t, row, err)
}

func TestGrowMeasures(t *testing.T) {
	row, err := Grow(context.Background(), GrowOptions{Records: 400})
	check(t, row, err)
	if row.Notes["records"] != "401" || row.Notes["bytes written for one of a record"] == "0.00 (aim ≤ 12)" {
		t.Errorf("notes: %v", row.Notes)
	}
}

func TestAfterLoadMeasures(t *testing.T) {
	row, err := AfterLoad(context.Background(), AfterLoadOptions{Records: 500, Count: 20})
	check(t, row, err)
}

func TestInstallMeasures(t *testing.T) {
	row, err := Install(context.Background(), InstallOptions{Rounds: 1, Records: 600})
	check(t, row, err)
}

func TestInstallEndsWhenNobodyWaits(t *testing.T) {
	dir := t.TempDir()
	snapshot := filepath.Join(dir, "snapshot")
	if err := snapshotOfCreations(context.Background(), filepath.Join(dir, "source"), snapshot, 10); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := install(ctx, filepath.Join(dir, "target"), snapshot, 11); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, _, err := install(context.Background(), filepath.Join(dir, "target"), snapshot, 11); err != nil {
		t.Error(err)
	}
}
