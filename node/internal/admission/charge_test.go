package admission

import (
	"testing"
	"time"
)

// A token for whatever a request costs would let a client spend any amount of work at its rate.
func TestCostIsPaidInFull(t *testing.T) {
	now := time.Unix(0, 0)
	p := must(t, Config{Writes: Rate{PerSecond: 10, Burst: 40}, now: func() time.Time { return now }})
	client := request("192.0.2.1:1")
	if _, ok := p.AllowN(Write, client, 30); !ok {
		t.Fatal("30 of 40 tokens were refused")
	}
	if wait, ok := p.AllowN(Write, client, 12); ok || wait != 200*time.Millisecond {
		t.Errorf("12 of 10 tokens: %v, %v; want to wait for two", wait, ok)
	}
	if wait, ok := p.AllowN(Write, client, 100); ok || wait != 3*time.Second {
		t.Errorf("more than the bucket holds: %v, %v; want to wait until it is full", wait, ok)
	}
	now = now.Add(3 * time.Second)
	if _, ok := p.AllowN(Write, client, 100); !ok {
		t.Error("a full bucket let nothing in that costs more than it holds")
	}
	if wait, ok := p.Allow(Write, client); ok || wait != 6100*time.Millisecond {
		t.Errorf("60 tokens are owed: %v, %v", wait, ok)
	}
	if _, ok := p.Allow(Write, request("192.0.2.2:1")); !ok {
		t.Error("one address pays for another")
	}
}

// What turns out to have cost more than was known is owed for.
func TestChargeAfterwards(t *testing.T) {
	now := time.Unix(0, 0)
	p := must(t, Config{Verifications: Rate{PerSecond: 100, Burst: 100}, now: func() time.Time { return now }})
	client := request("192.0.2.1:1")
	p.Charge(Verify, client, 350)
	if wait, ok := p.Allow(Verify, client); ok || wait != 2510*time.Millisecond {
		t.Errorf("250 tokens are owed: %v, %v", wait, ok)
	}
	p.Charge(Write, client, 1e9)
	p.Charge(Verify, client, -1e9)
	if _, ok := p.Allow(Write, client); !ok {
		t.Error("a class without a rate is limited")
	}
	if _, ok := p.Allow(Verify, client); ok {
		t.Error("a charge paid something back")
	}
	now = now.Add(time.Hour)
	if _, ok := p.AllowN(Verify, client, 100); !ok {
		t.Error("the debt outlives an hour")
	}
	if _, ok := p.Allow(Verify, client); ok {
		t.Error("a rest gave more than a bucket holds")
	}
}
