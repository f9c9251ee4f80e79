package rig

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Each fault does what it says, and ends when it is cleared.
func TestLine(t *testing.T) {
	echo := echoServer(t)
	const words = "a line of some length, so that a part of it is no line: 0123456789 0123456789 0123456789 0123456789"
	long := strings.Repeat(words, 10)
	ask := func(l *Line, text string, patience time.Duration) (string, error) {
		connection, err := net.Dial("tcp", l.Address())
		if err != nil {
			return "", err
		}
		defer connection.Close()
		_ = connection.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(connection, text); err != nil {
			return "", err
		}
		answer := make([]byte, len(text))
		n, err := io.ReadFull(connection, answer)
		return string(answer[:n]), err
	}
	for _, test := range []struct {
		fault Fault
		text  string
		right func(got string, err error) bool
	}{
		{Clear, long, func(got string, err error) bool { return err == nil && got == long }},
		{Latency, words, func(got string, err error) bool { return err == nil && got == words }},
		{Reset, words, func(got string, err error) bool { return err != nil && got == "" }},
		{HalfOpen, words, timedOut},
		{BlackHole, words, timedOut},
		{Trickle, words, func(got string, err error) bool { return err != nil && len(got) > 5 && len(got) < 60 }},
		{Truncate, long, func(got string, err error) bool { return err != nil && len(got) < 500 && strings.HasPrefix(long, got) }},
		{Swallow, words, func(got string, err error) bool { return got == "" && errors.Is(err, io.EOF) }},
	} {
		l := NewLine(t, "test", echo)
		l.Set(test.fault)
		if got, err := ask(l, test.text, 2*time.Second); !test.right(got, err) {
			t.Errorf("%s: got %d bytes (error: %v)", test.fault, len(got), err)
		}
		l.Set(Clear)
		if got, err := ask(l, words, patience); got != words {
			t.Errorf("after %s: got %d bytes (error: %v)", test.fault, len(got), err)
		}
	}
}

func timedOut(got string, err error) bool {
	timeout, ok := err.(net.Error)
	return got == "" && ok && timeout.Timeout()
}

// What a black hole kept back goes on when it ends; what a half-open peer
// swallowed is gone, and nothing follows it.
func TestLineAfterwards(t *testing.T) {
	for fault, want := range map[Fault]string{BlackHole: "first second", HalfOpen: ""} {
		l := NewLine(t, "test", echoServer(t))
		connection, err := net.Dial("tcp", l.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		begun := make([]byte, 5)
		_, _ = io.WriteString(connection, "begin")
		if _, err := io.ReadFull(connection, begun); err != nil {
			t.Fatal(err)
		}
		l.Set(fault)
		_, _ = io.WriteString(connection, "first ")
		time.Sleep(200 * time.Millisecond)
		l.Set(Clear)
		_, _ = io.WriteString(connection, "second")
		_ = connection.SetReadDeadline(time.Now().Add(time.Second))
		got, _ := io.ReadAll(connection)
		if string(got) != want {
			t.Errorf("after %s: got %q, want %q", fault, got, want)
		}
	}
}

func echoServer(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer connection.Close()
				_, _ = io.Copy(connection, connection)
			}()
		}
	}()
	return listener.Addr().String()
}
