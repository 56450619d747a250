package main

import (
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/dereference"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/node/api"
)

func didShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "show what a registry knows of a DID: status, owners, keys, services",
		ArgsUsage: "DID|DIR",
		Description: "An owner is a controller that the document names. Anybody can name anybody: confirmed is one that has\n" +
			"registered an AgentRegistrationCredential about the DID (tabard did accept), claimed is any other.\n" +
			"-o json prints the resolution result, as tabard resolve does. Exit status 4 if the DID is suspended or\n" +
			"revoked, 5 if it is deactivated or not found.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did show bot\n" +
			"   tabard did show did:webvh:Qm...:registry.localhost%3A8700:agents:alice\n" +
			"   tabard did show \"$BOT\" -o json",
		Flags:  readFlags(),
		Action: didShow,
	}
}

func didShow(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	id, err := didOrDir(c.Args().First())
	if err != nil {
		return err
	}
	result, failure, err := resolveTarget(c, dereference.Request{URL: did.URL{DID: id}})
	if err != nil {
		return err
	}
	metadata, _ := result.Get("didDocumentMetadata")
	if metadata.Len() > 0 {
		document, _ := result.Get("didDocument")
		if err := out.datum(result, overview(id, document, metadata)); err != nil {
			return err
		}
	}
	return failure
}

// didOrDir is a DID, or that of a DID directory.
func didOrDir(arg string) (did.ID, error) {
	if exists(filepath.Join(arg, logFile)) || exists(filepath.Join(arg, pendingFile)) {
		return idOfDir(arg)
	}
	id, err := did.Parse(arg)
	if err != nil {
		return "", usage("%q is neither a DID nor a directory of one: %w", arg, err)
	}
	return id, nil
}

// overview is the human form of a resolution result.
func overview(id did.ID, document, metadata jcs.Value) table {
	text := func(v jcs.Value, name string) string { s, _ := v.GetString(name); return s }
	t := table{rows: [][]string{{"did", string(id)}}}
	add := func(name, value string) { t.rows = append(t.rows, []string{name, value}) }
	status, said := metadata.Get(api.MetadataStatus)
	gone, _ := metadata.Get("deactivated")
	switch deactivated, _ := gone.Bool(); {
	case said:
		line := text(status, "status") + " since " + text(status, "since") + " by " + text(status, "by")
		if reason := text(status, "reason"); reason != "" {
			line += ": " + reason
		}
		add("status", line)
	case deactivated:
		add("status", "deactivated")
	default:
		add("status", "active")
	}
	for _, name := range []string{"versionId", "versionTime", "created", "updated"} {
		add(name, text(metadata, name))
	}
	owners, _ := metadata.Get(api.MetadataOwnership)
	for o := range owners.Elems() {
		line := text(o, "controller") + "  " + text(o, "state")
		if digest := text(o, "credential"); digest != "" {
			line += " by credential " + digest
		}
		if until := text(o, "validUntil"); until != "" {
			line += " until " + until
		}
		if reason := text(o, "reason"); reason != "" {
			line += ": " + reason
		}
		add("owner", line)
	}
	documentRows(document, add)
	return t
}

var relationships = []did.Relationship{
	did.Authentication, did.AssertionMethod, did.KeyAgreement, did.CapabilityInvocation, did.CapabilityDelegation,
}

// documentRows are the keys and services of a document.
func documentRows(document jcs.Value, add func(name, value string)) {
	id, _ := document.GetString("id")
	parsed, err := did.ParseDocument(document)
	if err != nil {
		return // there is none, or the node has one that this build does not understand: -o json shows it
	}
	for _, m := range parsed.VerificationMethods() {
		var purposes []string
		for _, rel := range relationships {
			if _, err := parsed.Method(m.ID, rel); err == nil {
				purposes = append(purposes, string(rel))
			}
		}
		kind := m.Type
		if m.KeyErr == nil {
			kind = m.Key.Type().String()
		}
		add("key", strings.TrimPrefix(m.ID, id)+"  "+kind+"  "+strings.Join(purposes, ", "))
	}
	for _, s := range parsed.Services() {
		add("service", strings.TrimPrefix(s.ID, id)+"  "+strings.Join(s.Types, ", "))
	}
}
