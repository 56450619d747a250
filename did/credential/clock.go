package credential

import "time"

// clock is the present of one judgement, which signers' clocks may be ahead of.
type clock struct {
	now    time.Time
	leeway time.Duration
	// early names the first time that was reached by the leeway only.
	early string
}

func (j *judgement) clock() *clock { return &clock{now: j.now, leeway: j.by.leeway()} }

// reached reports a time that is still to come, by more than the leeway. The zero
// time has always been reached.
func (c *clock) reached(name string, t time.Time) error {
	if !c.now.Before(t) {
		return nil
	}
	if c.now.Before(t.Add(-c.leeway)) {
		return &checkError{code: CodeNotYetValid, detail: name + " is " + timestamp(t)}
	}
	if c.early == "" {
		c.early = name + " is " + timestamp(t) + ", ahead by less than the clock tolerance of " + c.leeway.String()
	}
	return nil
}

// note says what the leeway let pass, "" if nothing.
func (c *clock) note() string { return c.early }
