package connections

// idlers is a list of idle connections, the one that has been idle for longest first.
type idlers struct{ first, last *conn }

func (l *idlers) oldest() *conn { return l.first }

// add puts a connection at the end, unless it is in the list.
func (l *idlers) add(c *conn) {
	if c.isIdle {
		return
	}
	c.isIdle, c.prev, c.next = true, l.last, nil
	if l.last != nil {
		l.last.next = c
	} else {
		l.first = c
	}
	l.last = c
}

// remove takes a connection out, if it is in the list.
func (l *idlers) remove(c *conn) {
	if !c.isIdle {
		return
	}
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		l.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		l.last = c.prev
	}
	c.isIdle, c.prev, c.next = false, nil, nil
}
