//go:build unix

package private

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Kubernetes mounts a secret as root:fsGroup with mode 0440 into a container that does not run as root.
func TestFileOfRootMayBeOfTheGroup(t *testing.T) {
	if path := os.Getenv("PRIVATE_TEST_PATH"); path != "" {
		data, err := Read(path, 12)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("read %s", data)
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make files for others")
	}
	const user, group = 65532, 65533
	dir, err := os.MkdirTemp("/tmp", "private") // that of t.TempDir is closed to others
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	program, path := filepath.Join(dir, "private.test"), filepath.Join(dir, "secret")
	for name, data := range map[string][]byte{program: binary, path: []byte("twelve bytes")} {
		if err := os.WriteFile(name, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		owner, as int
		mode      fs.FileMode
		says      string
	}{
		{0, user, 0o440, "read twelve bytes"},
		{0, user, 0o640, "read twelve bytes"},
		{0, user, 0o444, "run chmod 640 " + path},
		{0, user, 0o660, "run chmod 640 " + path},
		{user, user, 0o440, "run chmod 600 " + path},
		{user, user, 0o400, "read twelve bytes"},
		{user + 9, user, 0o440, "run chmod 600 " + path}, // who is neither root nor this process could change it
		{0, 0, 0o440, "run chmod 600 " + path},
	} {
		if err := os.Chown(path, c.owner, group); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		read := exec.Command(program, "-test.v", "-test.run", "^"+t.Name()+"$")
		read.Env, read.Dir = append(os.Environ(), "PRIVATE_TEST_PATH="+path), dir
		read.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(c.as), Gid: group}}
		out, err := read.CombinedOutput()
		if reads := strings.HasPrefix(c.says, "read "); (err == nil) != reads || !strings.Contains(string(out), c.says) {
			t.Errorf("user %d, file of %d with mode %o: %v\n%s", c.as, c.owner, c.mode, err, out)
		}
	}
}
