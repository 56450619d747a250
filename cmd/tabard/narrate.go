package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// narrator tells a story step by step, in colour where it is read from a terminal.
type narrator struct {
	out   io.Writer
	color bool
	step  int
}

func newNarrator(out io.Writer) *narrator { return &narrator{out: out, color: isTerminal(out)} }

// isTerminal reports whether colour is welcome: a terminal, and no NO_COLOR (no-color.org).
func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (n *narrator) paint(style, s string) string {
	if !n.color {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

// chapter begins a step.
func (n *narrator) chapter(format string, args ...any) {
	n.step++
	fmt.Fprintf(n.out, "\n%s\n", n.paint(bold, fmt.Sprintf("%2d. ", n.step)+fmt.Sprintf(format, args...)))
}

// say tells a detail.
func (n *narrator) say(format string, args ...any) {
	fmt.Fprintf(n.out, "    %s\n", fmt.Sprintf(format, args...))
}

// done tells that something came out as it should, and how long it took.
func (n *narrator) done(took time.Duration, format string, args ...any) {
	fmt.Fprintf(n.out, "    %s %s %s\n", n.paint(green, "ok"), fmt.Sprintf(format, args...), n.paint(dim, "("+round(took)+")"))
}

// failed tells that it did not.
func (n *narrator) failed(err error) {
	fmt.Fprintf(n.out, "    %s %v\n", n.paint(red, "FAILED"), err)
}

// round writes a duration with the digits that mean something.
func round(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
