package main

import (
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// release may be set by the linker: -ldflags "-X main.release=v1.2.3".
var release string

// version is the release, or what the Go tool recorded about the module.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:  "version",
		Usage: "print the version of this binary",
		Description: "EXAMPLES:\n" +
			"   tabard version\n" +
			"   tabard version -o json",
		Flags:  []cli.Flag{outputFlag()},
		Action: versionAction,
	}
}

type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func versionAction(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	v := versionInfo{Version: version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	return out.datum(v, table{rows: [][]string{
		{"version", v.Version}, {"revision", v.Revision}, {"go", v.Go}, {"platform", v.Platform},
	}})
}
