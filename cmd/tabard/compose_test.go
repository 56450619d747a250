package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tabard-id/tabard/node/api"
)

// container is a service of docker-compose.yml: its environment and the port it is published at.
type container struct {
	name, port string
	env        map[string]string
}

var (
	composeVariable = regexp.MustCompile(`^ +(TABARD_[A-Z_]+): "?([^"#]*?)"?$`)
	composeRequired = regexp.MustCompile(`^ +(TABARD_SECRET): (\$\{TABARD_SECRET:\?.+\})$`)
	composeService  = regexp.MustCompile(`^  (n[0-9]+):$`)
	composePort     = regexp.MustCompile(`^    ports: \["127\.0\.0\.1:([0-9]+):8700"\]$`)
	composeVolume   = regexp.MustCompile(`^    volumes: \["(n[0-9]+):/data"\]$`)
	composeTest     = regexp.MustCompile(`(?m)^    test: \[CMD, /tabard, (.+)\]$`)
)

// readCompose reads what this test needs of docker-compose.yml, which is laid out one setting a line.
func readCompose(t *testing.T) (containers []container, probe []string) {
	t.Helper()
	text := readText(t, "../../docker-compose.yml")
	head, services, found := strings.Cut(text, "\nservices:\n")
	services, _, ended := strings.Cut(services, "\nnetworks:\n")
	test := composeTest.FindStringSubmatch(head)
	if !found || !ended || test == nil {
		t.Fatal("docker-compose.yml: no services, or no health check that is /tabard")
	}
	shared := map[string]string{}
	for line := range strings.SplitSeq(head, "\n") {
		if m := composeRequired.FindStringSubmatch(line); m != nil {
			shared[m[1]] = m[2]
		} else if m := composeVariable.FindStringSubmatch(line); m != nil {
			shared[m[1]] = m[2]
		}
	}
	for line := range strings.SplitSeq(services, "\n") {
		if m := composeService.FindStringSubmatch(line); m != nil {
			containers = append(containers, container{name: m[1], env: map[string]string{}})
			for name, value := range shared {
				containers[len(containers)-1].env[name] = value
			}
		}
		if len(containers) == 0 {
			t.Fatalf("docker-compose.yml: %q is of no service", line)
		}
		c := &containers[len(containers)-1]
		if m := composeVariable.FindStringSubmatch(line); m != nil {
			c.env[m[1]] = m[2]
		} else if m := composePort.FindStringSubmatch(line); m != nil {
			c.port = m[1]
		} else if m := composeVolume.FindStringSubmatch(line); m != nil && m[1] != c.name {
			t.Errorf("%s has the volume of %s", c.name, m[1])
		}
	}
	return containers, strings.Split(test[1], ", ")
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// dockerfile returns the arguments that one of the Dockerfile's instructions has in JSON.
func dockerfile(t *testing.T, instruction string) (args []string) {
	t.Helper()
	re := regexp.MustCompile(`(?m)^` + instruction + ` (?:--\S+ )*(?:CMD )?(\[.+\])$`)
	m := re.FindStringSubmatch(readText(t, "../../Dockerfile"))
	if m == nil {
		t.Fatalf("Dockerfile: no %s in JSON form", instruction)
	}
	if err := json.Unmarshal([]byte(m[1]), &args); err != nil {
		t.Fatal(err)
	}
	return args
}

// Every variable that the containers are given is one that a server reads, and the secret has to be
// given, or Compose stops with a message.
func TestComposeVariables(t *testing.T) {
	known := map[string]bool{"TABARD_SECRET": true}
	app := newApp(nil, nil, nil)
	for _, f := range app.Command("server").Flags {
		known[variablePrefix+strings.ToUpper(strings.ReplaceAll(setting(f), "-", "_"))] = true
	}
	containers, probe := readCompose(t)
	if len(containers) != 3 {
		t.Fatalf("%d services, want 3", len(containers))
	}
	for i, c := range containers {
		for name := range c.env {
			if !known[name] {
				t.Errorf("%s: a server does not know %s", c.name, name)
			}
		}
		if c.env["TABARD_NODE_ID"] != c.name {
			t.Errorf("%s is called %s", c.name, c.env["TABARD_NODE_ID"])
		}
		if want := fmt.Sprint(8700 + i); c.port != want {
			t.Errorf("%s is published at %q, want %s", c.name, c.port, want)
		}
		if !strings.HasPrefix(c.env["TABARD_SECRET"], "${TABARD_SECRET:?") {
			t.Errorf("%s starts without a secret", c.name)
		}
	}
	if image := dockerfile(t, "HEALTHCHECK"); strings.Join(image, " ") != "/tabard "+strings.Join(probe, " ") {
		t.Errorf("the image is probed by %q, the services by %q", image, probe)
	}
}

// The containers' processes, with their environment but for addresses and directories, form a cluster
// that their own health checks find ready, and end cleanly when they are told to.
func TestComposeCluster(t *testing.T) {
	containers, probe := readCompose(t)
	entry, args := dockerfile(t, "ENTRYPOINT"), dockerfile(t, "CMD")
	if strings.Join(entry, " ") != "/tabard" {
		t.Fatalf("entry point %q", entry)
	}
	base, err := freeConsecutive(2 * len(containers))
	if err != nil {
		t.Fatal(err)
	}
	tabard, dir := filepath.Join(binDir(t), "tabard"), t.TempDir()
	started := make([]*exec.Cmd, len(containers))
	for i, c := range containers {
		started[i] = exec.CommandContext(t.Context(), tabard, args...)
		started[i].Env = c.onLoopback(t, dir, base, i)
		started[i].Stderr = t.Output()
		if err := started[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range containers {
		check := exec.CommandContext(t.Context(), tabard, append(probe, "--wait", "20s")...)
		check.Env = started[i].Env
		if out, err := check.CombinedOutput(); err != nil {
			t.Fatalf("health check of %s: %v\n%s", containers[i].name, err, out)
		}
		if got := clusterAt(t, base+i); got.Node != containers[i].name || len(got.Peers) != 3 || got.Domain != "registry.localhost:8700" {
			t.Errorf("%s: %+v", containers[i].name, got)
		}
	}
	for i, p := range started {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		if err := p.Wait(); err != nil {
			t.Errorf("%s: %v", containers[i].name, err)
		}
	}
}

// onLoopback is the environment of the i-th container when all of them run here: node j listens at the
// port base+j, and for its peers at three above.
func (c container) onLoopback(t *testing.T, dir string, base, i int) (env []string) {
	t.Helper()
	const secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	reference := regexp.MustCompile(`\$\{([A-Z_]+)(?::-([^}]*)|:\?[^}]*)\}`)
	port := func(n int) string { return fmt.Sprintf("127.0.0.1:%d", base+n) }
	here := map[string]string{
		"TABARD_DIR": filepath.Join(dir, c.name), "TABARD_HTTP": port(i), "TABARD_PEER_BIND": port(3 + i),
		"TABARD_SECRET": secret, "TABARD_LOG_LEVEL": "error",
		"TABARD_PEERS": strings.NewReplacer("n1.peers:8800", port(3), "n2.peers:8800", port(4), "n3.peers:8800", port(5)).Replace(c.env["TABARD_PEERS"]),
	}
	for name, value := range c.env {
		if _, moved := here[name]; !moved {
			here[name] = reference.ReplaceAllString(value, "$2")
		}
	}
	for name, value := range here {
		env = append(env, name+"="+value)
	}
	return env
}

func clusterAt(t *testing.T, port int) (got api.Cluster) {
	t.Helper()
	reply, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/v1/cluster", port))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	if err := json.NewDecoder(reply.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}
