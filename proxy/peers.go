package proxy

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/piiproxy/piiproxy/store"
)

const (
	// shareEvery is how often an instance tells the others what it has sent and
	// hears of theirs, and of orders of operators: a change of mode is in force
	// everywhere within 5 seconds.
	shareEvery = time.Second
	// sharedFor is how long an instance that begins still learns what was sent
	// before.
	sharedFor   = time.Hour
	peersPrefix = "sent/"
	peersPage   = 100
	// saidFor is how long a message of our own is known by its words.
	saidFor    = 24 * time.Hour
	saidPrefix = "said/"
)

// peers lets the instances on one store know of each other what each has in
// memory. Nil on a store of one process.
type peers struct {
	proxy  *Proxy
	name   string // of this instance, random
	heard  map[string]string
	sent   uint64 // records
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// told is what one instance tells the others at once: hashes of 8 bytes each.
type told struct {
	Sent []byte `json:"sent,omitempty"`
	Said []byte `json:"said,omitempty"`
}

// startPeers hears what there is, and begins to share.
func startPeers(ctx context.Context, p *Proxy) (*peers, error) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &peers{proxy: p, name: newTrace(), heard: map[string]string{}, cancel: cancel}
	p.sent.share, p.said.share = true, true
	if err := s.hear(ctx); err != nil {
		cancel()
		return nil, errors.New("hearing of other instances: the store does not answer")
	}
	s.done.Go(func() { s.run(work) })
	return s, nil
}

// close tells what is left to tell.
func (s *peers) close() error {
	if s == nil {
		return nil
	}
	s.cancel()
	s.done.Wait()
	return nil
}

func (s *peers) run(ctx context.Context) {
	ticks := time.NewTicker(shareEvery)
	defer ticks.Stop()
	failing := false
	for {
		ended := false
		select {
		case <-ctx.Done():
			ended = true
		case <-ticks.C:
		}
		work, cancel := unhurried(ctx)
		err := s.tell(work)
		if !ended {
			err = errors.Join(err, s.hear(work), s.proxy.loadOverrides(work))
		}
		cancel()
		if ended {
			return
		}
		if err != nil && !failing {
			s.proxy.config.Log.Warn("", zap.String("event", "peers_failed"))
		}
		failing = err != nil
	}
}

// tell writes down what was sent since the last time.
func (s *peers) tell(ctx context.Context) error {
	p := s.proxy
	news := told{Sent: p.sent.news(), Said: p.said.news()}
	if len(news.Sent)+len(news.Said) == 0 {
		return nil
	}
	plain, err := json.Marshal(news)
	if err != nil {
		return err
	}
	s.sent++
	key := peersPrefix + s.name + "/" + stampText(int64(s.sent))
	sealed, err := p.config.Records.Keys.Seal(plain, []byte(key))
	if err == nil {
		err = p.config.Records.Store.Put(ctx, store.Record{Key: key, Value: sealed, Expires: p.config.Now().Add(sharedFor)})
	}
	if err != nil {
		p.sent.again(news.Sent)
		p.said.again(news.Said)
	}
	return err
}

// hear takes up what the others have told since the last time. Each instance
// numbers what it tells, so clocks play no part.
func (s *peers) hear(ctx context.Context) error {
	for after := ""; ; {
		next, err := s.proxy.config.Records.Store.List(ctx, peersPrefix, after, 1)
		if err != nil {
			return err
		}
		if len(next) == 0 {
			return nil
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(next[0].Key, peersPrefix), "/")
		if name != s.name {
			if err := s.hearOne(ctx, name); err != nil {
				return err
			}
		}
		after = peersPrefix + name + "/~"
	}
}

// hearOne takes up what one instance has told.
func (s *peers) hearOne(ctx context.Context, name string) error {
	p := s.proxy
	for {
		page, err := p.config.Records.Store.List(ctx, peersPrefix+name+"/", s.heard[name], peersPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, record := range page {
			s.heard[name] = record.Key
			var news told
			plain, err := p.config.Records.Keys.Open(record.Value, []byte(record.Key))
			if err != nil || json.Unmarshal(plain, &news) != nil {
				continue // of another key set: it tells nothing
			}
			p.sent.learn(news.Sent)
			p.said.learn(news.Said)
		}
	}
}

// hashesIn reads hashes of 8 bytes each.
func hashesIn(list []byte) (hashes []uint64) {
	for ; len(list) >= 8; list = list[8:] {
		hashes = append(hashes, binary.BigEndian.Uint64(list))
	}
	return hashes
}

// saidKey names the words of a message of our own to its reader.
func (p *Proxy) saidKey(words string) string {
	return saidPrefix + logHash(p.config.Records.Keys.PRF("words of ours", words))
}

// noteSaid lets every instance know a message of our own by its words, before it
// is sent.
func (p *Proxy) noteSaid(ctx context.Context, words string) error {
	if p.peers == nil {
		return nil
	}
	err := p.config.Records.Store.Put(ctx, store.Record{Key: p.saidKey(words), Expires: p.config.Now().Add(saidFor)})
	if errors.Is(err, store.ErrConflict) {
		return nil // it was said before
	}
	return err
}

// saidElsewhere reports whether an instance said these words.
func (p *Proxy) saidElsewhere(ctx context.Context, words string) (bool, error) {
	if p.peers == nil {
		return false, nil
	}
	_, err := p.config.Records.Store.Get(ctx, p.saidKey(words))
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
