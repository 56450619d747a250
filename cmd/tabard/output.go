package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
)

const (
	formatTable = "table"
	formatJSON  = "json"
	formatJSONL = "jsonl"
)

// printer writes data to standard output in the format of -o.
type printer struct {
	out    io.Writer
	format string
}

// table is the human form of a datum. Without a head it is a list of names and values.
type table struct {
	head []string
	rows [][]string
}

func newPrinter(c *cli.Context) (printer, error) {
	format := c.String("output")
	switch format {
	case formatTable, formatJSON, formatJSONL:
		return printer{c.App.Writer, format}, nil
	}
	return printer{}, usage("-o takes table, json or jsonl, not %q", format)
}

// datum prints one value: t for people, v as JSON otherwise.
func (p printer) datum(v any, t table) error {
	if p.format == formatTable {
		return t.write(p.out)
	}
	return p.json(v)
}

// document prints a value whose only form is JSON, such as a DID document: indented unless lines
// were asked for.
func (p printer) document(v any) error { return p.json(v) }

// list prints values one row, one array item or one line each.
func (p printer) list(items []any, t table) error {
	switch p.format {
	case formatTable:
		return t.write(p.out)
	case formatJSONL:
		for _, item := range items {
			if err := p.json(item); err != nil {
				return err
			}
		}
		return nil
	}
	if items == nil {
		items = []any{}
	}
	return p.json(items)
}

func (p printer) json(v any) error {
	write := encodeIndented
	if p.format == formatJSONL {
		write = encode
	}
	data, err := write(v)
	if err != nil {
		return err
	}
	_, err = p.out.Write(data)
	return err
}

// encode writes v as one line of JSON, leaving <, > and & as they are.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return buf.Bytes(), err
}

// encodeIndented writes v as JSON for people.
func encodeIndented(v any) ([]byte, error) {
	line, err := encode(v)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	err = json.Indent(&buf, line, "", "  ")
	return buf.Bytes(), err
}

func (t table) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(t.head) > 0 {
		if _, err := fmt.Fprintln(w, strings.ToUpper(strings.Join(t.head, "\t"))); err != nil {
			return err
		}
	}
	for _, row := range t.rows {
		if len(t.head) == 0 && row[len(row)-1] == "" {
			continue
		}
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return w.Flush()
}

// talk tells the person at the terminal something that is not data.
func talk(c *cli.Context, format string, args ...any) {
	fmt.Fprintf(c.App.ErrWriter, format+"\n", args...)
}
