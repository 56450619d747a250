package sdjwt_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tabard-id/tabard/did/multikey"
	"github.com/tabard-id/tabard/did/sdjwt"
)

// Whatever the token, reading it costs less than a second and 64 MiB.
func TestHostileTokens(t *testing.T) {
	key := testKey(t, multikey.Ed25519, 7)
	jwt := func(payload string) string { return compact(t, `{"alg":"EdDSA"}`, payload, key) + "~" }
	var decoys, nested strings.Builder
	for i := range 60000 {
		fmt.Fprintf(&decoys, `,"%d"`, i)
	}
	nested.WriteString(strings.Repeat(`{"_sd":[],"a":[`, 15))
	nested.WriteString(strings.Repeat(`{"...":"x"},`, 1))
	nested.WriteString("0" + strings.Repeat(`]}`, 15))
	shown := make([]string, sdjwt.MaxDisclosures)
	digests := make([]string, len(shown))
	for i := range shown {
		shown[i] = disclosure(fmt.Sprintf(`["s","%d",[%s0]]`, i, strings.Repeat("[],", 200)))
		digests[i] = `"` + digest(shown[i]) + `"`
	}
	for name, text := range map[string]string{
		"decoys":             jwt(`{"_sd":["x"` + decoys.String() + `]}`),
		"elements":           jwt(`{"a":[` + strings.Repeat(`{},`, 60000) + `{}]}`),
		"members":            jwt(`{"a":{"x":0` + strings.ReplaceAll(decoys.String()+",", `",`, `":0,`) + `"y":0}}`),
		"nested":             jwt(nested.String()),
		"disclosures":        jwt(`{"_sd":[`+strings.Join(digests, ",")+`]}`) + strings.Join(shown, "~") + "~",
		"nothing but tildes": jwt(`{}`) + strings.Repeat("~", 500000),
		"many disclosures":   jwt(`{}`) + strings.Repeat("WyJzIiwxXQ~", 80000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		token, err := sdjwt.Parse([]byte(text))
		if err == nil {
			_, err = token.Process()
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %d bytes, %v, %d MiB allocated, %v", name, len(text), took, allocated, err)
		if took > time.Minute || allocated > 64 {
			t.Errorf("%s: %v and %d MiB", name, took, allocated)
		}
	}
}
