package consensustest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/tabard-id/tabard/consensus"
)

// Machine is a state machine of registers for tests. It remembers every command
// it applied, in order, and has a durable half that survives a crash.
type Machine struct {
	// Restoring, if set, is called whenever a snapshot begins to be restored.
	Restoring func()

	mu      sync.Mutex
	now     state
	durable state
	fail    error
}

type state struct {
	Applied   uint64
	Times     []int64 // of each Apply
	History   []Command
	Registers map[string]string
}

// Command sets a register. ID names the command uniquely.
type Command struct {
	ID, Key, Value string
}

// Encode returns the bytes to propose.
func (c Command) Encode() []byte {
	b := make([]byte, 0, 12+len(c.ID)+len(c.Key)+len(c.Value))
	for _, s := range []string{c.ID, c.Key, c.Value} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	return b
}

func decodeCommand(b []byte) (c Command, err error) {
	for _, s := range []*string{&c.ID, &c.Key, &c.Value} {
		if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
			return c, fmt.Errorf("command of %d bytes is cut short", len(b))
		}
		n := binary.BigEndian.Uint32(b)
		*s, b = string(b[4:4+n]), b[4+n:]
	}
	return c, nil
}

func (s state) clone() state {
	c := state{Applied: s.Applied, Times: slices.Clone(s.Times), History: slices.Clone(s.History)}
	c.Registers = make(map[string]string, len(s.Registers))
	for k, v := range s.Registers {
		c.Registers[k] = v
	}
	return c
}

// NewMachine returns an empty machine.
func NewMachine() *Machine {
	return &Machine{now: state{Registers: map[string]string{}}, durable: state{Registers: map[string]string{}}}
}

// Apply implements consensus.StateMachine. A result is the command's position in
// the history, as a decimal number.
func (m *Machine) Apply(index uint64, unixMilli int64, cmds [][]byte) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	out := make([][]byte, len(cmds))
	if index <= m.now.Applied {
		return out, nil
	}
	for i, b := range cmds {
		c, err := decodeCommand(b)
		if err != nil {
			return nil, err
		}
		out[i] = fmt.Append(nil, len(m.now.History))
		m.now.History = append(m.now.History, c)
		m.now.Registers[c.Key] = c.Value
	}
	m.now.Applied = index
	m.now.Times = append(m.now.Times, unixMilli)
	return out, nil
}

// Fail makes every further Apply and Flush return err.
func (m *Machine) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// AppliedIndex implements consensus.StateMachine.
func (m *Machine) AppliedIndex() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now.Applied
}

// Flush implements consensus.StateMachine.
func (m *Machine) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.durable = m.now.clone()
	return nil
}

// Reborn returns the machine as it is after a crash, with what was flushed. The
// old one stays as it was when it was last used.
func (m *Machine) Reborn() consensus.StateMachine {
	m.mu.Lock()
	defer m.mu.Unlock()
	return &Machine{now: m.durable.clone(), durable: m.durable.clone()}
}

// Holding implements consensus.StateMachine.
func (m *Machine) Holding() ([]byte, error) { return nil, nil }

// WriteSnapshot implements consensus.StateMachine.
func (m *Machine) WriteSnapshot(w io.Writer, _ []byte) error {
	m.mu.Lock()
	b, err := json.Marshal(m.now)
	m.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// RestoreSnapshot implements consensus.StateMachine.
func (m *Machine) RestoreSnapshot(r io.Reader, before func(applied uint64) error) error {
	if m.Restoring != nil {
		m.Restoring()
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var s state
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Applied < m.now.Applied {
		return nil
	}
	if err := before(s.Applied); err != nil {
		return err
	}
	m.now = s
	m.durable = s.clone()
	return nil
}

// Get returns the value of a register, "" if it was never set.
func (m *Machine) Get(key string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now.Registers[key]
}

// History returns the commands applied, in order.
func (m *Machine) History() []Command {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.now.History)
}

// Times returns the stamp of each Apply, in milliseconds since 1970 UTC.
func (m *Machine) Times() []int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.now.Times)
}
