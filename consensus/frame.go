package consensus

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Calls between nodes are frames on one connection, answered in any order. All
// integers are big endian.
//
//	request                          answer
//	4  length of what follows        4  length of what follows
//	8  id, chosen by the caller      8  id of the request
//	1  kind                          1  status
//	4  milliseconds the caller       …  payload
//	   will wait
//	…  payload
type callKind byte

const (
	callPropose   callKind = 1 // payload: command; answer: result
	callReadIndex callKind = 2 // answer: 8 bytes, index to wait for
	callHello     callKind = 3 // answer: Config.Hello of the peer
	callAsk       callKind = 4 // payload: question; answer: Config.Answer of the peer
	callState     callKind = 5 // answer: introduction
	callAdmit     callKind = 6 // payload: incarnation; answer: admission
)

// callStatus says how a call ended. All but statusUnknown and statusOK say of a
// proposal that it was not proposed.
type callStatus byte

const (
	statusOK         callStatus = 0
	statusNoLeader   callStatus = 1
	statusOverloaded callStatus = 2
	statusClosed     callStatus = 3
	statusTooLarge   callStatus = 4
	statusUnknown    callStatus = 5
)

const (
	requestHead   = 13
	answerHead    = 9
	maxAnswer     = 4 << 20
	frameOverhead = 64
)

type request struct {
	id      uint64
	kind    callKind
	millis  uint32
	payload []byte
}

type answer struct {
	id      uint64
	status  callStatus
	payload []byte
}

func writeRequest(w *bufio.Writer, r request) error {
	b := w.AvailableBuffer()
	b = binary.BigEndian.AppendUint32(b, uint32(requestHead+len(r.payload)))
	b = binary.BigEndian.AppendUint64(b, r.id)
	b = append(b, byte(r.kind))
	b = binary.BigEndian.AppendUint32(b, r.millis)
	if _, err := w.Write(b); err != nil {
		return err
	}
	_, err := w.Write(r.payload)
	return err
}

func writeAnswer(w *bufio.Writer, a answer) error {
	b := w.AvailableBuffer()
	b = binary.BigEndian.AppendUint32(b, uint32(answerHead+len(a.payload)))
	b = binary.BigEndian.AppendUint64(b, a.id)
	b = append(b, byte(a.status))
	if _, err := w.Write(b); err != nil {
		return err
	}
	_, err := w.Write(a.payload)
	return err
}

func readRequest(r *bufio.Reader, maxPayload int) (request, error) {
	head, payload, err := readFrame(r, requestHead, maxPayload)
	if err != nil {
		return request{}, err
	}
	return request{
		id: binary.BigEndian.Uint64(head[:]), kind: callKind(head[8]),
		millis: binary.BigEndian.Uint32(head[9:]), payload: payload,
	}, nil
}

func readAnswer(r *bufio.Reader) (answer, error) {
	head, payload, err := readFrame(r, answerHead, maxAnswer)
	if err != nil {
		return answer{}, err
	}
	return answer{id: binary.BigEndian.Uint64(head[:]), status: callStatus(head[8]), payload: payload}, nil
}

// readFrame reads one frame, whose payload is bounded before memory is given to it.
func readFrame(r *bufio.Reader, headSize, maxPayload int) (head [requestHead]byte, payload []byte, err error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return head, nil, err
	}
	n := int64(binary.BigEndian.Uint32(size[:])) - int64(headSize)
	if n < 0 || n > int64(maxPayload) {
		return head, nil, fmt.Errorf("frame with a payload of %d bytes, limit %d: %w", n, maxPayload, ErrTooLarge)
	}
	if _, err := io.ReadFull(r, head[:headSize]); err != nil {
		return head, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return head, payload, err
}

// err is the error of a status other than statusOK.
func (s callStatus) err() error {
	switch s {
	case statusNoLeader:
		return ErrNoLeader
	case statusOverloaded:
		return ErrOverloaded
	case statusClosed:
		return ErrNoLeader // the peer is closing; this node is not
	case statusTooLarge:
		return ErrTooLarge
	}
	return ErrOutcomeUnknown
}
