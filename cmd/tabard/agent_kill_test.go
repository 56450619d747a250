package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/statuslist"
)

// runningAgent is a real agent process.
type runningAgent struct {
	t   *testing.T
	cmd *exec.Cmd
	url string
}

// startAgent starts the agent of a wallet in c's directory, and waits until it is ready.
func startAgent(t *testing.T, c commands, port int) *runningAgent {
	t.Helper()
	cmd := c.command(t.Context(), "agent", "--dir", "wallet", "--listen", fmt.Sprintf("127.0.0.1:%d", port), "--no-token", "--passphrase-file", "pass", "-o", "json")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &runningAgent{t: t, cmd: cmd}
	t.Cleanup(a.kill)
	var ready agentInfo
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	a.url = ready.URL
	return a
}

func (a *runningAgent) kill() {
	_ = a.cmd.Process.Kill() // it may have ended before
	_ = a.cmd.Wait()         // which tells of the kill
}

// post returns false if the agent gave no answer.
func (a *runningAgent) post(path, body string) (v jcs.Value, ok bool) {
	reply, err := http.Post(a.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		return v, false
	}
	defer reply.Body.Close()
	if err := json.NewDecoder(reply.Body).Decode(&v); err != nil {
		return v, false
	}
	if reply.StatusCode/100 != 2 {
		a.t.Errorf("%s: %d %s", path, reply.StatusCode, v.Canonical())
		return v, false
	}
	return v, true
}

// An agent that is killed in the middle of issuing and revoking has forgotten nothing that it had
// answered: its list has every revoked credential, under keys that are still there.
func TestAgentKilledWhileItWrites(t *testing.T) {
	c := commands{t, t.TempDir(), ""}
	if err := os.WriteFile(filepath.Join(c.dir, "pass"), []byte("correct horse battery staple\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	port, err := freeConsecutive(1)
	if err != nil {
		t.Fatal(err)
	}
	a := startAgent(t, c, port)
	var mu sync.Mutex
	revoked := map[string]statuslist.Entry{}
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("urn:x:%d-%d", worker, i)
				v, ok := a.post("/issuers/status/credentials/issue", `{"credential":{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"`+id+`",
					"type":["VerifiableCredential"],"credentialSubject":{"id":"did:example:bot"}}}`)
				if !ok {
					return
				}
				if _, ok := a.post("/credentials/status", `{"credentialId":"`+id+`","credentialStatus":{"statusPurpose":"revocation"}}`); !ok {
					return
				}
				vc, _ := v.Get("verifiableCredential")
				status, _ := vc.Get("credentialStatus")
				e, err := statuslist.ParseEntry(status)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if revoked[id] = e; len(revoked) == 40 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	a.kill()
	wg.Wait()
	if data, err := os.ReadFile(filepath.Join(c.dir, "wallet", "status.jsonl")); err != nil || bytes.Count(data, []byte("\n")) < 2*len(revoked) {
		t.Errorf("%d revoked, and a journal of %d lines: %v", len(revoked), bytes.Count(data, []byte("\n")), err)
	}
	again := startAgent(t, c, port)
	for id, e := range revoked {
		reply, err := http.Get(e.ListURL)
		if err != nil {
			t.Fatal(err)
		}
		var v jcs.Value
		err = json.NewDecoder(reply.Body).Decode(&v)
		reply.Body.Close()
		if err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("%s of %s: %d %v", e.ListURL, again.url, reply.StatusCode, err)
		}
		list, err := statuslist.ParseList(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := list.Status(e); err != nil || !got.Set {
			t.Errorf("%s is revoked no longer: %+v, %v", id, got, err)
		}
	}
}
