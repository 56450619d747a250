package bench

import (
	"context"
	"os"
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
	if testing.Verbose() {
		if err := WriteTable(os.Stdout, []Row{row}); err != nil {
			t.Fatal(err)
		}
	}
}
