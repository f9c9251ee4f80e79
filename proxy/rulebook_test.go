package proxy_test

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/piiproxy/piiproxy/proxy"
)

// codes are rules that give two kinds of codes kinds of their own.
func codes(kind string) string {
	return fmt.Sprintf(`
rules:
  - {id: first, kind: %[1]s, patterns: [{regex: 'AX\d{4}', score: 0.9}]}
  - {id: second, kind: %[1]s, patterns: [{regex: 'BX\d{4}', score: 0.9}]}
`, kind)
}

var kindOfToken = regexp.MustCompile(`pii_([a-z0-9]+)_[a-z2-7]{26}`)

// While rules are put in force again and again, every message is judged by one
// set from its first string to its log line.
func TestOneRulebookAMessage(t *testing.T) {
	r := newRig(t)
	books := []*proxy.Rulebook{r.rulebook(codes("oldcode")), r.rulebook(codes("newcode"))}
	r.must(r.tenants.SetRules(books[0]))
	stop := make(chan struct{})
	var swapping, sending sync.WaitGroup
	swapping.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				if err := r.tenants.SetRules(books[i%2]); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for worker := range 4 {
		sending.Go(func() {
			for i := range 25 {
				words := fmt.Sprintf("AX%d%03d and BX%d%03d", worker, i, worker, i)
				r.hook(page(entry(shopID, text(shopID, anna, words+strings.Repeat(" filler", 200)+" "+words))))
			}
		})
	}
	sending.Wait()
	close(stop)
	swapping.Wait()
	seen := map[string]int{}
	for _, body := range r.bots["bot"].bodies() {
		kinds := map[string]bool{}
		for _, m := range kindOfToken.FindAllStringSubmatch(body, -1) {
			kinds[m[1]] = true
			seen[m[1]]++
		}
		if len(kinds) != 1 {
			t.Errorf("one message was judged by %d rule sets: %v", len(kinds), kinds)
		}
	}
	if seen["oldcode"] == 0 || seen["newcode"] == 0 {
		t.Errorf("only one set was ever used: %v", seen)
	}
	for _, line := range r.lines("webhook") {
		version := fmt.Sprint(line["rules_version"])
		found := fmt.Sprint(line["findings"])
		if strings.Contains(found, "oldcode") && version != books[0].Version || strings.Contains(found, "newcode") && version != books[1].Version {
			t.Errorf("version %s with %s", version, found)
		}
	}
}

// Rules that leave an account out do not come into force.
func TestRulebookIsWhole(t *testing.T) {
	r := newRig(t)
	book := r.rulebook(codes("newcode"))
	delete(book.Sets, "shop")
	for _, b := range []*proxy.Rulebook{nil, {}, book} {
		if err := r.tenants.SetRules(b); err == nil {
			t.Error("an account is left without rules")
		}
	}
	if r.tenants.Rules().Version == book.Version {
		t.Error("the rules changed")
	}
}
