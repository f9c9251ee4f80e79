package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	appSecret = "corpus-app-secret-0123456789"
	token     = "EAAcorpusToken"
)

// rig is the proxy between a bot and a platform that write down what they get.
type rig struct {
	mode     string
	dir      string
	process  *exec.Cmd
	public   string
	bot      string
	client   *http.Client
	theBot   *recorder
	platform *recorder
}

// recorder is a server that keeps the last body and answers as told.
type recorder struct {
	*httptest.Server
	mu     sync.Mutex
	got    [][]byte
	answer func(w http.ResponseWriter)
}

func newRecorder() *recorder {
	r := &recorder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		r.mu.Lock()
		r.got = append(r.got, body)
		answer := r.answer
		r.mu.Unlock()
		if answer != nil {
			answer(w)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		_, _ = io.WriteString(w, `{"success":true}`)
	}))
	return r
}

// take gives what came since the last take.
func (r *recorder) take() [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func (r *recorder) answers(answer func(w http.ResponseWriter)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// start builds and runs the proxy.
func start(mode string) (*rig, error) {
	dir, err := os.MkdirTemp("", "piiproxy-corpus-")
	if err != nil {
		return nil, err
	}
	r := &rig{mode: mode, dir: dir, theBot: newRecorder(), platform: newRecorder(), client: &http.Client{Timeout: 30 * time.Second}}
	binary := filepath.Join(dir, "piiproxy")
	if out, err := exec.Command("go", "build", "-o", binary, "./cmd/piiproxy").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building piiproxy: %w\n%s", err, out)
	}
	addresses, err := freeAddresses(4)
	if err != nil {
		return nil, err
	}
	r.public, r.bot = "http://"+addresses[0], "http://"+addresses[1]
	if err := os.WriteFile(filepath.Join(dir, "piiproxy.yaml"), []byte(r.configuration(addresses)), 0o600); err != nil {
		return nil, err
	}
	if out, err := exec.Command(binary, "keys", "init", "-c", filepath.Join(dir, "piiproxy.yaml")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("making keys: %w\n%s", err, out)
	}
	r.process = exec.Command(binary, "serve", "-c", filepath.Join(dir, "piiproxy.yaml"))
	if err := r.process.Start(); err != nil {
		return nil, err
	}
	return r, r.await("http://" + addresses[3] + "/readyz")
}

func (r *rig) configuration(addresses []string) string {
	var c strings.Builder
	fmt.Fprintf(&c, "listen: {public: %q, bot: %q, admin: %q, ops: %q}\n", addresses[0], addresses[1], addresses[2], addresses[3])
	fmt.Fprintf(&c, "public_url: %s\napps:\n  - {name: main, app_secret: %s, verify_token: corpus-verify-token}\naccounts:\n", r.public, appSecret)
	for _, channel := range []string{"messenger", "instagram", "whatsapp"} {
		fmt.Fprintf(&c, "  - {name: %s, app: main, channel: %s, bot_url: %s/hook, graph_url: %s, regions: [US, GB, DE], mode: %s}\n",
			channel, channel, r.theBot.URL, r.platform.URL, r.mode)
	}
	return c.String() + "log: {level: error}\n"
}

func (r *rig) await(url string) error {
	for range 200 {
		if response, err := r.client.Get(url); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("piiproxy did not become ready")
}

func (r *rig) stop() {
	_ = r.process.Process.Signal(syscall.SIGTERM)
	_ = r.process.Wait()
	r.theBot.Close()
	r.platform.Close()
	_ = os.RemoveAll(r.dir)
}

func freeAddresses(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}

// webhook sends a signed delivery; it gives the status and what the bot got.
func (r *rig) webhook(body []byte) (int, [][]byte, error) {
	r.theBot.take()
	mac := hmac.New(sha256.New, []byte(appSecret))
	mac.Write(body)
	request, err := http.NewRequest(http.MethodPost, r.public+"/webhook/main", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	status, _, err := r.do(request)
	return status, r.theBot.take(), err
}

// call sends a call of the bot; it gives the answer and what the platform got.
func (r *rig) call(method, target string, header map[string]string, body []byte) (int, []byte, [][]byte, error) {
	r.platform.take()
	request, err := http.NewRequest(method, r.bot+target, bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	status, answer, err := r.do(request)
	return status, answer, r.platform.take(), err
}

func (r *rig) do(request *http.Request) (int, []byte, error) {
	response, err := r.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
