package jcs

const (
	textNull  = "null"
	textTrue  = "true"
	textFalse = "false"
	hexDigits = "0123456789abcdef"
)

// Append appends the canonical form of v (RFC 8785) to dst.
func (v Value) Append(dst []byte) []byte {
	switch v.kind {
	case KindNull:
		return append(dst, textNull...)
	case KindBool, KindNumber:
		return append(dst, v.text...)
	case KindString:
		return appendString(dst, v.text, v.plain)
	case KindArray:
		return v.appendArray(dst)
	default:
		return v.appendObject(dst)
	}
}

// Canonical returns the canonical form of v in a slice of its own.
func (v Value) Canonical() []byte {
	return v.Append(make([]byte, 0, v.sizeHint()))
}

// sizeHint is enough for the canonical form unless strings need escapes.
func (v Value) sizeHint() int {
	n := len(v.text) + len(textNull)
	if v.node == nil {
		return n
	}
	if v.node.raw != "" {
		return len(v.node.raw)
	}
	for i := range v.node.items {
		m := &v.node.items[i]
		n += len(m.Name) + 4 + m.Value.sizeHint()
	}
	return n
}

func (v Value) appendArray(dst []byte) []byte {
	if v.node == nil {
		return append(dst, '[', ']')
	}
	if v.node.raw != "" {
		return append(dst, v.node.raw...)
	}
	dst = append(dst, '[')
	for i := range v.node.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = v.node.items[i].Value.Append(dst)
	}
	return append(dst, ']')
}

func (v Value) appendObject(dst []byte) []byte {
	if v.node == nil {
		return append(dst, '{', '}')
	}
	if v.node.raw != "" {
		return append(dst, v.node.raw...)
	}
	dst = append(dst, '{')
	for i := range v.node.items {
		m := &v.node.items[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, m.Name, v.node.plain)
		dst = append(dst, ':')
		dst = m.Value.Append(dst)
	}
	return append(dst, '}')
}

// appendString appends s quoted, with the escapes of RFC 8785, 3.2.2.2 and no
// others. With plain, s is known to need none.
func appendString(dst []byte, s string, plain bool) []byte {
	dst = append(dst, '"')
	if plain {
		dst = append(dst, s...)
		return append(dst, '"')
	}
	for start := 0; ; {
		i := scanPlain(s, start)
		dst = append(dst, s[start:i]...)
		if i == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[i])
		start = i + 1
	}
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, '\\', 'b')
	case '\t':
		return append(dst, '\\', 't')
	case '\n':
		return append(dst, '\\', 'n')
	case '\f':
		return append(dst, '\\', 'f')
	case '\r':
		return append(dst, '\\', 'r')
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}
