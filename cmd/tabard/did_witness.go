package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/tabard-id/tabard/did/jcs"
	"github.com/tabard-id/tabard/did/webvh"
)

func didWitnessCommand() *cli.Command {
	return &cli.Command{
		Name:  "witness",
		Usage: "act as a witness of somebody's DID",
		Subcommands: []*cli.Command{{
			Name:      "sign",
			Usage:     "check a log and approve its newest version",
			ArgsUsage: "LOG.jsonl|DIR",
			Description: "Verifies the log (with the pending entry, if DIR holds one) and prints a did-witness.json in which\n" +
				"this witness approves the newest version, and with it those before. Proofs of other witnesses in\n" +
				"the did-witness.json beside the log are kept.\n\n" +
				"EXAMPLES:\n" +
				"   tabard did witness sign alice --key w1.json > from-w1.json\n" +
				"   tabard did witness sign did.jsonl --entry pending.jsonl --key w1.json",
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "key", Aliases: []string{"k"}, Usage: "key `FILE` of the witness (Ed25519)"},
				&cli.StringFlag{Name: "entry", Usage: "`FILE` with one more entry, not yet in the log"},
				&cli.StringFlag{Name: "witness", Usage: "did-witness.json `FILE`"},
				outputFlag(),
			},
			Action: witnessSign,
		}, witnessAskCommand()},
	}
}

func witnessSign(c *cli.Context) error {
	if err := exactArgs(c, 1); err != nil {
		return err
	}
	out, err := newPrinter(c)
	if err != nil {
		return err
	}
	if c.String("key") == "" {
		return usage("--key names no key file")
	}
	key, err := readKeyFile(c.String("key"))
	if err != nil {
		return err
	}
	log, file, err := logToWitness(c)
	if err != nil {
		return err
	}
	versionID, err := lastVersionID(log)
	if err != nil {
		return err
	}
	approval, err := webvh.WitnessSign(versionID, time.Now(), key.key)
	if err != nil {
		return usage("%s: %w", key.path, err)
	}
	merged, err := mergeProofs(file, []webvh.WitnessProof{approval})
	if err != nil {
		return usage("%s: %w", witnessFile, err)
	}
	// With this approval, nothing may be wrong but that other witnesses are missing.
	if _, err := webvh.VerifyLog(log, merged, time.Now()); err != nil && !isThreshold(err) {
		return err
	}
	talk(c, "%s approves version %s.", key.key.Public(), versionID)
	v, err := jcs.Decode(merged)
	if err != nil {
		return err
	}
	return out.document(v)
}

// logToWitness is the log that the argument names, with the entry that waits to be approved, and the
// proofs there are.
func logToWitness(c *cli.Context) (log, witness []byte, err error) {
	path, entry := c.Args().First(), c.String("entry")
	if dir := path; exists(filepath.Join(dir, keysDir)) || exists(filepath.Join(dir, logFile)) || exists(filepath.Join(dir, pendingFile)) {
		path = filepath.Join(dir, logFile)
		if file := filepath.Join(dir, pendingFile); entry == "" && exists(file) {
			entry = file
		}
	}
	if entry != "" && !exists(path) { // the first entry: there is no log yet
		path = entry
		entry = ""
	}
	if log, witness, err = readLog(c, path); err != nil {
		return nil, nil, err
	}
	if entry != "" {
		more, err := readBounded(entry, webvh.MaxEntryBytes+1)
		if err != nil {
			return nil, nil, usage("--entry: %w", err)
		}
		log = append(log, more...)
	}
	return log, witness, nil
}

// lastVersionID reads the versionId of the last line of a log, unverified.
func lastVersionID(log []byte) (string, error) {
	lines := bytes.Split(bytes.TrimSpace(log), []byte("\n"))
	v, err := jcs.Decode(lines[len(lines)-1])
	if err != nil {
		return "", err
	}
	id, ok := v.GetString("versionId")
	if !ok {
		return "", errors.New("the last entry has no versionId")
	}
	return id, nil
}
