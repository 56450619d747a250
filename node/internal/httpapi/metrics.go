package httpapi

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the surface. The label values of a route are looked up once; what is left for each
// request is a handful of atomic additions.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	routes   sync.Map // name -> *routeMetrics
}

type routeMetrics struct {
	duration prometheus.Observer
	byStatus [statuses]atomic.Pointer[statusCounter]
}

type statusCounter struct{ prometheus.Counter }

const statuses = 600

func newMetrics(reg prometheus.Registerer, c *cache) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tabard_http_requests_total", Help: "Requests served, by route and status."}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tabard_http_request_duration_seconds", Help: "Time from a request's header to the end of its reply.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route"}),
	}
	bytes := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tabard_http_cache_bytes", Help: "Bytes of pre-encoded replies kept."}, func() float64 { return float64(c.size()) })
	hits := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "tabard_http_cache_hits_total", Help: "Replies sent as pre-encoded."}, func() float64 { return float64(c.hits()) })
	for _, collector := range []prometheus.Collector{m.requests, m.duration, bytes, hits} {
		if err := reg.Register(collector); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) route(name string) *routeMetrics {
	if rm, ok := m.routes.Load(name); ok {
		return rm.(*routeMetrics)
	}
	rm, _ := m.routes.LoadOrStore(name, &routeMetrics{duration: m.duration.WithLabelValues(name)})
	return rm.(*routeMetrics)
}

func (m *metrics) observe(name string, status int, elapsed time.Duration) {
	if status <= 0 || status >= statuses {
		status = http.StatusOK // nothing was written: net/http says 200
	}
	rm := m.route(name)
	rm.duration.Observe(elapsed.Seconds())
	counter := rm.byStatus[status].Load()
	if counter == nil {
		counter = &statusCounter{m.requests.WithLabelValues(name, strconv.Itoa(status))}
		rm.byStatus[status].Store(counter)
	}
	counter.Inc()
}
