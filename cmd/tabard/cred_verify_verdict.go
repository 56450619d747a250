package main

import (
	"fmt"

	"github.com/tabard-id/tabard/did/credential"
)

func verdictTable(v credential.Verdict) table {
	t := table{head: []string{"check", "outcome", "code", "detail"}}
	t.rows = verdictRows(t.rows, "", v)
	result := "NOT VERIFIED"
	if v.Verified {
		result = "VERIFIED"
	}
	asOf := ""
	if v.AsOf != nil {
		asOf = fmt.Sprintf("as of %s:%d", v.AsOf.Ledger, v.AsOf.Seq)
	}
	t.rows = append(t.rows, []string{"verdict", result, "", asOf})
	return t
}

// verdictRows are the rows of a verdict, and those of the credentials in a presentation.
func verdictRows(rows [][]string, prefix string, v credential.Verdict) [][]string {
	for _, row := range v.Checks {
		rows = append(rows, []string{prefix + row.Name, string(row.Outcome), string(row.Code), row.Detail})
	}
	for _, o := range v.Ownership {
		rows = append(rows, []string{prefix + "ownership", o.State, "", "of the " + o.Role + " " + o.DID + " by " + o.Controller})
	}
	for i, inner := range v.Credentials {
		rows = verdictRows(rows, fmt.Sprintf("credential %d: ", i+1), inner)
	}
	return rows
}

// verdictExit is the exit status of a verdict that refuses. What breaks the credential itself comes
// first, then what cannot be told, then what has become of it, then what has become of its issuer. A
// presentation is as bad as the worst of its credentials.
func verdictExit(v credential.Verdict) int {
	exit := exitInvalid
	for _, row := range v.Checks {
		if row.Outcome != credential.Failed {
			continue
		}
		switch row.Code {
		case credential.CodeExpired, credential.CodeProofExpired, credential.CodeNotYetValid, credential.CodeSuspended,
			credential.CodeRevoked, credential.CodeRevokedRetroactively, credential.CodeIssuerSuspended, credential.CodeIssuerRevoked,
			credential.CodeHolderSuspended, credential.CodeHolderRevoked, credential.CodeSubjectSuspended, credential.CodeSubjectRevoked:
			exit = exitRevoked
		case credential.CodeIssuerDeactivated, credential.CodeIssuerUnresolvable, credential.CodeHolderDeactivated, credential.CodeHolderUnresolvable:
			return exitGone // that its key cannot be had follows from this
		case credential.CodeUnregistered, credential.CodeNoRegistry:
			exit = exitGone
		case credential.CodeStatusUnavailable, credential.CodeSchemaUnavailable:
			exit = exitNoLeader
		case credential.CodeCredentialUnverified:
			if exit = innerExit(v.Credentials); exit == exitInvalid {
				return exit
			}
		default:
			if row.Code == credential.CodeKeyUnavailable && unresolved(v) {
				continue
			}
			return exitInvalid
		}
	}
	return exit
}

// innerExit is the exit status of the worst of several credentials, in the order 3, 7, 4, 5.
func innerExit(verdicts []credential.Verdict) int {
	worst := exitOK
	for _, v := range verdicts {
		if v.Verified {
			continue
		}
		if exit := verdictExit(v); severity(exit) > severity(worst) {
			worst = exit
		}
	}
	if worst == exitOK {
		return exitInvalid
	}
	return worst
}

func severity(exit int) int {
	switch exit {
	case exitOK:
		return 0
	case exitGone:
		return 1
	case exitRevoked:
		return 2
	case exitNoLeader:
		return 3
	}
	return 4
}

// unresolved reports that the issuer or holder has no document, for which a missing key is only a symptom.
func unresolved(v credential.Verdict) bool {
	for _, name := range []string{credential.CheckIssuerState, credential.CheckHolderState} {
		row, _ := v.Check(name)
		switch row.Code {
		case credential.CodeIssuerDeactivated, credential.CodeIssuerUnresolvable, credential.CodeHolderDeactivated, credential.CodeHolderUnresolvable:
			return true
		}
	}
	return false
}
