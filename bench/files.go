package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// fileSize is that of a film that a bot sends or gets, in bytes: as large as the
// platform takes.
const fileSize = 100_000_000

// filmHead is how an MP4 file begins (ISO/IEC 14496-12, 4.3).
const filmHead = "\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"

// film is a file of a size.
func film(size int64) io.Reader {
	return io.MultiReader(bytes.NewReader([]byte(filmHead)), io.LimitReader(frames{}, size-int64(len(filmHead))))
}

// frames never end.
type frames struct{}

// Read implements io.Reader.
func (frames) Read(to []byte) (int, error) {
	clear(to)
	return len(to), nil
}

// measureFiles prints how fast a large file goes up and down beside plain goproxy,
// and the most memory that piiproxy ever held.
func measureFiles(ctx context.Context, out io.Writer, folder string, rounds int, size int64) error {
	platform, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: filmStore(size), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(platform) }()
	defer server.Close()
	addresses, err := freeAddresses(5)
	if err != nil {
		return err
	}
	own := filepath.Join(folder, "files")
	if err := os.Mkdir(own, 0o700); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	field := &field{}
	defer field.stop()
	process, err := field.launch(ctx, addresses[4], nil, self, "serve", "goproxy", addresses[4], platform.Addr().String())
	if err != nil {
		return err
	}
	field.contenders = append(field.contenders, &contender{name: base, bot: addresses[4], process: process})
	if err := field.piiproxy(ctx, own, platform.Addr().String(), addresses); err != nil {
		return err
	}
	field.contenders[1].prefix = "/line"
	if field.contenders[1].idle, err = field.contenders[1].resident(); err != nil {
		return err
	}
	return compareFiles(ctx, out, field.contenders, rounds, size)
}

// filmStore is a platform that keeps nothing of what it gets.
func filmStore(size int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "video/mp4")
			w.Header().Set("Content-Length", fmt.Sprint(size))
			_, _ = io.Copy(w, film(size)) // whoever reads it knows whether all came
			return
		}
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n < size {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":"1013859600285441"}`)
	})
}

// ways are what is done with a file.
var ways = []struct {
	name string
	do   func(ctx context.Context, c *contender, size int64) error
}{{"up", fileUp}, {"down", fileDown}}

func compareFiles(ctx context.Context, out io.Writer, contenders []*contender, rounds int, size int64) error {
	took := results{}
	for range rounds {
		for _, way := range ways {
			for _, c := range contenders {
				before, err := c.cpu()
				if err != nil {
					return err
				}
				began := time.Now()
				if err := way.do(ctx, c, size); err != nil {
					return fmt.Errorf("a file %s through %s: %w", way.name, c.name, err)
				}
				m := measurement{perSec: float64(size) / 1e6 / time.Since(began).Seconds()}
				after, err := c.cpu()
				if err != nil {
					return err
				}
				m.cpu = after - before
				took.add(way.name, c.name, m)
			}
		}
	}
	fmt.Fprintf(out, "\na file of %d MB\n", size/1_000_000)
	for _, way := range ways {
		reference := took.median(way.name, base)
		for _, c := range contenders {
			m := took.median(way.name, c.name)
			fmt.Fprintf(out, "  %-4s  %6.0f MB/s  x%.2f  %8s CPU  %s\n", way.name, m.perSec, m.perSec/reference.perSec, brief(m.cpu), c.name)
		}
	}
	peak, err := contenders[1].peak()
	if err == nil {
		fmt.Fprintf(out, "  piiproxy held %.1f MB before, and %.1f MB at most\n\n", float64(contenders[1].idle)/1e6, float64(peak)/1e6)
	}
	return err
}

// fileUp uploads a film as libraries do, in parts.
func fileUp(ctx context.Context, c *contender, size int64) error {
	before := part("messaging_product", "whatsapp") + part("type", "video/mp4") +
		"--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"film.mp4\"\r\nContent-Type: video/mp4\r\n\r\n"
	after := "\r\n--" + boundary + "--\r\n"
	body := io.MultiReader(bytes.NewReader([]byte(before)), film(size), bytes.NewReader([]byte(after)))
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.bot+c.prefix+"/v23.0/"+numberID+"/media", body)
	if err != nil {
		return err
	}
	post.ContentLength = int64(len(before)) + size + int64(len(after))
	post.Header.Set("Content-Type", partsType)
	_, err = finish(post)
	return err
}

// fileDown gets a film.
func fileDown(ctx context.Context, c *contender, size int64) error {
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.bot+c.prefix+"/v23.0/1013859600285441", nil)
	if err != nil {
		return err
	}
	n, err := finish(get)
	if err == nil && n != size {
		err = errors.New("not all of it came")
	}
	return err
}

// finish makes a request and counts the bytes of its answer.
func finish(r *http.Request) (int64, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("answered %d", answer.StatusCode)
	}
	return n, err
}
