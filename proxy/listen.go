package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// Listener is one of the addresses that a process serves.
type Listener struct {
	Name    string // as in the configuration: public, bot, admin, ops
	Addr    string
	Socket  net.Listener // open already, and closed with the server; nil: Addr is opened
	TLS     *tls.Config  // nil: plain HTTP
	Handler http.Handler
}

// Timeouts bound connections that come in (threats.md, last section).
type Timeouts struct {
	Header, Read, Write, Idle time.Duration
	MaxHeaderBytes            int
	Streams                   int // at once on one HTTP/2 connection
}

// drainTime is how long messages under way may take once the process is asked
// to stop; longer than a bot may take for a webhook.
const drainTime = 25 * time.Second

// Server serves listeners. All of them listen before any of them serves.
type Server struct {
	timeouts Timeouts
	log      *zap.Logger
	open     []opened
}

type opened struct {
	listener Listener
	socket   net.Listener
	server   *http.Server
}

// Listen opens every address, or none. The error says what to do.
func Listen(ctx context.Context, listeners []Listener, timeouts Timeouts, log *zap.Logger) (*Server, error) {
	s := &Server{timeouts: timeouts, log: log}
	for _, l := range listeners {
		socket, err := l.open(ctx)
		if err != nil {
			s.close()
			return nil, listenError(l, err)
		}
		s.open = append(s.open, opened{l, socket, s.server(l)})
	}
	return s, nil
}

func (l Listener) open(ctx context.Context) (net.Listener, error) {
	if l.Socket != nil {
		return l.Socket, nil
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", l.Addr)
}

func listenError(l Listener, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen.%s: %s is in use by another process; stop it or choose another port", l.Name, l.Addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen.%s: this user may not listen on %s; choose a port over 1023", l.Name, l.Addr)
	}
	return fmt.Errorf("listen.%s: %w", l.Name, err)
}

func (s *Server) server(l Listener) *http.Server {
	return &http.Server{
		Handler:           l.Handler,
		TLSConfig:         l.TLS,
		ReadHeaderTimeout: s.timeouts.Header,
		ReadTimeout:       s.timeouts.Read,
		WriteTimeout:      s.timeouts.Write,
		IdleTimeout:       s.timeouts.Idle,
		MaxHeaderBytes:    s.timeouts.MaxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: s.timeouts.Streams},
		// "OPTIONS *" goes to the door like anything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     log.New(connectionErrors{s.log, l.Name}, "", 0),
	}
}

// Addr is the address that a listener got, for those that asked for any port.
func (s *Server) Addr(name string) string {
	for _, o := range s.open {
		if o.listener.Name == name {
			return o.socket.Addr().String()
		}
	}
	return ""
}

// Serve serves until the context ends, then lets messages under way finish:
// nothing new is accepted, nothing accepted is dropped.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.open))
	for _, o := range s.open {
		go func() { failed <- o.serve() }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return errors.Join(err, s.drain(drain))
}

// drain shuts all listeners down at once. What is not done in time is cut off:
// it has not been acknowledged.
func (s *Server) drain(ctx context.Context) error {
	var draining sync.WaitGroup
	for _, o := range s.open {
		draining.Go(func() {
			if o.server.Shutdown(ctx) != nil {
				s.log.Warn("", zap.String("event", "drain_cut"), zap.String("listener", o.listener.Name))
				_ = o.server.Close()
			}
		})
	}
	draining.Wait()
	return nil
}

func (o opened) serve() error {
	socket := o.socket
	if o.server.TLSConfig != nil {
		socket = tls.NewListener(socket, o.server.TLSConfig)
	}
	if err := o.server.Serve(socket); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen.%s: %w", o.listener.Name, err)
	}
	return nil
}

func (s *Server) close() {
	for _, o := range s.open {
		_ = o.socket.Close()
	}
}

// connectionErrors counts what net/http says about connections. Its text can
// hold addresses and what a stranger sent, so it is not shown.
type connectionErrors struct {
	log  *zap.Logger
	name string
}

// Write implements io.Writer.
func (c connectionErrors) Write(text []byte) (int, error) {
	c.log.Debug("", zap.String("event", "connection_error"), zap.String("listener", c.name))
	return len(text), nil
}
