package ledger

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tabard-id/tabard/ledger/record"
)

// Metrics count what Apply does. Nil counts nothing.
type Metrics struct {
	seconds  prometheus.Histogram
	ops      prometheus.Histogram
	rejudge  prometheus.Counter
	outcomes *prometheus.CounterVec
}

// NewMetrics registers the metrics of one ledger.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tabard_ledger_apply_seconds", Help: "Time to apply one consensus entry.",
			Buckets: prometheus.ExponentialBuckets(50e-6, 2, 14),
		}),
		ops: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tabard_ledger_batch_operations", Help: "Operations in one consensus entry.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
		rejudge: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tabard_ledger_rejudged_total", Help: "Operations judged anew because of earlier ones in their batch.",
		}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tabard_ledger_outcomes_total", Help: "Operations applied, by outcome code.",
		}, []string{"code"}),
	}
	for _, c := range []prometheus.Collector{m.seconds, m.ops, m.rejudge, m.outcomes} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) applied(ops int, d time.Duration) {
	if m == nil || ops == 0 {
		return
	}
	m.seconds.Observe(d.Seconds())
	m.ops.Observe(float64(ops))
}

func (m *Metrics) rejudged() {
	if m != nil {
		m.rejudge.Inc()
	}
}

func (m *Metrics) outcome(c record.Code) {
	if m != nil {
		m.outcomes.WithLabelValues(c.String()).Inc()
	}
}
