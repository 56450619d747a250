package stream

import (
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tabard-id/tabard/ledger/record"
	"github.com/tabard-id/tabard/node/api"
)

func TestFrameTellsTheRecord(t *testing.T) {
	m := newMemory(6)
	_, at := serve(t, m, nil)
	ws := dial(t, at+"?after="+testLedger+":start")
	for i := range 6 {
		f := nextRecord(t, ws)
		leaf := record.LeafHash(m.records[i])
		if *f.Seq != record.Seq(i) || f.Cursor != fmt.Sprintf("%s:%d", testLedger, i) || f.Time != testTime || f.Leaf != hex.EncodeToString(leaf[:]) {
			t.Errorf("frame %d: %+v", i, f)
		}
		who := fmt.Sprintf("did:webvh:Qm%d:registry.example:a", i%7)
		switch {
		case i%3 == 0 && (f.Kind != "did" || f.DID != who || f.VersionID != "3-Qm" || f.VersionNumber != 3):
			t.Errorf("did frame %d: %+v", i, f)
		case i%3 == 1 && (f.Kind != "credential" || f.Issuer != who || f.Digest != fmt.Sprintf("%064x", i)):
			t.Errorf("credential frame %d: %+v", i, f)
		case i%3 == 2 && (f.Kind != "status" || f.Issuer != who || f.Target != fmt.Sprintf("%064x", i) || f.Status == ""):
			t.Errorf("status frame %d: %+v", i, f)
		}
	}
}

func TestNowIsAfterTheNewestRecord(t *testing.T) {
	m := newMemory(10)
	_, at := serve(t, m, nil)
	ws := dial(t, at)
	hello := next(t, ws)
	if hello.Kind != api.KindHeartbeat || hello.Cursor != testLedger+":9" || hello.Size != 10 {
		t.Fatalf("first message: %+v", hello)
	}
	m.append(1)
	if f := nextRecord(t, ws); *f.Seq != 10 {
		t.Fatalf("first record: %+v", f)
	}
}

// TestEveryRecordOnceInOrder has clients of all kinds leave and resume at random
// while the ledger grows in bursts, some larger than the ring.
func TestEveryRecordOnceInOrder(t *testing.T) {
	const total = 12_000
	m := newMemory(1)
	_, at := serve(t, m, func(c *Config) { c.Interval = 5 * time.Millisecond })
	filters := map[string]func(i int) bool{
		"":              func(int) bool { return true },
		"&kinds=status": func(i int) bool { return i%3 == 2 },
		"&kinds=did,credential&did=did:webvh:Qm3:registry.example:a": func(i int) bool { return i%3 == 0 && i%7 == 3 },
	}
	var group sync.WaitGroup
	for query, lets := range filters {
		for n := range 4 {
			group.Add(1)
			go func() {
				defer group.Done()
				rng := rand.New(rand.NewPCG(uint64(n), uint64(len(query))))
				if err := follow(at, query, total, lets, rng); err != nil {
					t.Errorf("%q client %d: %v", query, n, err)
				}
			}()
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for left := total - 1; left > 0; {
		n := min(left, []int{1, 1, 3, 40, 700, 5000}[rng.IntN(6)])
		m.append(n)
		left -= n
	}
	group.Wait()
}

// follow reads to the end of the ledger over many connections.
func follow(at, query string, total int, lets func(int) bool, rng *rand.Rand) error {
	after, want := testLedger+":start", 0
	for {
		ws, _, err := websocket.DefaultDialer.Dial(at+"?after="+after+query, nil)
		if err != nil {
			return err
		}
		for range 1 + rng.IntN(2500) {
			f, err := receive(ws)
			if err != nil {
				return fmt.Errorf("after %s: %w", after, err)
			}
			c, err := api.ParseCursor(f.Cursor)
			if err != nil {
				return err
			}
			for ; want < int(c.Next)-1 || f.Kind == api.KindHeartbeat && want < int(c.Next); want++ {
				if lets(want) {
					return fmt.Errorf("record %d is missing before %+v", want, f)
				}
			}
			if f.Kind != api.KindHeartbeat {
				if int(*f.Seq) != want || !lets(want) {
					return fmt.Errorf("record %d, want %d", *f.Seq, want)
				}
				want++
			}
			if int(c.Next) != want {
				return fmt.Errorf("cursor %s goes back, at %d", f.Cursor, want)
			}
			after = f.Cursor
			if want == total {
				return ws.Close()
			}
		}
		if err := ws.Close(); err != nil {
			return err
		}
	}
}

func TestFilters(t *testing.T) {
	m := newMemory(210)
	_, at := serve(t, m, nil)
	did := func(i int) string { return fmt.Sprintf("did:webvh:Qm%d:registry.example:a", i) }
	cases := map[string]func(i int) bool{
		"kinds=did":                       func(i int) bool { return i%3 == 0 },
		"kinds=did&kinds=status":          func(i int) bool { return i%3 != 1 },
		"kinds=did,status":                func(i int) bool { return i%3 != 1 },
		"status=revoked":                  func(i int) bool { return i%3 == 2 && i/3%3 == 2 },
		"status=revoked,suspended":        func(i int) bool { return i%3 == 2 && i/3%3 != 0 },
		"issuer=" + did(2):                func(i int) bool { return i%3 != 0 && i%7 == 2 },
		"issuer=" + did(2) + "," + did(4): func(i int) bool { return i%3 != 0 && (i%7 == 2 || i%7 == 4) },
		"did=" + did(5):                   func(i int) bool { return i%3 == 0 && i%7 == 5 },
		"did=did:key:z1":                  func(i int) bool { return i%3 == 1 && i%5 == 1 },
		"kinds=credential&issuer=" + did(1) + "&did=did:key:z1": func(i int) bool { return i%3 == 1 && i%7 == 1 && i%5 == 1 },
	}
	for query, lets := range cases {
		t.Run(query, func(t *testing.T) {
			ws := dial(t, at+"?after="+testLedger+":start&"+query)
			for i := range 210 {
				if !lets(i) {
					continue
				}
				if f := nextRecord(t, ws); int(*f.Seq) != i {
					t.Fatalf("record %d, want %d", *f.Seq, i)
				}
			}
		})
	}
}

func TestMalformedRequests(t *testing.T) {
	m := newMemory(5)
	_, at := serve(t, m, nil)
	plain := "http" + strings.TrimPrefix(at, "ws")
	many := make([]string, maxFilterValues+1)
	for i := range many {
		many[i] = fmt.Sprintf("did:key:z%d", i)
	}
	cases := []struct {
		query string
		code  api.Code
	}{
		{"", api.UpgradeRequired},
		{"?after=", api.InvalidParameter},
		{"?after=5", api.InvalidParameter},
		{"?after=" + testLedger, api.InvalidParameter},
		{"?after=" + testLedger + ":", api.InvalidParameter},
		{"?after=" + testLedger + ":-1", api.InvalidParameter},
		{"?after=" + testLedger + ":01", api.InvalidParameter},
		{"?after=" + testLedger + ":%2B1", api.InvalidParameter},
		{"?after=" + testLedger + ":18446744073709551615", api.InvalidParameter},
		{"?after=" + testLedger + ":1&after=" + testLedger + ":2", api.InvalidParameter},
		{"?after=" + strings.Repeat("Q", 200) + ":1", api.InvalidParameter},
		{"?after=QmOther:1", api.UnknownLedger},
		{"?after=" + testLedger + ":5", api.FutureCursor},
		{"?kinds=", api.InvalidParameter},
		{"?kinds=dids", api.InvalidParameter},
		{"?kind=did", api.InvalidParameter},
		{"?status=gone", api.InvalidParameter},
		{"?did=x", api.InvalidParameter},
		{"?did=did:key:z1,", api.InvalidParameter},
		{"?issuer=did:key:" + strings.Repeat("z", maxFilterLength), api.InvalidParameter},
		{"?did=" + url.QueryEscape(strings.Join(many, ",")), api.InvalidParameter},
	}
	for _, c := range cases {
		resp, err := http.Get(plain + c.query)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if p := problemOf(t, body); p.Code != c.code || p.Status != resp.StatusCode || resp.StatusCode/100 != 4 || resp.Header.Get(api.HeaderSeq) != "5" {
			t.Errorf("%q: %d %s, want %s", c.query, resp.StatusCode, body, c.code)
		}
	}
	if _, resp, err := websocket.DefaultDialer.Dial(at+"?kinds=x", nil); err == nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("handshake with a bad filter: %v", err)
	}
}

func TestAnyOriginMayRead(t *testing.T) {
	_, at := serve(t, newMemory(1), nil)
	ws, _, err := websocket.DefaultDialer.Dial(at, http.Header{"Origin": {"https://elsewhere.example"}})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	next(t, ws)
}

func FuzzQuery(f *testing.F) {
	f.Add("after=Qm:1&kinds=did,status&did=did:key:z,did:key:y&status=revoked")
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		s, err := parseQuery(q)
		if err != nil {
			return
		}
		if len(s.filter.dids) > maxFilterValues || len(s.filter.issuers) > maxFilterValues {
			t.Fatal("a list is too long")
		}
		if again, err := api.ParseCursor(s.after.String()); !s.fromNow && (err != nil || again != s.after) {
			t.Fatalf("cursor %v became %v", s.after, again)
		}
	})
}

func FuzzFrame(f *testing.F) {
	for i := range 6 {
		f.Add(testRecord(i))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		fr, err := encode(testLedger, 7, raw)
		if err != nil {
			return
		}
		if len(fr.wire) < 2 || fr.wire[0] != headText {
			t.Fatalf("frame % x", fr.wire)
		}
	})
}
