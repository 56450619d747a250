package connections

import "github.com/prometheus/client_golang/prometheus"

// metrics count connections. Nil counts nothing.
type metrics struct {
	refused *prometheus.CounterVec
	idle    prometheus.Counter
}

func newMetrics(r prometheus.Registerer, l *Listener) (*metrics, error) {
	if r == nil {
		return nil, nil
	}
	m := &metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tabard_http_connections_refused_total", Help: "Connections closed at once, by the bound that was reached.",
		}, []string{"bound"}),
		idle: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tabard_http_connections_evicted_total", Help: "Idle connections closed to make room for another.",
		}),
	}
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tabard_http_connections", Help: "Open connections of the public listener, streams included.",
	}, func() float64 { return float64(l.Open()) })
	most := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "tabard_http_connections_max", Help: "Bound on open connections of the public listener.",
	})
	most.Set(float64(l.cfg.Max))
	for _, bound := range []string{inSum, forAddress} {
		m.refused.WithLabelValues(bound)
	}
	for _, c := range []prometheus.Collector{m.refused, m.idle, open, most} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) refusal(bound string) {
	if m != nil {
		m.refused.WithLabelValues(bound).Inc()
	}
}

func (m *metrics) closed() {
	if m != nil {
		m.idle.Inc()
	}
}
