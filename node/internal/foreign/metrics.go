package foreign

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count the questions about foreign things. Nil counts nothing.
type Metrics struct {
	answers *prometheus.CounterVec
	cache   atomic.Pointer[cache]
}

// NewMetrics registers the metrics of one Resolver.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{answers: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tabard_foreign_answers_total",
		Help: "Questions about foreign DIDs, status lists, schemas and files, by what was asked for and how it ended.",
	}, []string{"what", "outcome"})}
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tabard_foreign_cache_bytes", Help: "Estimated memory of cached foreign documents.",
	}, func() float64 {
		if c := m.cache.Load(); c != nil {
			return float64(c.size())
		}
		return 0
	})
	for _, c := range []prometheus.Collector{m.answers, bytes} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) watch(c *cache) { m.cache.Store(c) }

func (m *Metrics) resolved(what, outcome string) {
	if m != nil {
		m.answers.WithLabelValues(what, outcome).Inc()
	}
}
