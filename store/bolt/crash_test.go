package bolt_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piiproxy/piiproxy/store"
	"github.com/piiproxy/piiproxy/store/bolt"
)

// crashPath names the store that this test binary, run again as a child, writes
// to until it is killed.
const crashPath = "PIIPROXY_TEST_CRASH_PATH"

// crashRounds is the short form; the soak of the whole program runs more.
const crashRounds = 10

// writeUntilKilled writes from several goroutines and says on standard output
// which records were acknowledged, each pair in one put.
func writeUntilKilled(path string) int {
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	var output sync.Mutex
	run := os.Getpid()
	var all sync.WaitGroup
	for writer := range 8 {
		all.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d/%d/%d", run, writer, i)
				expires := time.Now().Add(time.Hour)
				err := s.Put(context.Background(),
					store.Record{Key: "value/a/" + name, Value: []byte(name), Expires: expires, Due: expires},
					store.Record{Key: "value/b/" + name, Value: []byte(name), Expires: expires})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				output.Lock()
				fmt.Println(name)
				output.Unlock()
			}
		})
	}
	all.Wait()
	return 2
}

// TestCrash kills a writing process with no warning and opens its store: every
// write that was acknowledged is there, none is half there.
func TestCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var acknowledged []string
	for round := range crashRounds {
		acknowledged = append(acknowledged, crash(t, path, 20+round*40)...)
		checkAcknowledged(t, path, acknowledged)
	}
}

// crash runs the writer and kills it after it has said that many lines.
func crash(t *testing.T, path string, lines int) []string {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), crashPath+"="+path)
	child.Stderr = os.Stderr
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	reader := bufio.NewReader(output)
	for {
		line, err := reader.ReadString('\n')
		if err != nil {
			break // the pipe is empty and the child is gone
		}
		said = append(said, strings.TrimSuffix(line, "\n"))
		if len(said) == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(said) < lines {
		t.Fatalf("the child said %d lines and ended by itself (%v)", len(said), err)
	}
	return said
}

func checkAcknowledged(t *testing.T, path string, acknowledged []string) {
	t.Helper()
	s, err := bolt.Open(bolt.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, name := range acknowledged {
		for _, key := range []string{"value/a/" + name, "value/b/" + name} {
			if r, err := s.Get(t.Context(), key); err != nil || string(r.Value) != name {
				t.Fatalf("%s was acknowledged, and is %q (%v)", key, r.Value, err)
			}
		}
	}
	halves := map[string]int{}
	for after := ""; ; {
		page, err := s.List(t.Context(), "value/", after, store.MaxPage)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for i := range page {
			halves[string(page[i].Value)]++
		}
		after = page[len(page)-1].Key
	}
	for name, n := range halves {
		if n != 2 {
			t.Errorf("%d of the two records of %s are there", n, name)
		}
	}
}
