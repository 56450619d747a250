package agent

import "sync"

// published remembers lists as they were signed. There are no more of them than the
// agent has lists.
type published struct {
	mu    sync.Mutex
	lists map[listName]publishedList
}

func (p *published) get(name listName) (publishedList, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.lists[name]
	return l, ok
}

func (p *published) put(name listName, l publishedList) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lists == nil {
		p.lists = map[listName]publishedList{}
	}
	p.lists[name] = l
}
