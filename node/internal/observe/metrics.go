package observe

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what came of looking at pinned DIDs. Nil counts nothing.
type Metrics struct{ looks *prometheus.CounterVec }

// outcomes are how a look can end.
var outcomes = []string{"recorded", "unchanged", "unavailable", "diverged", "rewritten", "broken", "refused"}

// NewMetrics registers the metrics of one Observer.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tabard_observations_total",
		Help: "Looks at pinned foreign DIDs, by what came of them; alert on diverged, rewritten and broken.",
	}, []string{"outcome"})}
	for _, outcome := range outcomes {
		m.looks.WithLabelValues(outcome)
	}
	return m, r.Register(m.looks)
}

func (m *Metrics) looked(outcome string) {
	if m != nil {
		m.looks.WithLabelValues(outcome).Inc()
	}
}
