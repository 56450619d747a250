package bench

import (
	"fmt"
	"slices"
	"time"
)

// A Row is one figure beside its peer. Values are per-second rates unless Unit says otherwise.
type Row struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Peer  string  `json:"peer,omitempty"`
	// PeerValue and Ratio are zero where nothing is there to compare with. Ratio is the median over
	// rounds of Value/PeerValue, so it holds while the machine's speed drifts.
	PeerValue float64           `json:"peerValue,omitempty"`
	Ratio     float64           `json:"ratio,omitempty"`
	Aim       string            `json:"aim,omitempty"`
	Notes     map[string]string `json:"notes,omitempty"`
}

// A round is one alternating measurement of Tabard and its peer.
type round struct{ value, peer float64 }

// alternate runs measure and peer in turn, n times, and condenses the rounds into row.
func alternate(row Row, n int, measure, peer func() (float64, error)) (Row, error) {
	var rounds []round
	for range n {
		value, err := measure()
		if err != nil {
			return row, fmt.Errorf("%s: %w", row.Name, err)
		}
		limit, err := peer()
		if err != nil {
			return row, fmt.Errorf("%s: peer: %w", row.Name, err)
		}
		rounds = append(rounds, round{value, limit})
	}
	row.Value = medianOf(rounds, func(r round) float64 { return r.value })
	row.PeerValue = medianOf(rounds, func(r round) float64 { return r.peer })
	row.Ratio = medianOf(rounds, func(r round) float64 { return r.value / r.peer })
	return row, nil
}

func medianOf(rounds []round, of func(round) float64) float64 {
	values := make([]float64, 0, len(rounds))
	for _, r := range rounds {
		values = append(values, of(r))
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// percentile returns the p-th percentile (0..1) of sorted durations.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(p*float64(len(sorted))))]
}

// SortedKeys returns the names of notes in order.
func SortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
