package ledger

import (
	"log/slog"
	"sync"
	"time"

	"github.com/tabard-id/tabard/ledger/record"
)

// Progress is that of a restoration.
type Progress struct {
	// Done records of Total are restored, those included that were there before.
	Done, Total record.Seq
	// Rate is records per second, of those that were judged since it began.
	Rate float64
}

// Restoring returns how far the restoration under way is, and false if there is none.
func (l *Ledger) Restoring() (Progress, bool) { return l.progress.get() }

// progress of one restoration after another. It is of the clock, which no judgement
// reads.
type progress struct {
	mu          sync.Mutex
	active      bool
	from        record.Seq
	now         Progress
	began, said time.Time
	log         *slog.Logger
}

// sayEvery is how often progress is logged.
const sayEvery = 5 * time.Second

func (p *progress) begin(from, total record.Seq, log *slog.Logger) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active, p.from, p.now, p.log = true, from, Progress{Done: from, Total: total}, log
	p.began = time.Now()
	p.said = p.began
	log.Info("restoring a snapshot", "records", total, "present", from)
}

func (p *progress) reach(done record.Seq) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.now.Done = done
	if passed := now.Sub(p.began).Seconds(); passed > 0 {
		p.now.Rate = float64(done-p.from) / passed
	}
	if now.Sub(p.said) >= sayEvery {
		p.said = now
		p.say("restoring a snapshot")
	}
}

func (p *progress) say(message string) {
	p.log.Info(message, "records", p.now.Total, "present", p.now.Done, "rate", int(p.now.Rate))
}

// end is called when records and all else are checked, or the restoration failed.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.active {
		p.active = false
		p.say("restoration ended")
	}
}

func (p *progress) get() (Progress, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now, p.active
}
