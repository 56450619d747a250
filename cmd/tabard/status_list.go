package main

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did"
	"github.com/tabard-id/tabard/did/proof"
	"github.com/tabard-id/tabard/did/statuslist"
)

func statusListCommand() *cli.Command {
	return &cli.Command{
		Name:        "list",
		Usage:       "make, change, publish and read status lists",
		Subcommands: []*cli.Command{statusListNewCommand(), statusListSetCommand(), statusListPublishCommand(), statusListShowCommand()},
	}
}

func statusListNewCommand() *cli.Command {
	return &cli.Command{
		Name:  "new",
		Usage: "sign a status list of your own and print it",
		Description: "Nothing is sent anywhere. The list is a BitstringStatusListCredential without a set bit. Of what is\n" +
			"registered the registry makes lists itself: you need one of your own for other purposes, or to be read\n" +
			"without the registry.\n\n" +
			"EXAMPLES:\n" +
			"   tabard status list new -d alice --id https://alice.example/status/1 > list.json\n" +
			"   tabard status list new -d alice --id https://alice.example/status/2 --purpose message \\\n" +
			"      --message pending --message accepted --message rejected --message undefined > messages.json",
		Flags: append(signerFlags(),
			&cli.StringFlag{Name: "id", Usage: "`URL` where the list will be"},
			&cli.StringFlag{Name: "purpose", Value: statuslist.Revocation, Usage: "`PURPOSE`: revocation, suspension, refresh, message, or one of your own"},
			&cli.Uint64Flag{Name: "entries", Value: statuslist.MinEntries, Usage: "`COUNT` of entries, at least 131072"},
			&cli.StringSliceFlag{Name: "message", Usage: "what the next value means, from 0 on, as `TEXT`; 2, 4, 8 … 256 of them"},
			&cli.DurationFlag{Name: "ttl", Usage: "`TIME` after which a copy should be fetched again"},
			&cli.DurationFlag{Name: "valid-for", Usage: "`TIME` from now to valid-until"},
			outputFlag(),
		),
		Action: statusListNew,
	}
}

func statusListNew(c *cli.Context) error {
	if err := exactArgs(c, 0); err != nil {
		return err
	}
	who, err := signerFromFlags(c)
	if err != nil {
		return err
	}
	draft := statuslist.List{
		ID: c.String("id"), Issuer: string(who.did), Purposes: []string{c.String("purpose")}, TTL: c.Duration("ttl"),
	}
	if draft.ID == "" {
		return usage("want --id, the URL where the list will be")
	}
	if err := addMessages(&draft, c.StringSlice("message")); err != nil {
		return err
	}
	list, err := statuslist.NewList(draft, c.Uint64("entries"))
	if err != nil {
		return usage("%w", err)
	}
	return signList(c, who, list, time.Time{})
}

// addMessages gives every value of an entry its message.
func addMessages(l *statuslist.List, messages []string) error {
	if len(messages) == 0 {
		return nil
	}
	for size := 1; size <= statuslist.MaxSize; size++ {
		if len(messages) == 1<<size {
			l.Size = size
		}
	}
	if l.Size == 0 {
		return usage("--message: want 2, 4, 8 … 256 of them, not %d", len(messages))
	}
	l.Messages = make(map[uint64]string, len(messages))
	for value, text := range messages {
		l.Messages[uint64(value)] = text
	}
	return nil
}

// signList signs a list as of now and prints it. Its proof says that it was made later than the time
// after, to the second: a registry takes no list that is not.
func signList(c *cli.Context, who signer, list *statuslist.List, after time.Time) error {
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	now := time.Now().UTC().Truncate(time.Second)
	list.ValidFrom, list.ValidUntil = now, time.Time{}
	if d := c.Duration("valid-for"); d > 0 {
		list.ValidUntil = now.Add(d)
	}
	v, err := list.Credential()
	if err != nil {
		return err
	}
	if _, err := statuslist.ParseList(v); err != nil {
		return usage("this would be no status list: %w", err)
	}
	created := now
	if first := after.Add(time.Second); created.Before(first) {
		created = first
	}
	signed, err := proof.Sign(v, who.key, proof.SignOptions{
		VerificationMethod: who.method, Purpose: did.AssertionMethod, Created: created,
	})
	if err != nil {
		return usage("%w", err)
	}
	talk(c, "Signed as %s.", who.did)
	return out.document(signed)
}

func statusListSetCommand() *cli.Command {
	return &cli.Command{
		Name:      "set",
		Usage:     "change entries of a status list of your own, sign it again and print it",
		ArgsUsage: "FILE|- INDEX[=VALUE]...",
		Description: "VALUE is 1 if it is not given; entries of several bits take more. What is revoked stays revoked.\n\n" +
			"EXAMPLES:\n" +
			"   tabard status list set -d alice list.json 94567 94568 > next.json && tabard status list publish next.json\n" +
			"   tabard status list set -d alice suspensions.json 17=0 > next.json",
		Flags: append(signerFlags(),
			&cli.DurationFlag{Name: "valid-for", Usage: "`TIME` from now to valid-until"},
			outputFlag(),
		),
		Action: statusListSet,
	}
}

func statusListSet(c *cli.Context) error {
	if c.NArg() < 2 {
		return exactArgs(c, 2)
	}
	who, err := signerFromFlags(c)
	if err != nil {
		return err
	}
	list, made, err := readList(c, c.Args().First())
	if err != nil {
		return err
	}
	if list.Issuer != string(who.did) {
		return usage("the list is of %s, not of %s", list.Issuer, who.did)
	}
	for _, arg := range c.Args().Slice()[1:] {
		index, value, err := parseSetting(arg)
		if err != nil {
			return err
		}
		if err := list.Set(index, value); err != nil {
			return usage("%s: %w", arg, err)
		}
	}
	return signList(c, who, list, made)
}

// readList reads a list, and when the newest of its proofs was made.
func readList(c *cli.Context, path string) (list *statuslist.List, made time.Time, err error) {
	v, err := readCredential(c, path)
	if err != nil {
		return nil, made, err
	}
	if list, err = statuslist.ParseList(v); err != nil {
		return nil, made, fail(exitInvalid, "%s: %w", path, err)
	}
	secured, err := proof.Open(v)
	if err != nil && !errors.Is(err, proof.ErrNoProof) {
		return nil, made, fail(exitInvalid, "%s: %w", path, err)
	}
	if err == nil {
		for _, p := range secured.Proofs() {
			if p.CreatedAt.After(made) {
				made = p.CreatedAt
			}
		}
	}
	return list, made, nil
}

// parseSetting reads INDEX or INDEX=VALUE.
func parseSetting(arg string) (index, value uint64, err error) {
	left, right, given := strings.Cut(arg, "=")
	if index, err = strconv.ParseUint(left, 10, 64); err == nil && given {
		value, err = strconv.ParseUint(right, 0, 8)
	} else {
		value = 1
	}
	if err != nil {
		return 0, 0, usage("%q: want INDEX or INDEX=VALUE", arg)
	}
	return index, value, nil
}

func statusListPublishCommand() *cli.Command {
	return &cli.Command{
		Name:      "publish",
		Usage:     "record a status list that its issuer has signed",
		ArgsUsage: "FILE|-",
		Description: "Every node verifies it, compares it with the issuer's last one and records which entries changed.\n\n" +
			"EXAMPLES:\n" +
			"   tabard status list publish list.json",
		Flags:  clientFlags(),
		Action: statusListPublish,
	}
}

func statusListPublish(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	v, err := readCredential(c, c.Args().First())
	if err != nil {
		return err
	}
	cl, err := newClient(c)
	if err != nil {
		return err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	receipt, err := cl.PublishStatusList(ctx, v)
	if err != nil {
		return err
	}
	return out.datum(receipt, receiptTable(receipt))
}

func statusListShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "fetch a status list from a registry and verify it, or read one from a file",
		ArgsUsage: "URL|FILE|-",
		Description: "With --index, exit status 4 if that entry is set in a list of revocations or suspensions.\n" +
			"What is read from a file is not verified.\n\n" +
			"EXAMPLES:\n" +
			"   tabard status list show https://registry.example/v1/status-lists/did%3Aweb%3Aalice.example/revocation/0\n" +
			"   tabard status list show \"$LIST\" --index 94567 --at 2026-06-01T00:00:00Z",
		Flags: readFlags(
			&cli.StringFlag{Name: "at", Usage: "RFC 3339 `TIME` as of which to show it"},
			&cli.Uint64Flag{Name: "index", Usage: "show the entry of this `NUMBER`"},
		),
		Action: statusListShow,
	}
}

// shownList is a list for people and programs.
type shownList struct {
	ID         string   `json:"id,omitempty"`
	Issuer     string   `json:"issuer"`
	Purposes   []string `json:"statusPurpose"`
	Entries    uint64   `json:"entries"`
	Set        int      `json:"bitsSet"`
	ValidFrom  string   `json:"validFrom,omitempty"`
	ValidUntil string   `json:"validUntil,omitempty"`
	Verified   bool     `json:"verified"`
	Index      *uint64  `json:"index,omitempty"`
	Value      *uint64  `json:"value,omitempty"`
	Message    string   `json:"message,omitempty"`
}

func statusListShow(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	list, verified, err := listOf(c, c.Args().First())
	if err != nil {
		return err
	}
	size := max(list.Size, 1)
	shown := shownList{
		ID: list.ID, Issuer: list.Issuer, Purposes: list.Purposes, Entries: list.Entries(size),
		Set: statuslist.Count(list.Bits()), Verified: verified,
		ValidFrom: timeText(list.ValidFrom), ValidUntil: timeText(list.ValidUntil),
	}
	var result statuslist.Result
	if c.IsSet("index") {
		index := c.Uint64("index")
		result, err = list.Status(statuslist.Entry{Purpose: list.Purposes[0], ListURL: list.ID, Index: index, Size: size})
		if err != nil {
			return usage("%w", err)
		}
		shown.Index, shown.Value, shown.Message = &index, &result.Value, result.Message
	}
	if err := out.datum(shown, shown.table()); err != nil {
		return err
	}
	if result.Set && (result.Purpose == statuslist.Revocation || result.Purpose == statuslist.Suspension) {
		return &exitError{code: exitRevoked}
	}
	return nil
}

// listOf fetches and verifies the list of a URL, or reads the one in a file.
func listOf(c *cli.Context, arg string) (list *statuslist.List, verified bool, err error) {
	if !strings.Contains(arg, "://") {
		list, _, err = readList(c, arg)
		return list, false, err
	}
	cl, err := newClient(c)
	if err != nil {
		return nil, false, err
	}
	ctx, stop := withTimeout(c)
	defer stop()
	if c.String("at") != "" {
		t, err := timeFlag(c, "at")
		if err != nil {
			return nil, false, err
		}
		list, err = cl.StatusListAt(ctx, arg, t)
		return list, err == nil, err
	}
	list, err = cl.StatusList(ctx, arg)
	return list, err == nil, err
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (l shownList) table() table {
	verified := "no"
	if l.Verified {
		verified = "yes"
	}
	rows := [][]string{
		{"list", l.ID}, {"issuer", l.Issuer}, {"purpose", strings.Join(l.Purposes, ", ")},
		{"entries", strconv.FormatUint(l.Entries, 10)}, {"bits set", strconv.Itoa(l.Set)},
		{"valid from", l.ValidFrom}, {"valid until", l.ValidUntil}, {"verified", verified},
	}
	if l.Index != nil {
		rows = append(rows, []string{"entry", strconv.FormatUint(*l.Index, 10)},
			[]string{"value", strconv.FormatUint(*l.Value, 10)}, []string{"message", l.Message})
	}
	return table{rows: rows}
}
