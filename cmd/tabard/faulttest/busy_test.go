package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/tabard-id/tabard/node/api"
)

// Bulk requests to two servers, while the third is down and other processes want all of the machine, lose
// no leadership for long: every line is accepted. Four requests at each server are as many as it takes.
func TestBulkOnABusyMachineWithOneServerDown(t *testing.T) {
	faults(t)
	const requests, lines = 4, 1500
	c := newCluster(t, "--write-rate", "0")
	c.servers[2].kill()
	up := c.servers[:2]
	bodies := make([][]byte, requests*len(up))
	for i := range bodies {
		bodies[i] = bulkOf(t, fmt.Sprint("bulk", i), lines)
	}
	for range *busyLoops {
		busy := exec.Command("sh", "-c", "ulimit -t 600; while :; do :; done") // which ends, too, if this process is killed
		if err := busy.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = busy.Process.Kill() // it ends in no other way
			_ = busy.Wait()
		}()
	}
	start := time.Now()
	var mu sync.Mutex
	outcomes := map[string]int{}
	var group sync.WaitGroup
	for i, body := range bodies {
		group.Go(func() {
			got, err := post(patient, up[i%len(up)].url+"/v1/records", api.TypeNDJSON, body)
			if err != nil || got.status != http.StatusOK {
				t.Errorf("bulk request: %v, %d %.200s", err, got.status, got.body)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			for line := range bytes.Lines(got.body) {
				var o api.BulkOutcome
				if err := json.Unmarshal(line, &o); err != nil {
					t.Errorf("%v in %s", err, line)
				} else if o.Problem != nil {
					outcomes[string(o.Problem.Code)]++
				} else {
					outcomes["accepted"]++
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d lines in %v: %v", len(bodies)*lines, time.Since(start), outcomes)
	if outcomes["accepted"] != len(bodies)*lines {
		t.Errorf("%d lines: %v; want all of them accepted", len(bodies)*lines, outcomes)
	}
	c.servers[2].start()
	c.ready(c.servers...)
	c.checkAgree(uint64(outcomes["accepted"]))
}

// patient waits for as long as a bulk request may take.
var patient = &http.Client{Timeout: 5 * time.Minute}

// bulkOf is the body of a bulk request that makes n DIDs.
func bulkOf(t *testing.T, prefix string, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `{"op":"did","entries":[%s]}`+"\n", bytes.TrimSpace(newCreation(t, fmt.Sprint(prefix, "/", i)).body))
	}
	return b.Bytes()
}
