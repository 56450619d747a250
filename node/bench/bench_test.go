package bench

import (
	"context"
	"testing"
)

// The figures are for `tabard bench`; what is tested is that each workload runs and measures something.
func TestVerifyMeasures(t *testing.T) {
	row, err := Verify(context.Background(), 1)
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
