package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A load is a closed-loop HTTP/1.1 workload: conns connections, each with one request in flight.
// The client writes prepared bytes and reads the reply without a net/http client in between, so
// that on two cores the server, not the generator, is what is measured.
type load struct {
	addrs []string // connections are dealt over these in turn
	conns int
	total int
	// request returns the i-th request, complete; status is what every reply must have.
	request func(i int) []byte
	status  int
}

type result struct {
	rate float64         // requests per second
	took []time.Duration // sorted
}

// run sends total requests and fails at the first reply that is not as expected.
func (l load) run(ctx context.Context) (result, error) {
	var (
		next  atomic.Int64
		group sync.WaitGroup
		mu    sync.Mutex
		first error
		all   []time.Duration
	)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	for c := range l.conns {
		group.Go(func() {
			took, err := l.connection(ctx, l.addrs[c%len(l.addrs)], &next)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, took...)
			if err != nil && first == nil {
				first = err
				cancel()
			}
		})
	}
	group.Wait()
	elapsed := time.Since(start)
	slices.Sort(all)
	return result{rate: float64(len(all)) / elapsed.Seconds(), took: all}, first
}

func (l load) connection(ctx context.Context, addr string, next *atomic.Int64) ([]time.Duration, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	reader := bufio.NewReaderSize(conn, 8<<10)
	var took []time.Duration
	for {
		i := int(next.Add(1)) - 1
		if i >= l.total {
			return took, nil
		}
		start := time.Now()
		if _, err := conn.Write(l.request(i)); err != nil {
			return took, err
		}
		if err := readReply(reader, l.status); err != nil {
			return took, fmt.Errorf("request %d to %s: %w", i, addr, err)
		}
		took = append(took, time.Since(start))
	}
}

func readReply(reader *bufio.Reader, want int) error {
	reply, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	if reply.StatusCode != want {
		text, _ := io.ReadAll(io.LimitReader(reply.Body, 1<<10)) // best effort: the status is the error
		return fmt.Errorf("%s, want %d: %s", reply.Status, want, text)
	}
	_, err = io.Copy(io.Discard, reply.Body)
	return err
}

// getRequest and postRequest build the bytes of one request.
func getRequest(target, accept string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: %s\r\n\r\n", target, accept)
}

func postRequest(target, contentType string, body []byte) []byte {
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", target, contentType, len(body))
	return append(head, body...)
}
