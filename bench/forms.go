package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// formsFilled is how many people fill a form in, formsAtOnce how many of them
	// side by side.
	formsFilled = 400
	formsAtOnce = 8
)

// forms measures a form: how long its page takes, how long sending it takes, and
// how long until the bot has the message. Each person asks nobody else's.
type forms struct {
	public, bot string // piiproxy's listeners
	client      *http.Client

	mu    sync.Mutex
	links map[string]string        // by person, from what the platform got
	turns map[string]chan struct{} // by person, closed when the bot has the turn
}

var (
	linkInSwap = regexp.MustCompile(`"id":"(\d+)".*\\/c\\/([a-z2-7]{26})`)
	proofInput = regexp.MustCompile(`name="proof" value="([^"]+)"`)
	senderID   = regexp.MustCompile(`"sender":\{"id":"(\d+)"\}`)
)

// measureForms runs a piiproxy of its own between a platform and a bot that only
// listen, and prints what people wait for.
func measureForms(ctx context.Context, out io.Writer, folder string, people int) error {
	f := &forms{links: map[string]string{}, turns: map[string]chan struct{}{}, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: formsAtOnce},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	peer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: f, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(peer) }()
	defer server.Close()
	addresses, err := freeAddresses(4)
	if err != nil {
		return err
	}
	field := &field{}
	defer field.stop()
	own := filepath.Join(folder, "forms")
	if err := os.Mkdir(own, 0o700); err != nil {
		return err
	}
	if err := field.piiproxy(ctx, own, peer.Addr().String(), addresses); err != nil {
		return err
	}
	f.public, f.bot = addresses[0], addresses[1]
	return f.all(ctx, out, people)
}

// ServeHTTP is the platform and the bot.
func (f *forms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.URL.Path == "/webhook" {
		person := first(senderID, string(body))
		if turn := f.turns[person]; turn != nil { // the greeting came before there was one
			close(turn)
			f.turns[person] = nil
		}
		return
	}
	if found := linkInSwap.FindStringSubmatch(string(body)); found != nil {
		f.links[found[1]] = found[2]
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = io.WriteString(w, `{"recipient_id":"1","message_id":"m_1"}`)
}

func first(in *regexp.Regexp, text string) string {
	if found := in.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// waits are what people wait for.
type waits struct{ page, send, turn []time.Duration }

func (f *forms) all(ctx context.Context, out io.Writer, n int) error {
	var (
		people  = make(chan int)
		mu      sync.Mutex
		total   waits
		problem error
		workers sync.WaitGroup
	)
	for range formsAtOnce {
		workers.Go(func() {
			for i := range people {
				w, err := f.one(ctx, i)
				mu.Lock()
				problem = errors.Join(problem, err)
				total.page, total.send, total.turn = append(total.page, w.page...), append(total.send, w.send...), append(total.turn, w.turn...)
				mu.Unlock()
			}
		})
	}
	for i := range n {
		people <- i
	}
	close(people)
	workers.Wait()
	if problem != nil {
		return problem
	}
	fmt.Fprintf(out, "\nforms (%d people, %d at once)\n", n, formsAtOnce)
	for _, row := range []struct {
		name string
		took []time.Duration
	}{{"the page", total.page}, {"sending it", total.send}, {"sending it until the bot has the message", total.turn}} {
		slices.Sort(row.took)
		fmt.Fprintf(out, "  p50 %10s  p99 %10s  %s\n", brief(row.took[len(row.took)/2]), brief(row.took[len(row.took)*99/100]), row.name)
	}
	return nil
}

// one lets a person write, be asked, and fill the form in.
func (f *forms) one(ctx context.Context, i int) (w waits, err error) {
	person := fmt.Sprintf("8120348890%06d", i)
	hello := signed(fmt.Sprintf(`{"object":"page","entry":[{"id":"%s","time":1749416383000,"messaging":[{"sender":{"id":"%s"},"recipient":{"id":"%s"},"timestamp":1749416383000,"message":{"mid":"m_%d","text":"hello"}}]}]}`, pageID, person, pageID, i))
	if _, _, err = f.ask(ctx, "http://"+f.public+"/webhook/bench", hello.body, "application/json", "X-Hub-Signature-256", hello.signature); err != nil {
		return w, err
	}
	prompt := fmt.Sprintf(`{"recipient":{"id":"%s"},"message":{"text":"Please type your 16-digit card number."}}`, person)
	if _, _, err = f.ask(ctx, "http://"+f.bot+"/shop/me/messages", prompt, "application/json", "", ""); err != nil {
		return w, err
	}
	turn := make(chan struct{})
	f.mu.Lock()
	link := "http://" + f.public + "/c/" + f.links[person]
	f.turns[person] = turn
	f.mu.Unlock()
	began := time.Now()
	page, cookie, err := f.ask(ctx, link, "", "", "", "")
	if err != nil {
		return w, err
	}
	w.page = append(w.page, time.Since(began))
	typed := url.Values{"proof": {first(proofInput, page)}, "credit_card": {card(i)}, "card_expiry": {"12/39"}, "cvv": {"123"}}
	began = time.Now()
	if _, _, err = f.ask(ctx, link, typed.Encode(), "application/x-www-form-urlencoded", "Cookie", cookie); err != nil {
		return w, err
	}
	w.send = append(w.send, time.Since(began))
	select {
	case <-turn:
		w.turn = append(w.turn, time.Since(began))
	case <-time.After(20 * time.Second):
		err = errors.New("forms: the bot did not get the message within 20 seconds")
	}
	return w, err
}

// ask posts, or gets when there is no body. It gives the body and the cookie.
func (f *forms) ask(ctx context.Context, to, body, kind, name, value string) (string, string, error) {
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	request, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(body))
	if err != nil {
		return "", "", err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	if name != "" {
		request.Header.Set(name, value)
	}
	// Everybody has an address of their own: one alone may not send so much.
	request.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.%d.%d", rand.IntN(256), rand.IntN(256)))
	response, err := f.client.Do(request)
	if err != nil {
		return "", "", err
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 400 {
		err = fmt.Errorf("forms: %s answered %d", request.URL.Path[:3], response.StatusCode)
	}
	cookie, _, _ := strings.Cut(response.Header.Get("Set-Cookie"), ";")
	return string(got), cookie, err
}
