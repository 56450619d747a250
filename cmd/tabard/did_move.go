package main

import (
	"context"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/webvh"
	"github.com/tabard-id/tabard/node/client"
)

func didMoveCommand() *cli.Command {
	return &cli.Command{
		Name:      "move",
		Usage:     "move a portable DID to another path or domain",
		ArgsUsage: "PATH",
		Description: "The DID keeps its SCID, keys and history; its document is that of the new DID and names the old one in\n" +
			"alsoKnownAs. The entry goes to the registry that the DID leaves. Then `did publish` brings the whole log to\n" +
			"the one that it moves to. Only what was created with --portable can move.\n\n" +
			"EXAMPLES:\n" +
			"   tabard did move staff/alice -d alice                                 # within the registry\n" +
			"   tabard did move agents/alice -d alice --domain other.example -s https://registry.example\n" +
			"   tabard did publish -d alice -s https://other.example",
		Flags: writeFlags(
			&cli.StringFlag{Name: "domain", Usage: "`HOST[:PORT]` to move to (default: where the DID is)"},
		),
		Action: func(c *cli.Context) error {
			if err := exactArgs(c, 1); err != nil {
				return err
			}
			return changeDID(c, didMove)
		},
	}
}

func didMove(c *cli.Context, d *didDir, signer multikey.PrivateKey) (webvh.Entry, error) {
	s := d.head().State
	if !s.Portable {
		return webvh.Entry{}, usage("%s is not portable: only a DID that was created with --portable can move", s.DID)
	}
	present, err := webvh.ParseID(s.DID)
	if err != nil {
		return webvh.Entry{}, err
	}
	domain := c.String("domain")
	if domain == "" {
		domain = present.Domain
	}
	next, err := webvh.NewIdentifier(s.SCID, domain, strings.Split(strings.Trim(c.Args().First(), "/"), "/"))
	if err != nil {
		return webvh.Entry{}, usage("%w", err)
	}
	if next.ID() == s.DID {
		return webvh.Entry{}, usage("%s is there already", s.DID)
	}
	at, err := d.nextTime(c)
	if err != nil {
		return webvh.Entry{}, err
	}
	o := webvh.UpdateOptions{Document: movedDocument(d.head().Entry.State, s.DID, next.ID()), Time: at}
	if err := keepPreRotation(c, d, &o); err != nil {
		return webvh.Entry{}, err
	}
	e, err := webvh.Update(s, o, signer)
	if err == nil && next.Domain != present.Domain {
		talk(c, "Publish the log at %s: `tabard did publish -d %s` with the --server there.", next.Domain, d.path)
	}
	return e, err
}

// movedDocument is a document under another DID: what it says of itself it says of the new one, and the
// old one is the same subject's.
func movedDocument(doc jcs.Value, from, to did.ID) jcs.Value {
	aliases, _ := doc.Get("alsoKnownAs")
	names := []jcs.Value{jcs.FromString(string(from))}
	for v := range aliases.Elems() {
		if s, _ := v.Str(); s != string(from) && s != string(to) {
			names = append(names, v)
		}
	}
	return renamed(doc, string(from), string(to)).With("alsoKnownAs", jcs.Array(names...))
}

// renamed replaces a DID, and DID URLs of it, wherever a value has them.
func renamed(v jcs.Value, from, to string) jcs.Value {
	if s, ok := v.Str(); ok {
		rest, of := strings.CutPrefix(s, from)
		if of && (rest == "" || strings.ContainsRune("#?/", rune(rest[0]))) {
			return jcs.FromString(to + rest)
		}
		return v
	}
	if v.IsArray() {
		items := make([]jcs.Value, 0, v.Len())
		for item := range v.Elems() {
			items = append(items, renamed(item, from, to))
		}
		return jcs.Array(items...)
	}
	if v.IsObject() {
		members := make([]jcs.Member, 0, v.Len())
		for name, member := range v.Members() {
			members = append(members, jcs.Member{Name: name, Value: renamed(member, from, to)})
		}
		return jcs.Object(members...)
	}
	return v
}

// homeAt is the DID by which a registry hosts the log of a directory, with the entry e if there is one: of
// a log that has moved, the newest DID that is on the registry's domain.
func homeAt(ctx context.Context, cl *client.Client, d *didDir, e *webvh.Entry) (did.ID, error) {
	var ids []did.ID
	if d.verified != nil {
		for _, v := range d.verified.Versions {
			ids = append(ids, v.State.DID)
		}
	}
	if e != nil {
		id, err := entryDID(*e)
		if err != nil {
			return "", err
		}
		ids = append(ids, id)
	}
	newest := ids[len(ids)-1]
	if ids[0] == newest { // it has not moved
		return newest, nil
	}
	cluster, err := cl.Cluster(ctx)
	if err != nil {
		return "", err
	}
	for i := len(ids) - 1; i >= 0; i-- {
		id, err := webvh.ParseID(ids[i])
		if err != nil {
			return "", err
		}
		if id.Domain == cluster.Domain {
			return ids[i], nil
		}
	}
	return newest, nil
}
