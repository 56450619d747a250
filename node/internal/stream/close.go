package stream

import (
	"encoding/binary"

	"github.com/tabard-id/tabard/node/api"
)

// WebSocket frame heads (RFC 6455, 5.2): final, unmasked, as a server sends them.
const (
	headText  = 0x80 | 0x1
	headClose = 0x80 | 0x8
	headPing  = 0x80 | 0x9
	headPong  = 0x80 | 0xA

	maxControl = 125 // payload of a control frame (RFC 6455, 5.5)
)

// appendText appends payload to dst as one text frame.
func appendText(dst, payload []byte) []byte {
	switch n := len(payload); {
	case n <= maxControl:
		dst = append(dst, headText, byte(n))
	case n <= 0xFFFF:
		dst = binary.BigEndian.AppendUint16(append(dst, headText, 126), uint16(n))
	default:
		dst = binary.BigEndian.AppendUint64(append(dst, headText, 127), uint64(n))
	}
	return append(dst, payload...)
}

// appendControl appends a control frame; a payload over the limit is cut.
func appendControl(dst []byte, head byte, payload []byte) []byte {
	payload = payload[:min(len(payload), maxControl)]
	return append(append(dst, head, byte(len(payload))), payload...)
}

// closeFrame returns the close frame that names reason (RFC 6455, 5.5.1).
func closeFrame(reason api.CloseReason) []byte {
	payload := binary.BigEndian.AppendUint16(nil, uint16(reason.Code()))
	return appendControl(nil, headClose, append(payload, reason...))
}
