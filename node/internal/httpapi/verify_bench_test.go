package httpapi

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/tabard-id/tabard/did/jcs"
)

// BenchmarkPresentation measures POST /presentations/verify of four registered credentials by one
// issuer: warm, as when an agent presents the same credentials again, and with proofs that were never
// seen before.
func BenchmarkPresentation(b *testing.B) {
	n := startNode(b)
	issuer, holder := n.register("issuers", "one"), n.register("agents", "holder")
	var vcs []jcs.Value
	for i := range 4 {
		vc := issuer.issue(strconv.Itoa(i))
		n.post("/v1/credentials", "application/json", registerBody(vc, false))
		vcs = append(vcs, vc)
	}
	warm := presentationBody(holder.present("", "", vcs...), `{}`)
	verify := func(b *testing.B, body []byte) {
		if got := n.post(presentationPath, "application/json", body); got.status != http.StatusOK {
			b.Fatalf("%d %s", got.status, got.body)
		}
	}
	b.Run("warm", func(b *testing.B) {
		for b.Loop() {
			verify(b, warm)
		}
	})
	b.Run("new", func(b *testing.B) {
		bodies := make([][]byte, b.N)
		for i := range bodies {
			var fresh []jcs.Value
			for j := range vcs {
				fresh = append(fresh, issuer.issue(strconv.Itoa(i*len(vcs)+j)))
			}
			bodies[i] = presentationBody(holder.present("", "", fresh...), `{}`)
		}
		b.ResetTimer()
		for _, body := range bodies {
			verify(b, body)
		}
	})
}
