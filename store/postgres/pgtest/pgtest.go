//go:build linux

// Package pgtest runs a real PostgreSQL for tests: the server of Debian's
// package, on a free loopback port, with a data folder of its own that goes with
// the test. It syncs to disk as one in production does, so that a kill -9 tells
// something.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// role is the superuser of the server; it needs no password on loopback.
const role = "piiproxy"

// patience bounds how long a server may take to answer after it was started.
const patience = 60 * time.Second

// Server is one running PostgreSQL.
type Server struct {
	binaries string
	folder   string // has the data folder in it
	port     int
	rights   *syscall.Credential // nil: the user that runs the test

	mutex     sync.Mutex
	process   *exec.Cmd
	databases int
}

// Start runs a server until the test ends. Options are settings as
// postgresql.conf knows them, for example "max_connections=20".
func Start(t testing.TB, options ...string) *Server {
	t.Helper()
	s, err := New(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// New is Start for what is no test; the caller closes the server.
func New(options ...string) (*Server, error) {
	s := &Server{}
	err := s.prepare()
	for _, option := range options {
		if err == nil {
			err = s.set(option)
		}
	}
	if err == nil {
		err = s.start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting PostgreSQL: %w", errors.Join(err, s.Close()))
	}
	return s, nil
}

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	s.Kill()
	if s.folder == "" {
		return nil
	}
	return os.RemoveAll(s.folder)
}

// URL is that of the server's first database, postgres.
func (s *Server) URL() string { return s.url("postgres") }

// Database makes a new, empty database and returns its URL.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	database, err := s.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return database
}

// NewDatabase is Database for what is no test.
func (s *Server) NewDatabase() (string, error) {
	s.mutex.Lock()
	s.databases++
	name := fmt.Sprintf("test%d", s.databases)
	s.mutex.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	connection, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		return "", fmt.Errorf("connecting to PostgreSQL: %w", err)
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("making a database: %w", err)
	}
	return s.url(name), nil
}

// Folder is the data folder, for tests that look at what is on the disk.
func (s *Server) Folder() string { return filepath.Join(s.folder, "data") }

// Binary is the path of one of the server's programs, for example "pg_dump".
func (s *Server) Binary(name string) string { return filepath.Join(s.binaries, name) }

// Address is host and port, for a proxy in between.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// Kill ends the server and all its processes with no warning, as a power cut
// would. Killing what does not run is nothing.
func (s *Server) Kill() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.process == nil {
		return
	}
	killTree(s.process.Process.Pid)
	_ = s.process.Wait() // says only that it was killed
	s.process = nil
}

// Restart starts a server that was killed, on the same port and folder, and
// returns when it answers.
func (s *Server) Restart() error {
	s.Kill()
	return s.start()
}

func (s *Server) url(database string) string {
	return fmt.Sprintf("postgres://%s@%s/%s?sslmode=disable", role, s.Address(), database)
}

// prepare finds the binaries, a user and a port, and makes the data folder.
func (s *Server) prepare() error {
	var err error
	if s.binaries, err = binaries(); err != nil {
		return err
	}
	if s.rights, err = rights(); err != nil {
		return err
	}
	if s.folder, err = os.MkdirTemp("", "piiproxy-postgres-"); err != nil {
		return err
	}
	if s.rights != nil {
		if err := os.Chown(s.folder, int(s.rights.Uid), int(s.rights.Gid)); err != nil {
			return err
		}
	}
	if s.port, err = freePort(); err != nil {
		return err
	}
	// C.UTF-8 is what a Debian system has; keys do not depend on it.
	output, err := s.command("initdb", "--no-sync", "-D", s.Folder(), "-U", role, "-A", "trust", "--encoding=UTF8", "--locale=C.UTF-8").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, output)
	}
	for _, option := range []string{
		"listen_addresses='127.0.0.1'", "port=" + strconv.Itoa(s.port), "unix_socket_directories=''",
		"fsync=on", "max_connections=200", "log_min_messages=fatal", "autovacuum_naptime=5s",
	} {
		if err := s.set(option); err != nil {
			return err
		}
	}
	return nil
}

// set appends one setting; the last of a name counts.
func (s *Server) set(option string) error {
	file, err := os.OpenFile(filepath.Join(s.Folder(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, option)
	return errors.Join(err, file.Close())
}

func (s *Server) start() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	// The lock of a server that was killed names a process that is no more.
	if err := os.Remove(filepath.Join(s.Folder(), "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	s.process = s.command("postgres", "-D", s.Folder())
	if err := s.process.Start(); err != nil {
		s.process = nil
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, s.URL())
		if err == nil {
			return connection.Close(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("no answer in %v: %w", patience, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// command runs one of the server's programs, or any by its path, with the rights
// the server has.
func (s *Server) command(name string, arguments ...string) *exec.Cmd {
	if !filepath.IsAbs(name) {
		name = s.Binary(name)
	}
	command := exec.Command(name, arguments...)
	command.Dir = s.folder
	command.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	command.SysProcAttr = &syscall.SysProcAttr{
		Credential: s.rights,
		Pdeathsig:  syscall.SIGQUIT, // of a test that was killed: end at once
	}
	return command
}

// binaries finds the newest version that Debian's package has installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("no /usr/lib/postgresql/*/bin: install Debian's package postgresql (scripts/deps.sh does)")
	}
	major := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return major(b) - major(a) })
	return filepath.Dir(found[0]), nil
}

// rights are another user's when the test runs as root: the server refuses to.
func rights() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		id, err := strconv.ParseUint(found.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		group, err := strconv.ParseUint(found.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(id), Gid: uint32(group)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}
