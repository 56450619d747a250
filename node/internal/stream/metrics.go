package stream

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of one hub.
type metrics struct {
	open     prometheus.Gauge
	flushing prometheus.Gauge
	closed   *prometheus.CounterVec // by reason
	writes   prometheus.Counter
	bytes    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "tabard", Subsystem: "stream", Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Namespace: "tabard", Subsystem: "stream", Name: name, Help: help}
	}
	m := &metrics{
		open:     gauge("subscribers", "Open streams."),
		flushing: gauge("blocked_subscribers", "Streams whose socket takes no more at the moment."),
		closed:   prometheus.NewCounterVec(counter("closed_total", "Streams ended, by reason."), []string{"reason"}),
		writes:   prometheus.NewCounter(counter("writes_total", "Writes to sockets; one may carry many frames.")),
		bytes:    prometheus.NewCounter(counter("sent_bytes_total", "Bytes written to sockets.")),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.open, m.flushing, m.closed, m.writes, m.bytes} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}
