package jsonld

import "sync/atomic"

// Work is what documents that belong together have taken of the work that a single one
// may take: each of the proofs on a credential signs another document, and each of
// those could be made to cost as much as a document may. The zero Work is none. Not
// safe for concurrent use.
type Work struct{ steps int }

// Within returns a processor for the contexts of p whose documents are refused
// (ErrBudget) once they take, with all that w has counted, more work than one may. Its
// use is that of w: not concurrent.
func (p *Processor) Within(w *Work) *Processor {
	return p.like(w, p.meter)
}

// Meter counts the work that documents have taken, in steps as Spend does, and limits
// nothing. Safe for concurrent use.
type Meter struct{ steps atomic.Int64 }

// Steps is what has been counted.
func (m *Meter) Steps() int { return int(m.steps.Load()) }

// Metering returns a processor like p whose work m counts, too.
func (p *Processor) Metering(m *Meter) *Processor {
	return p.like(p.work, m)
}

func (p *Processor) like(w *Work, m *Meter) *Processor {
	return &Processor{contexts: p.contexts, cache: p.cache, workers: p.workers, share: p.share, work: w, meter: m, origin: p.Origin()}
}

// Origin returns the processor that Within or Metering made p of, or else p.
func (p *Processor) Origin() *Processor {
	if p.origin != nil {
		return p.origin
	}
	return p
}

// Metered reports whether p was made by Within.
func (p *Processor) Metered() bool { return p.work != nil }

// Spend counts what a caller does itself in the Work of p, if it has any. A step takes
// about half a microsecond, and there are 2^20.
func (p *Processor) Spend(steps int) error {
	p.count(steps)
	if p.work == nil {
		return nil
	}
	if p.work.steps += steps; p.work.steps > maxSteps {
		return overBudget("documents that belong together take too much work")
	}
	return nil
}

// CanonicalDataset canonicalises d as its method Canonical does, within the work that
// p allows a document.
func (p *Processor) CanonicalDataset(d *Dataset, h Hash) (*Canonical, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	w := p.worker()
	defer p.release(w)
	return w.canon.labelled(d.Quads, h)
}

// spent is what counts as spent when a document begins: all but its share, or all but
// what is left.
func (p *Processor) spent() int {
	n := maxSteps - maxSteps/p.share
	if p.work != nil {
		n = max(n, p.work.steps)
	}
	return n
}

// termsPerStep is how many terms of contexts are defined in the time of a step.
const termsPerStep = 4

// settle counts what w took for a document, which began with p.spent.
func (p *Processor) settle(w *worker) {
	if p.work == nil && p.meter == nil {
		return
	}
	steps := w.canon.deg.steps - p.spent() + (newBudget(p.share).contexts-w.budget.contexts)/termsPerStep
	p.count(steps)
	if p.work != nil {
		p.work.steps += steps
	}
}

func (p *Processor) count(steps int) {
	if p.meter != nil {
		p.meter.steps.Add(int64(steps))
	}
}

// left reports whether there is any work left for a document.
func (p *Processor) left() bool { return p.work == nil || p.work.steps < maxSteps }
