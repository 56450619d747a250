package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// fetch returns the headers and body of a 200 reply.
func fetch(ctx context.Context, target string) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, nil, err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(io.LimitReader(reply.Body, 1<<20))
	if err == nil && reply.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %s", target, reply.Status, body)
	}
	return reply.Header, body, err
}
