package fetch

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what is asked of the outside. Nil counts nothing.
type Metrics struct {
	requests *prometheus.CounterVec
	bytes    prometheus.Counter
	seconds  prometheus.Histogram
}

// NewMetrics registers the metrics of one Fetcher.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tabard_fetch_requests_total", Help: "Guarded requests to other hosts, by how they ended.",
		}, []string{"outcome"}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tabard_fetch_bytes_total", Help: "Bytes of the bodies they returned.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tabard_fetch_seconds", Help: "Time they took, remembered failures included.",
			Buckets: []float64{.001, .01, .05, .1, .25, .5, 1, 2, 5, 10},
		}),
	}
	for _, k := range kinds {
		m.requests.WithLabelValues(k.name)
	}
	for _, c := range []prometheus.Collector{m.requests, m.bytes, m.seconds} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) asked(outcome string, n int, d time.Duration) {
	if m == nil {
		return
	}
	m.requests.WithLabelValues(outcome).Inc()
	m.bytes.Add(float64(n))
	m.seconds.Observe(d.Seconds())
}
