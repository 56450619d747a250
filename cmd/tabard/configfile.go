package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/jcs"
)

// maxConfigBytes bounds a configuration file.
const maxConfigBytes = 1 << 20

// applyConfigFile fills the flags that neither the command line nor the environment has set from the
// JSON object in the file that --config or TABARD_CONFIG names. Its members are settings. One file may
// serve several commands: a member is refused only when no command knows it.
func applyConfigFile(c *cli.Context, known map[string]bool) error {
	path := c.String("config")
	if path == "" {
		return nil
	}
	settings, err := readConfigFile(path)
	if err != nil {
		return usage("configuration file %s: %w", path, err)
	}
	own := map[string]string{}
	for _, f := range c.Command.Flags {
		own[setting(f)] = f.Names()[0]
	}
	for name, value := range settings.Members() {
		if !known[name] || name == "config" || name == "" {
			return usage("configuration file %s: unknown setting %q", path, name)
		}
		flag, mine := own[name]
		if !mine || c.IsSet(flag) {
			continue
		}
		texts, err := settingTexts(value)
		if err != nil {
			return usage("configuration file %s: %s: %w", path, name, err)
		}
		for _, text := range texts {
			if err := c.Set(flag, text); err != nil {
				return usage("configuration file %s: %s: %w", path, name, err)
			}
		}
	}
	return nil
}

func readConfigFile(path string) (jcs.Value, error) {
	data, err := readBounded(path, maxConfigBytes)
	if err != nil {
		return jcs.Value{}, err
	}
	settings, err := jcs.Decode(data)
	if err != nil {
		return jcs.Value{}, err
	}
	if !settings.IsObject() {
		return jcs.Value{}, errors.New("not a JSON object")
	}
	return settings, nil
}

// settingTexts turns a JSON value into the texts a flag is set with: one, or one per array item.
func settingTexts(v jcs.Value) ([]string, error) {
	switch v.Kind() {
	case jcs.KindString:
		s, _ := v.Str()
		return []string{s}, nil
	case jcs.KindNumber, jcs.KindBool:
		return []string{string(v.Canonical())}, nil
	case jcs.KindArray:
		var out []string
		for item := range v.Elems() {
			if item.IsArray() {
				return nil, errSetting
			}
			texts, err := settingTexts(item)
			if err != nil {
				return nil, err
			}
			out = append(out, texts...)
		}
		return out, nil
	}
	return nil, errSetting
}

var errSetting = errors.New("want a string, a number, a boolean or an array of them")

// decodeInput reads the JSON that a command is given. What is no JSON at all is the caller's mistake, not
// a credential that does not hold; what is, but says something twice or nests too deep, does not.
func decodeInput(name string, data []byte) (jcs.Value, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return jcs.Value{}, usage("%s is empty", name)
	}
	v, err := jcs.Decode(data)
	if errors.Is(err, jcs.ErrSyntax) {
		return v, usage("%s: %w", name, err)
	}
	if err != nil {
		return v, fail(exitInvalid, "%s: %w", name, err)
	}
	return v, nil
}

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) (data []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return readAll(f, path, limit)
}

func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}
