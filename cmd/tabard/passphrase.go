package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"github.com/tabard-id/tabard/node/private"
)

// maxPassphraseBytes bounds a passphrase and what brings it.
const maxPassphraseBytes = 4 << 10

// passphraseTimeout is how long a command may take to print it; a person may have to unlock a keychain.
const passphraseTimeout = 2 * time.Minute

// passphraseVariable is meant for this process, and for none that it starts.
const passphraseVariable = "TABARD_PASSPHRASE"

// agentPassphrase finds the passphrase of the key store: in a file, in what a command prints, in the
// environment, or by asking at the terminal.
func agentPassphrase(c *cli.Context) (string, error) {
	path, command := c.String("passphrase-file"), c.String("passphrase-command")
	var text []byte
	var err error
	switch {
	case path != "" && command != "":
		return "", usage("--passphrase-file and --passphrase-command exclude each other")
	case path != "":
		if text, err = private.Read(path, maxPassphraseBytes); err != nil {
			// Who gives the passphrase in place of the file's name does not find it in a log.
			err = fmt.Errorf("the file of --passphrase-file: %w", private.WithoutPath(err))
		}
	case command != "":
		text, err = passphraseFrom(c.Context, command)
	case os.Getenv(passphraseVariable) != "":
		text = []byte(os.Getenv(passphraseVariable))
	default:
		text, err = askPassphrase(c)
	}
	if err != nil {
		return "", usage("passphrase: %w", err)
	}
	passphrase := strings.TrimRight(string(text), "\r\n")
	if passphrase == "" {
		return "", usage("the passphrase is empty")
	}
	return passphrase, nil
}

// passphraseFrom runs a command of the user's own and takes what it prints.
func passphraseFrom(ctx context.Context, command string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, passphraseTimeout)
	defer stop()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, passphraseVariable+"=") })
	out, err := cmd.Output()
	if len(out) > maxPassphraseBytes {
		return nil, errors.New("the command prints too much")
	}
	return out, err
}

func askPassphrase(c *cli.Context) ([]byte, error) {
	stdin, ok := c.App.Reader.(*os.File)
	if !ok || !term.IsTerminal(int(stdin.Fd())) {
		return nil, errors.New("want --passphrase-file, --passphrase-command or TABARD_PASSPHRASE: there is no terminal to ask at")
	}
	talk(c, "Passphrase of the key store:")
	return term.ReadPassword(int(stdin.Fd()))
}
