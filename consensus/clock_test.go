package consensus

import (
	"errors"
	"testing"
	"time"
)

// watchWith is a clock of five nodes: its own, and peers ahead by offsets, told just now.
func watchWith(own func() time.Time, offsets ...time.Duration) *clockWatch {
	p := &peers{all: make(map[string]view)}
	now, at := time.Now(), own()
	for i, o := range offsets {
		p.all[string(rune('a'+i))] = view{clock: newSample(at.Add(o), at, now, now)}
	}
	return &clockWatch{now: own, peers: p, bound: time.Second, nodes: 5}
}

func TestStampNeedsAMajorityThatHasTheSameTime(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, test := range map[string]struct {
		offsets []time.Duration
		ok, off bool
	}{
		"all agree":            {[]time.Duration{0, 900 * time.Millisecond, -900 * time.Millisecond, 0}, true, false},
		"two of four agree":    {[]time.Duration{0, 0, year, -year}, true, false},
		"two agree, two mute":  {[]time.Duration{0, 0}, true, false},
		"one agrees, mute":     {[]time.Duration{0}, false, false},
		"none told":            {nil, false, false},
		"one agrees":           {[]time.Duration{0, year, year, -year}, false, true},
		"three differ, mute":   {[]time.Duration{2 * time.Second, year, -year}, false, true},
		"all alike, not as we": {[]time.Duration{year, year, year, year}, false, true},
	} {
		w := watchWith(time.Now, test.offsets...)
		_, err := w.stamp()
		if (err == nil) != test.ok || w.state().off() != test.off {
			t.Errorf("%s: stamp %v, off %v", name, err, w.state().off())
		}
		if err != nil && (!errors.Is(err, ErrClock) || !errors.Is(err, ErrNoLeader) || !NotProposed(err)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (&clockWatch{now: time.Now, peers: &peers{}, nodes: 1}).stamp(); err != nil {
		t.Errorf("a cluster of one: %v", err)
	}
}

// The clock was right when the peers told theirs, and jumps right after.
func TestJumpIsRefusedBeforeThePeersAreAskedAgain(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 1500 * time.Millisecond} {
		offset := time.Duration(0)
		w := watchWith(func() time.Time { return time.Now().Add(offset) }, 0, 0, 0, 0)
		if _, err := w.stamp(); err != nil {
			t.Fatal(err)
		}
		offset = jump
		if ms, err := w.stamp(); err == nil {
			t.Errorf("after a jump of %v the stamp is %v", jump, time.UnixMilli(ms))
		}
		if w.state().off() {
			t.Error("what the peers said is taken to have changed")
		}
	}
}

// A slow answer says less of a clock.
func TestSampleOfASlowAnswer(t *testing.T) {
	now := time.Now()
	s := newSample(now.Add(4*time.Second), now, now, now.Add(8*time.Second))
	if s.offset.Abs() > time.Millisecond || s.slack < 4*time.Second {
		t.Errorf("offset %v, slack %v", s.offset, s.slack)
	}
}
