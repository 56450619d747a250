package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/tabard-id/tabard/did/jcs"
)

// foreignPeer is a program in any language that verifies a credential. It reads lines: first
// {"credential": …}, which it answers with "ready", then how many verifications to time, each of which
// it answers with how many a second there were.
type foreignPeer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startPeer(ctx context.Context, command string, vc jcs.Value) (*foreignPeer, error) {
	p := &foreignPeer{cmd: exec.CommandContext(ctx, "sh", "-c", "exec "+command)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	answer, err := p.ask(string(jcs.Object(jcs.Member{Name: "credential", Value: vc}).Canonical()))
	if err == nil && answer != "ready" {
		err = fmt.Errorf("peer says %q, not ready", answer)
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *foreignPeer) ask(line string) (string, error) {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return "", err
	}
	if !p.out.Scan() {
		return "", errors.Join(errors.New("the peer gave no answer"), p.out.Err())
	}
	return strings.TrimSpace(p.out.Text()), nil
}

func (p *foreignPeer) measure(n int) (float64, error) {
	answer, err := p.ask(strconv.Itoa(n))
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(answer, 64)
}

// close ends the peer, which stops at the end of its input.
func (p *foreignPeer) close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }
