// Command tabard runs and uses a Tabard registry: nodes, a development cluster, keys, DIDs,
// credentials, status changes and the stream, in one binary.
//
// Data goes to standard output, talk to standard error. Every setting may be given as a flag, as a
// TABARD_* environment variable or in a JSON configuration file, in that order of precedence; flags
// may stand before or after arguments. The exit status says what happened: see exit.go.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }

// run executes one command line and returns the process's exit status. An interrupt or SIGTERM
// cancels the command's context; a second one ends the process at once.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	if err := dropEmptyVariables(); err != nil {
		fmt.Fprintf(stderr, "tabard: %v\n", err)
		return exitOther
	}
	app := newApp(stdin, stdout, stderr)
	if words, ok := completionRequest(args); ok {
		for _, candidate := range complete(app.Commands, words) {
			if _, err := fmt.Fprintln(stdout, candidate); err != nil {
				return exitOther
			}
		}
		return exitOK
	}
	line := append([]string{args[0]}, arrange(app.Commands, args[1:])...)
	err := app.RunContext(ctx, line)
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "tabard: %s\n", text)
	}
	return code
}

// dropEmptyVariables makes an empty TABARD_* variable the same as none, as whoever writes
// TABARD_CA= in a file of variables expects.
func dropEmptyVariables() error {
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if value == "" && strings.HasPrefix(name, "TABARD_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	return nil
}
